// DeBERTa's attention (He et al. 2020, arXiv:2006.03654, section 3.1): scores are content·content plus content·position
// and position·content. Positions are relative, put into buckets, and looked up in one table that all layers share. The
// two extra terms are the bias of the common attention kernel. After transformers modeling_deberta_v2.py,
// DisentangledSelfAttention. There, queries at padding see every key; here only real ones, so outputs at padding
// differ.
#pragma once

#include "nn/encoder_layer.h"

namespace wasmformers::nn {

struct DisentangledAttention {
  size_t hidden = 0, heads = 0;
  size_t span = 0;          // the table has 2·span rows, for the buckets −span … span − 1
  int32_t buckets = -1;     // logarithmic buckets per direction; < 1: a bucket for each distance
  int32_t maxPosition = 0;  // the distance at which the last bucket begins

  /// mixed [M, E] = softmax(scale·q·kᵀ + bias + mask)·v from qkv [3, M, E], with
  /// bias[h, t, s] = scale·(q_t · Kr[δ] + k_s · Qr[δ]), where δ is the clamped bucket of t − s, Kr = key(table) and
  /// Qr = query(table). table [2·span, E]. key or query nullptr: without that term.
  void operator()(Compute, AttentionContext, const float* table, const Linear* key, const Linear* query,
                  const float* qkv, float* mixed) const;

 private:
  int64_t row(int64_t distance) const;
  const float* project(Compute, const Linear&, const float* table, size_t first, size_t count) const;
};

}  // namespace wasmformers::nn
