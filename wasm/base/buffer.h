// An owned, 64-byte aligned block of raw memory: the storage of every weight and activation. Allocation can fail, since
// a browser tab has little memory; the caller checks ok() and returns a MemoryError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/status.h"

namespace wasmformers {

class Buffer {
 public:
  static constexpr size_t kAlign = 64;
  // Kernels may read (never write) this many bytes past the end, so that tails need no special case.
  static constexpr size_t kSlack = 64;

  Buffer() = default;
  /// `bytes` uninitialized bytes, then kSlack readable ones. ok() is false when memory ran out.
  explicit Buffer(size_t bytes);
  ~Buffer();
  Buffer(Buffer&& o) noexcept : data_(std::exchange(o.data_, nullptr)), size_(std::exchange(o.size_, 0)) {}
  Buffer& operator=(Buffer&& o) noexcept {
    std::swap(data_, o.data_);
    std::swap(size_, o.size_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  bool ok() const { return data_ != nullptr; }
  size_t size() const { return size_; }
  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  template <class T>
  T* as() {
    return reinterpret_cast<T*>(data_);
  }
  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(data_);
  }

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// A Buffer of `bytes`, or the MemoryError "out_of_memory" that names the size and `what` it was for.
Result<Buffer> allocate(size_t bytes, std::string_view what);

}  // namespace wasmformers
