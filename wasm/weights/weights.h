// What a model asks of its checkpoint: every tensor by name, its shape, and what to do with its bytes the
// moment they are whole. Models declare, the loader delivers in the file's order; nothing is kept but the
// packed form.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernels/matrix.h"

namespace wasmformers::weights {

/// A float vector or small tensor kept as it is: bias, norm, position table of a convolution.
struct Vector {
  Buffer buffer;
  size_t size = 0;
  const float* data() const { return buffer.as<float>(); }
  /// nullptr for a vector that the checkpoint does not have (a layer without bias).
  operator const float*() const { return data(); }
};

enum class Need : uint8_t { Required, Optional };

class Weights {
 public:
  /// Takes rows [from, from + view.shape[0]) of a tensor, in order from 0 on; all of them at once unless it takes rows.
  using Pack = std::function<Status(const TensorView& view, size_t from)>;

  /// Tensors may be stored with or without the base model's prefix ("bert."), depending on which class saved
  /// them: names are declared without it.
  void basePrefix(std::string prefix) { prefix_ = std::move(prefix); }

  /// A Linear.weight or an embedding table [n, k].
  void matrix(std::string name, kernels::Matrix& into, size_t n, size_t k, kernels::Format format,
              kernels::Use use = kernels::Use::Product, Need need = Need::Required);
  /// A float tensor of `shape`, kept flat.
  void vector(std::string name, Vector& into, Shape shape, Need need = Need::Required);
  /// Anything else: `packedBytes` is what pack() will keep, `rowsAtOnce` as in Wanted.
  void tensor(std::string name, Shape shape, size_t packedBytes, Pack pack, Need need = Need::Required,
              size_t rowsAtOnce = 0) {
    want({std::move(name), std::move(shape), packedBytes, rowsAtOnce, std::move(pack), need});
  }

  /// Another name under which some checkpoints store `name`, or a copy of it: read where `name` itself is
  /// missing or comes later.
  void alias(std::string other, const std::string& name);

  struct Wanted {
    std::string name;
    Shape shape;
    size_t packedBytes = 0;
    size_t rowsAtOnce = 0;  // rows that pack() wants a multiple of; 0: it wants the whole tensor
    Pack pack;
    Need need = Need::Required;
    bool loaded = false;
  };
  /// The entry that a stored name belongs to: prefix taken off, and the old spellings LayerNorm.gamma/.beta
  /// read as .weight/.bias. nullptr: the model has no use for it. `isAlias` says whether alias() gave the
  /// name.
  Wanted* find(std::string_view storedName, bool* isAlias = nullptr);

  uint64_t packedBytes() const;  // of everything required; may be more than a 32-bit size holds
  /// WeightsError "missing_tensors" that names them, when a required one never came.
  Status complete() const;

 private:
  void want(Wanted wanted);

  std::string prefix_;
  std::vector<Wanted> wanted_;
  std::unordered_map<std::string, size_t> index_;
};

}  // namespace wasmformers::weights
