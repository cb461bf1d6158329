// The task layers that text encoders put on top: a classifier of vectors, and the masked language model's
// output layer.
#pragma once

#include <string>

#include "nn/linear.h"

namespace wasmformers::arch {

/// The head of a sequence: logits = out(norm?(act(dense(x)))) of one vector per sequence. Some families use
/// the same for every token (ModernBERT) or leave `dense` out.
struct Classifier {
  nn::Linear dense, out;
  nn::Norm norm;
  kernels::Activation activation = kernels::Activation::None;
  bool hasDense = false, hasNorm = false;

  /// x [rows, E] → logits [rows, labels]
  const float* operator()(nn::Compute, const float* x, size_t rows, size_t hidden) const;
};

/// logits [M, vocabulary] = decoder(norm(act(dense(h)))); the decoder is the embedding table itself where
/// tied.
struct MaskedLMHead {
  nn::Linear dense;
  nn::Norm norm;
  kernels::Activation activation = kernels::Activation::Gelu;
  kernels::Matrix untied;
  nn::Vector bias;

  struct Names {
    std::string dense, norm, decoder, bias;
    bool normHasBias = true, denseHasBias = true;
    std::string table = "embeddings.word_embeddings.weight";  // what a tied decoder shares
  };
  void declare(nn::Weights&, const Names&, size_t hidden, size_t embedding, size_t vocabulary, float eps,
               kernels::Format, bool tied);
  const float* operator()(nn::Compute, const float* hidden, size_t rows, const kernels::Matrix& embeddings) const;
};

}  // namespace wasmformers::arch
