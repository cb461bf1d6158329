// A bump allocator for activations: reset() frees everything of one forward pass at once. Blocks are kept, so the
// second pass of the same shape allocates nothing. Pointers stay valid until reset().
#pragma once

#include <vector>

#include "base/buffer.h"

namespace wasmformers {

class Arena {
 public:
  /// `count` uninitialized elements, 64-byte aligned, readable 64 bytes past the end. Null when memory ran out; then
  /// failed() stays true until reset(), so a pass can check once at its end.
  template <class T>
  T* alloc(size_t count) {
    return static_cast<T*>(allocBytes(count > SIZE_MAX / 2 / sizeof(T) ? SIZE_MAX : count * sizeof(T)));
  }
  void* allocBytes(size_t bytes);

  /// A position in the arena: release() frees what was allocated after mark().
  struct Mark {
    size_t block, used;
  };
  Mark mark() const { return {block_, used_}; }
  void release(Mark m) {
    block_ = m.block;
    used_ = m.used;
  }

  void reset();   // frees everything; merges the blocks into one of their total size
  void shrink();  // frees everything and returns all memory to the allocator
  bool failed() const { return failed_; }
  size_t capacity() const;  // bytes of all blocks

 private:
  std::vector<Buffer> blocks_;
  size_t block_ = 0, used_ = 0;
  bool failed_ = false;
};

}  // namespace wasmformers
