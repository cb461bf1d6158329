// Sums of table rows: word + position + token type, then a norm, as the input of an encoder.
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
    bool alsoDecodes = false;  // the word table is a tied output layer as well
    size_t normSize = 0;       // where the norm comes after a projection; 0: size
  };
  /// Names below `prefix`: word_embeddings, position_embeddings, token_type_embeddings, LayerNorm.
  void declare(weights::Weights&, const std::string& prefix, const Sizes&, kernels::Format);

  /// y [M, size] = norm(word[ids] + position[positions] + type[types]); positions nullptr: 0, 1, … per
  /// sequence of `length`; types nullptr: all 0.
  void operator()(Compute, const int32_t* ids, const int32_t* positions, const int32_t* types, size_t rows,
                  size_t length, float* y) const;
  /// The same without the norm, for families that project in between.
  void sum(Compute, const int32_t* ids, const int32_t* positions, const int32_t* types, size_t rows, size_t length,
           float* y) const;
};

}  // namespace wasmformers::nn
