// DeBERTa's attention (He et al. 2020, arXiv:2006.03654, section 3.1): to content·content it adds
// content·position and position·content, where positions are relative, bucketed, and looked up in one table
// that all layers share. The two terms enter the shared attention kernel as its bias. After transformers
// modeling_deberta_v2.py, DisentangledSelfAttention; there hidden queries see every key, here only real ones:
// outputs at padding differ.
#pragma once

#include "nn/encoder_layer.h"

namespace wasmformers::nn {

struct DisentangledAttention {
  size_t hidden = 0, heads = 0;
  size_t span = 0;          // the table has 2·span rows, one for every bucket of −span … span − 1
  int32_t buckets = -1;     // log buckets in each direction; < 1: distances count as they are
  int32_t maxPosition = 0;  // the distance that the last bucket begins at

  /// mixed [M, E] = softmax(scale·q·kᵀ + bias + mask)·v from qkv [3, M, E], with
  /// bias[h, t, s] = scale·(q_t · Kr[δ] + k_s · Qr[δ]), δ the clamped bucket of t − s, Kr = key(table), Qr =
  /// query(table). `key` or `query` nullptr: without that term. `table` [2·span, E].
  void operator()(Compute, AttentionContext, const float* table, const Linear* key, const Linear* query,
                  const float* qkv, float* mixed) const;

 private:
  int64_t row(int64_t distance) const;
  const float* project(Compute, const Linear&, const float* table, size_t first, size_t count) const;
};

}  // namespace wasmformers::nn
