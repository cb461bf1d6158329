// A bump allocator for activations: everything of one forward pass is let go at once by reset(). Blocks are kept,
// so that the second pass of the same shape allocates nothing. Pointers stay valid until reset().
#pragma once

#include <vector>

#include "base/buffer.h"

namespace wasmformers {

class Arena {
 public:
  /// `count` uninitialized elements, 64-byte aligned, readable 64 bytes past the end; nullptr when memory ran out
  /// (failed() then stays true until reset(), so that a pass can check once at its end of a step).
  template <class T>
  T* alloc(size_t count) {
    return static_cast<T*>(allocBytes(count > SIZE_MAX / 2 / sizeof(T) ? SIZE_MAX : count * sizeof(T)));
  }
  void* allocBytes(size_t bytes);

  /// A place to come back to: what was allocated after mark() is let go by release().
  struct Mark {
    size_t block, used;
  };
  Mark mark() const { return {block_, used_}; }
  void release(Mark m) {
    block_ = m.block;
    used_ = m.used;
  }

  void reset();   // lets everything go; merges the blocks into one of the size that was needed
  void shrink();  // resets and returns all memory to the allocator
  bool failed() const { return failed_; }
  size_t capacity() const;

 private:
  std::vector<Buffer> blocks_;
  size_t block_ = 0, used_ = 0;
  bool failed_ = false;
};

}  // namespace wasmformers
