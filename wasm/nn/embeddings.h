// The input of an encoder: sums of word, position and token type embeddings, then a norm.
#pragma once

#include "nn/linear.h"

namespace wasmformers::nn {

struct Embeddings {
  kernels::Matrix word, position, type;
  Norm norm;

  struct Sizes {
    size_t vocabulary, size;          // of the word table
    size_t positions = 0, types = 0;  // 0: no such table
    float eps = 1e-12f;
    bool alsoDecodes = false;  // the word table is the output layer, too (tied)
    size_t normSize = 0;       // 0: size; else the norm comes after a projection to this size
  };
  /// Names below `prefix`: word_embeddings, position_embeddings, token_type_embeddings, LayerNorm.
  void declare(weights::Weights&, const std::string& prefix, const Sizes&, kernels::Format);

  /// y [M, size] = norm(word[ids] + position[positions] + type[types]), M = `rows`.
  /// positions nullptr: 0, 1, … in each sequence of `length`. types nullptr: all 0.
  void operator()(Compute, const int32_t* ids, const int32_t* positions, const int32_t* types, size_t rows,
                  size_t length, float* y) const;
  /// The same without the norm, for families that project first.
  void sum(Compute, const int32_t* ids, const int32_t* positions, const int32_t* types, size_t rows, size_t length,
           float* y) const;
};

}  // namespace wasmformers::nn
