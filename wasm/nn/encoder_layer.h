// The encoder layer of the original Transformer, with the norm after each residual sum (post-norm), as in BERT and its
// relatives (Vaswani et al. 2017, section 3.1; Devlin et al. 2018, arXiv:1810.04805):
//   h = norm(h + attention(h));  h = norm(h + down(act(up(h))))
#pragma once

#include "nn/linear.h"

namespace wasmformers::nn {

/// Names of a layer's tensors below its own prefix, in the checkpoint's spelling.
struct EncoderLayerNames {
  const char *query, *key, *value, *attentionOut, *attentionNorm, *up, *down, *outNorm;
};

/// BERT's names, which RoBERTa and ELECTRA kept.
inline constexpr EncoderLayerNames kBertLayerNames = {
    "attention.self.query",       "attention.self.key", "attention.self.value", "attention.output.dense",
    "attention.output.LayerNorm", "intermediate.dense", "output.dense",         "output.LayerNorm"};

struct EncoderShape {
  size_t hidden, heads, intermediate;
  kernels::Activation activation;
  float normEps;
  kernels::Format format;
};

/// What attention needs in a pass besides the hidden states.
struct AttentionContext {
  size_t batch, length;
  const uint8_t* keyMask;       // [B, T], 0 hides a key
  float scale;                  // of the scores
  const float* bias = nullptr;  // [B or 1, H, T, T]
  size_t biasBatchStride = 0, biasHeadStride = 0;
  int64_t window = -1;  // how many keys to each side a query sees; −1: all
};

struct EncoderLayer {
  EncoderShape shape;
  Linear query, key, value, attentionOut, up, down;
  Norm attentionNorm, outNorm;

  void declare(weights::Weights&, const std::string& prefix, const EncoderLayerNames&, const EncoderShape&);

  /// hidden [M, E] in place, M = B·T.
  void operator()(Compute, const AttentionContext&, float* hidden) const;

  // The parts, for families that need something between them.
  /// Queries, keys, values of hidden [M, E], one after the other: qkv [3, M, E].
  void project(Compute, const float* hidden, size_t rows, float* qkv) const;
  /// hidden = norm(hidden + out(mixed)), where mixed [M, E] is the result of attention.
  void attendOut(Compute, const float* mixed, size_t rows, float* hidden) const;
  /// hidden = norm(hidden + down(act(up(hidden)))) for `rows` rows.
  void feedForward(Compute, size_t rows, float* hidden) const;
};

/// The kernel's arguments for self-attention on q, k and v, whose rows are `stride` floats apart, into out [M, hidden].
kernels::AttentionArgs selfAttention(const AttentionContext&, size_t hidden, size_t heads, const float* q,
                                     const float* k, const float* v, size_t stride, float* out);

}  // namespace wasmformers::nn
