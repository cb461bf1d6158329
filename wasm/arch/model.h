// What a model is: the inputs and outputs that it declares, its limits, its weights, and its forward pass in steps, so
// that the caller can give the event loop a turn, show progress or stop between layers. Each family of models is one
// file with the same three parts in the same order: configuration (read from config.json), weights (declared by the
// checkpoint's own names), forward pass. families.h finds the family of a config.json.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "kernels/kernels.h"
#include "weights/weights.h"

namespace wasmformers::arch {

/// One axis of an input or output: a fixed size, or a name for a size that varies. Axes with the same name have the
/// same size in one pass.
struct Axis {
  const char* name = nullptr;  // nullptr: the size is fixed
  int64_t size = 0;
  constexpr Axis() = default;
  constexpr Axis(const char* axisName) : name(axisName) {}
  template <std::integral N>
  constexpr Axis(N fixed) : size(int64_t(fixed)) {}
};

/// The axes of an input or output; at most 5.
class Dims {
 public:
  constexpr Dims() = default;
  constexpr Dims(std::initializer_list<Axis> axes) {
    for (const Axis& axis : axes) axes_[size_++] = axis;
  }
  constexpr size_t size() const { return size_; }
  constexpr const Axis& operator[](size_t i) const { return axes_[i]; }
  constexpr const Axis* begin() const { return axes_; }
  constexpr const Axis* end() const { return axes_ + size_; }

 private:
  Axis axes_[5];
  size_t size_ = 0;
};

/// What a model says of one of its inputs or outputs.
struct Declared {
  std::string_view name;
  DType dtype = DType::F32;  // I32 or F32; outputs are F32
  Dims dims;
  bool optional = false;  // a pass may do without this input
};

/// How large inputs may be. 0: no bound.
struct Limits {
  size_t length = 0;         // tokens (or frames) of one text or sound, special tokens included; more are refused
  size_t trainedLength = 0;  // the longest that the model was made for; more may be possible, up to `length`
  size_t vocabulary = 0;     // ids of tokens are smaller
};

/// One named input of a pass. The data is owned here and was written by the caller.
struct Input {
  std::string name;
  DType dtype = DType::I32;  // I32 or F32
  Shape shape;
  Buffer data;
};

/// One named output of a pass. The data lies in the pass's arena.
struct Output {
  std::string_view name;
  Shape shape;
  const float* data = nullptr;
};

/// All that one forward pass works on.
struct Pass {
  const kernels::Table& kernels;
  Arena& arena;
  const std::vector<Input>& inputs;
  std::vector<Output>& outputs;

  /// nullptr: it was not given.
  const Input* input(std::string_view name) const;
};

class Decoder;

class Model {
 public:
  virtual ~Model() = default;

  /// Declares every tensor; called once, before loading. `this` must not move afterwards.
  virtual void declare(weights::Weights&) = 0;
  /// Called once, when all tensors are loaded: for what depends on optional tensors.
  virtual Status loaded() { return {}; }

  virtual std::vector<Declared> inputs() const = 0;
  /// Known after loading: some outputs need optional tensors. A pass gives them in this order.
  virtual std::vector<Declared> outputs() const = 0;
  virtual Limits limits() const = 0;

  /// Checks the inputs and embeds them. The caller resets the arena before. A failed begin leaves the model ready for
  /// the next one. InputError (arch/inputs.h); MemoryError "out_of_memory".
  virtual Status begin(Pass&) = 0;
  /// How often step() is to be called: once per layer, and once for the outputs.
  virtual size_t steps() const = 0;
  /// Runs step `index`: 0, 1, … steps() − 1. InternalError "wrong_step"; MemoryError "out_of_memory" ends the pass.
  virtual Status step(size_t index, Pass&) = 0;

  /// What generation needs of the model (decoder.h). nullptr: it does not generate.
  virtual Decoder* decoder() { return nullptr; }
};

}  // namespace wasmformers::arch
