// See buffer.h. Memory is aligned by hand, because aligned_alloc is missing or slow in some C libraries.
#include "base/buffer.h"

#include <cstdlib>
#include <string>

namespace wasmformers {

Buffer::Buffer(size_t bytes) {
  if (bytes > SIZE_MAX - kAlign - kSlack - sizeof(void*)) return;
  void* raw = std::malloc(bytes + kAlign + kSlack + sizeof(void*));
  if (!raw) return;
  const uintptr_t first = reinterpret_cast<uintptr_t>(raw) + sizeof(void*);
  const uintptr_t aligned = (first + kAlign - 1) & ~uintptr_t(kAlign - 1);
  reinterpret_cast<void**>(aligned)[-1] = raw;  // for the destructor
  data_ = reinterpret_cast<std::byte*>(aligned);
  size_ = bytes;
}

Buffer::~Buffer() {
  if (data_) std::free(reinterpret_cast<void**>(data_)[-1]);
}

Result<Buffer> allocate(size_t bytes, std::string_view what) {
  Buffer b(bytes);
  if (!b.ok()) {
    return Status(ErrorClass::Memory, "out_of_memory",
                  "Could not allocate " + std::to_string(bytes) + " bytes for " + std::string(what) + ".");
  }
  return b;
}

}  // namespace wasmformers
