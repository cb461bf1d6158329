// One layer of a decoder: attention, then the feed-forward part (dense, or experts). Families differ in where the norms
// stand; each order that several have is one function here, and a family with an order of its own writes it in its file
// with the parts below.
#pragma once

#include <memory>

#include "nn/decoder_attention.h"
#include "nn/experts.h"

namespace wasmformers::nn {

/// Letters: M rows (batch × length), E hidden size. h [M, E] is changed in place.
struct DecoderLayer {
  DecoderAttention attention;
  FeedForward feedForward;
  std::unique_ptr<Experts> experts;                  // instead of feedForward
  DecoderNorm attentionNorm, feedForwardNorm;        // of what goes in; may be absent
  DecoderNorm attentionOutNorm, feedForwardOutNorm;  // of what comes out; may be absent
  float residualScale = 1;                           // of what is added

  /// h += attention(norm(h)); h += feedForward(norm(h)), with a norm of what comes out where there is one (Gemma 2,
  /// OLMo 2).
  void preNorm(const DecoderPass&, float* h) const;
  /// h += attention(norm(h)) + feedForward(norm'(h)), both from the same h. Without a norm' both see the first norm's.
  void parallel(const DecoderPass&, float* h) const;

  /// What later tokens need of this layer: keeps the keys and values of h.
  void remember(const DecoderPass&, const float* h) const;

  // --- parts
  /// y = residual + residualScale · outNorm(attention(x)), [M, E]. residual may be y.
  void attend(const DecoderPass&, const float* x, const float* residual, float* y) const;
  /// The same of the feed-forward part, for `rows` rows.
  void feed(Compute, const float* x, size_t rows, const float* residual, float* y) const;
  /// norm(x) [rows, E] in new memory, or x itself where there is no norm. nullptr: the arena is full.
  const float* normed(Compute, const DecoderNorm&, const float* x, size_t rows) const;
  size_t hidden() const { return attention.shape.hidden; }

 private:
  void add(Compute, const DecoderNorm& norm, float* y, size_t rows, const float* residual, float* into) const;
};

}  // namespace wasmformers::nn
