// Causal attention of decoders over cached keys and values (Vaswani et al. 2017, section 3.2). Query heads may share a
// key in groups (Ainslie et al. 2023, arXiv:2305.13245). Options of families: rotary positions, norms of queries and
// keys, sliding windows, ALiBi (Press et al. 2021, arXiv:2108.12409), capped scores.
#pragma once

#include "nn/decoder_norm.h"
#include "nn/rope.h"

namespace wasmformers::nn {

/// What a layer needs in a pass besides the hidden states [M, E], M = batch × length.
struct DecoderPass {
  Compute c;
  size_t batch, length, past;  // past: cached tokens before these
  kernels::KvLayerView cache;  // of this layer
  const uint8_t*
      keyMask;  // [batch, maskStride], 0 hides a key; past + length of each row are read; nullptr: none is hidden
  size_t maskStride;
  const RopeTable* ropes;     // of the model; AttentionShape::rope is an index
  const int32_t* rowNumbers;  // [M], each token's row in a rope table
  bool* spoiled = nullptr;    // set where a key or value is NaN or infinite; nullptr: not asked
  size_t rows() const { return batch * length; }
};

struct AttentionShape {
  size_t hidden = 0, heads = 0, kvHeads = 0, headDim = 0;
  float scale = 1, softcap = 0;
  int64_t window = -1;            // how many keys before its own a query sees; −1: all
  int rope = 0;                   // index of the rope; −1: none
  const float* slopes = nullptr;  // ALiBi, [heads]
};

struct DecoderAttention {
  AttentionShape shape;
  Linear query, key, value, out;
  Linear fused;  // queries, keys and values in one matrix, instead of the three
  HeadNorm queryNorm, keyNorm;

  /// y = residual + attention(x), [M, E]. residual may be y or nullptr. The keys and values of x are cached.
  void operator()(const DecoderPass&, const float* x, float* y, const float* residual) const;
  /// Only caches the keys and values of x.
  void remember(const DecoderPass&, const float* x) const;

 private:
  /// Queries, keys and values of x [M, E], with norms and rotary positions, in rows `stride` floats apart. Keys and
  /// values are cached. queries nullptr: none are needed.
  void project(const DecoderPass&, const float* x, float* queries, float* keys, float* values, size_t stride) const;
};

/// ALiBi's slopes, one per head: 2^(−8/n), 2^(−16/n), … where n is the greatest power of two ≤ heads; the heads beyond
/// n take every second slope of 2n.
std::vector<float> alibiSlopes(size_t heads);

}  // namespace wasmformers::nn
