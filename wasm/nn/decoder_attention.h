// Attention of decoders over the keys and values kept so far (Vaswani et al. 2017, section 3.2, causal), query heads in
// groups that share a key (Ainslie et al. 2023, arXiv:2305.13245), with what families add to it: rotary positions,
// norms of queries and keys, sliding windows, ALiBi (Press et al. 2021, arXiv:2108.12409), capped scores.
#pragma once

#include "nn/decoder_norm.h"
#include "nn/rope.h"

namespace wasmformers::nn {

/// What the layers of one pass see besides the hidden states [M, E], M = batch × length.
struct DecoderPass {
  Compute c;
  size_t batch, length, past;  // tokens kept before these
  kernels::KvLayerView cache;  // of the layer in question
  const uint8_t* keyMask;      // [batch, maskStride], past + length of each; nullptr: nothing is hidden
  size_t maskStride;
  const RopeTable* ropes;     // the model's, by AttentionShape::rope
  const int32_t* rowNumbers;  // 0 … M − 1: which row of a rope table
  size_t rows() const { return batch * length; }
};

struct AttentionShape {
  size_t hidden = 0, heads = 0, kvHeads = 0, headDim = 0;
  float scale = 1, softcap = 0;
  int64_t window = -1;            // keys that a query sees before its own; −1: all
  int rope = 0;                   // −1: queries and keys do not turn
  const float* slopes = nullptr;  // ALiBi, [heads]
};

struct DecoderAttention {
  AttentionShape shape;
  Linear query, key, value, out;
  Linear fused;  // queries, keys, values in one matrix, instead of the three
  HeadNorm queryNorm, keyNorm;

  /// y = residual + attention(x), [M, E]; residual may be y, or nullptr.
  void operator()(const DecoderPass&, const float* x, float* y, const float* residual) const;
  /// Only keeps the keys and values of x.
  void remember(const DecoderPass&, const float* x) const;

 private:
  /// Queries (nullptr: none are wanted), keys and values of x [M, E], rows `stride` apart, turned; the latter two are
  /// kept.
  void project(const DecoderPass&, const float* x, float* queries, float* keys, float* values, size_t stride) const;
};

/// ALiBi's slopes of `heads` heads: 2^(−8/n), 2^(−16/n), … for n the greatest power of two in `heads`, those of 2n
/// between them for the rest.
std::vector<float> alibiSlopes(size_t heads);

}  // namespace wasmformers::nn
