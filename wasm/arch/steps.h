// The order of a pass's steps, for every kind of model: begin, step 0, 1, … to the last, begin again. A model keeps one
// Steps; its begin() ends with Steps::begin, its step() starts with take() and ends with check().
#pragma once

#include "base/arena.h"
#include "base/status.h"

namespace wasmformers::arch {

class Steps {
 public:
  /// No step may run until begin().
  void stop() { due_ = kNone; }
  /// The inputs were read: step 0 is due. MemoryError "out_of_memory".
  Status begin(const Arena& arena) {
    due_ = 0;
    return check(arena);
  }
  /// InternalError "wrong_step" unless `index` is due. After the last of `count` steps none is.
  Status take(size_t index, size_t count);
  /// To be called after each step. MemoryError "out_of_memory" where the arena ran out: the pass ends.
  Status check(const Arena&);

 private:
  static constexpr size_t kNone = SIZE_MAX;
  size_t due_ = kNone;
};

Status outOfMemory();

}  // namespace wasmformers::arch
