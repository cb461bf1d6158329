// The joint for checkpoints that store a matrix as several tensors: integers, scales, zero points. The loader asks it
// first about every tensor; what it takes arrives whole, and it packs a matrix once all its parts are there.
#pragma once

#include <memory>

#include "json/json.h"
#include "tensor/safetensors.h"
#include "weights/weights.h"

namespace wasmformers::weights {

class Parts {
 public:
  virtual ~Parts() = default;

  /// Called for each tensor of a file before any of its bytes. Whether it is a part; it then comes by take(), unless it
  /// is an error (WeightsError "wrong_shape", "unsupported_dtype").
  virtual Result<bool> check(const TensorInfo&) = 0;
  /// What check() told of a tensor.
  virtual bool has(const TensorInfo&) = 0;
  /// Receives a whole part; the bytes are valid during the call only. `packedBytes` grows by what was packed.
  virtual Status take(const TensorInfo&, const std::byte* data, size_t& packedBytes) = 0;
  /// All files were read. WeightsError "missing_tensors" names a part that did not come.
  virtual Status finish() = 0;
};

/// Makes what config.json asks for; null: nothing. `weights` must outlive it. ConfigError.
using OpenParts = Result<std::unique_ptr<Parts>>(json::Value config, Weights& weights);

}  // namespace wasmformers::weights
