// Weights that checkpoints keep in an order of their own: queries, keys and values in one tensor, head by head; GPT-2's
// matrices the other way round. Both become a plain Linear while they stream in.
#pragma once

#include "nn/linear.h"

namespace wasmformers::nn {

/// Declares `name`.weight (and .bias), whose rows are `groups` times: the heads of `queries` queries, of one key, of
/// one value, each `headDim` rows. `into` gives all queries, then all keys, then all values.
void declareGrouped(weights::Weights&, const std::string& name, Linear& into, size_t groups, size_t queries,
                    size_t headDim, size_t hidden, kernels::Format, Bias);

/// Declares `name`.weight [k, n] and .bias [n] (transformers pytorch_utils.py, Conv1D).
void declareTransposed(weights::Weights&, const std::string& name, Linear& into, size_t n, size_t k, kernels::Format);

}  // namespace wasmformers::nn
