// Weights that checkpoints store in another order: queries, keys and values in one tensor, head by head (BLOOM, Falcon,
// GPT-NeoX), and transposed matrices (GPT-2). Both become a plain Linear while they stream in.
#pragma once

#include "nn/linear.h"

namespace wasmformers::nn {

/// Declares `name`.weight (and .bias) of `groups` groups of heads: each has `queries` query heads, one key and one
/// value of `headDim` rows. `into` gives all queries, then all keys, then all values.
void declareGrouped(weights::Weights&, const std::string& name, Linear& into, size_t groups, size_t queries,
                    size_t headDim, size_t hidden, kernels::Format, Bias);

/// Declares `name`.weight [k, n] and .bias [n] (transformers pytorch_utils.py, Conv1D).
void declareTransposed(weights::Weights&, const std::string& name, Linear& into, size_t n, size_t k, kernels::Format);

}  // namespace wasmformers::nn
