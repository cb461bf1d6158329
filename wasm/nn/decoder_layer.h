// One layer of a decoder: attention, then the feed-forward part (dense, or experts), each added to what came in. Where
// the norms stand is what families differ in.
#pragma once

#include <memory>

#include "nn/decoder_attention.h"
#include "nn/experts.h"

namespace wasmformers::nn {

struct DecoderLayer {
  DecoderAttention attention;
  FeedForward feedForward;
  std::unique_ptr<Experts> experts;                  // instead of feedForward
  DecoderNorm attentionNorm, feedForwardNorm;        // of what goes in
  DecoderNorm attentionOutNorm, feedForwardOutNorm;  // of what comes out, before it is added
  float residualScale = 1;                           // of what is added

  enum class Order : uint8_t {
    Pre,       // h += attention(norm(h)); h += feedForward(norm(h))
    Post,      // h = norm(h + attention(h)); h = norm(h + feedForward(h))
    Parallel,  // h += attention(norm(h)) + feedForward(norm(h)), both from the same h, the second norm the first if
               // absent
    FromNorm   // as Pre, but added to the norm: n = norm(h); h = n + attention(n); …
  };
  Order order = Order::Pre;

  /// hidden [M, E] in place.
  void operator()(const DecoderPass&, float* hidden) const;
  /// What of it later tokens need: the keys and values. hidden stays.
  void remember(const DecoderPass&, const float* hidden) const;

 private:
  void attend(const DecoderPass&, const float* x, float* hidden, const float* residual) const;
  void feed(const DecoderPass&, const float* x, size_t rows, float* hidden, const float* residual) const;
  void add(Compute, const DecoderNorm& norm, float* y, size_t rows, float* hidden, const float* residual) const;
};

}  // namespace wasmformers::nn
