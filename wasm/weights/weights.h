// What a model asks of its checkpoint: the name and shape of every tensor, and how its bytes are packed. Models declare
// their tensors, the loader delivers them in the file's order, and only the packed form is kept.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernels/matrix.h"

namespace wasmformers::weights {

/// A vector or small tensor that stays as it is, in f32: a bias, the weight of a norm.
struct Vector {
  Buffer buffer;
  size_t size = 0;
  const float* data() const { return buffer.as<float>(); }
  /// nullptr: the checkpoint has no such vector (a layer without bias).
  operator const float*() const { return data(); }
};

enum class Need : uint8_t { Required, Optional };

class Weights {
 public:
  /// Packs rows [from, from + view.shape[0]) of a tensor. Rows come in order; all at once, unless rowsAtOnce is set.
  using Pack = std::function<Status(const TensorView& view, size_t from)>;

  /// The base model's prefix ("bert."). Names are declared without it, and found in files with and without it: that
  /// depends on which class saved them.
  void basePrefix(std::string prefix) { prefix_ = std::move(prefix); }

  /// A Linear.weight or an embedding table [n, k].
  void matrix(std::string name, kernels::Matrix& into, size_t n, size_t k, kernels::Format format,
              kernels::Use use = kernels::Use::Product, Need need = Need::Required);
  /// A float tensor of `shape`, kept flat.
  void vector(std::string name, Vector& into, Shape shape, Need need = Need::Required);
  /// Anything else. See Wanted.
  void tensor(std::string name, Shape shape, size_t packedBytes, Pack pack, Need need = Need::Required,
              size_t rowsAtOnce = 0) {
    want({std::move(name), std::move(shape), packedBytes, rowsAtOnce, std::move(pack), need});
  }

  /// Another name under which some checkpoints store `name`, or a copy of it. It is read where `name` itself is missing
  /// or comes later.
  void alias(std::string other, const std::string& name);

  struct Wanted {
    std::string name;
    Shape shape;
    size_t packedBytes = 0;  // that pack() will keep
    size_t rowsAtOnce = 0;   // pack() takes multiples of so many rows; 0: it takes the whole tensor at once
    Pack pack;
    Need need = Need::Required;
    bool loaded = false;
    bool transposed = false;  // `shape` is [k, n] of a Linear [n, k], which quantized files hold as [n, k]
  };
  /// The entry of a stored name. The prefix is taken off, and the old spellings LayerNorm.gamma and .beta are read as
  /// .weight and .bias. nullptr: the model does not need the tensor. isAlias: whether the name came from alias().
  Wanted* find(std::string_view storedName, bool* isAlias = nullptr);

  uint64_t packedBytes() const;  // of all required tensors; may be more than 32 bits can count
  /// WeightsError "missing_tensors" names the required tensors that did not come.
  Status complete() const;

 private:
  void want(Wanted wanted);

  std::string prefix_;
  std::vector<Wanted> wanted_;
  std::unordered_map<std::string, size_t> index_;
};

}  // namespace wasmformers::weights
