// See steps.h.
#include "arch/steps.h"

#include <string>

namespace wasmformers::arch {

Status Steps::take(size_t index, size_t count) {
  if (index != due_ || index == kNone) {
    return Status(ErrorClass::Internal, "wrong_step", "step " + std::to_string(index) + " is not the one that is due.");
  }
  due_ = index + 1 == count ? kNone : index + 1;
  return {};
}

Status Steps::check(const Arena& arena) {
  if (!arena.failed()) return {};
  due_ = kNone;
  return outOfMemory();
}

Status outOfMemory() {
  return Status(ErrorClass::Memory, "out_of_memory",
                "Not enough memory for the activations of this input; try fewer or shorter texts at once.");
}

}  // namespace wasmformers::arch
