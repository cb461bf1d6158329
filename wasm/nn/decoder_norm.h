// The norms of decoders: LayerNorm (Ba et al. 2016, arXiv:1607.06450) and RMSNorm (Zhang & Sennrich 2019,
// arXiv:1910.07467), of hidden states and of the heads of queries and keys.
#pragma once

#include <vector>

#include "nn/linear.h"

namespace wasmformers::nn {

enum class NormKind : uint8_t { Layer, Rms };

struct DecoderNorm {
  weights::Vector weight, bias;
  NormKind kind = NormKind::Rms;
  float eps = 1e-6f;
  size_t size = 0;  // 0: there is no norm

  struct Options {
    NormKind kind = NormKind::Rms;
    float eps = 1e-6f;
    Bias bias = Bias::No;
    float offset = 0;  // added to the stored weight (Gemma stores weight − 1)
  };
  /// Declares `name`.weight and `name`.bias, [n] each.
  void declare(weights::Weights&, const std::string& name, size_t n, const Options&);
  /// Makes a norm without weights: all are 1.
  Status plain(size_t n, float eps);
  explicit operator bool() const { return size != 0; }
  /// y = norm(x) for `rows` rows; y may be x.
  void operator()(Compute, const float* x, size_t rows, float* y) const;
};

/// Norms of queries or keys, before rotary positions.
struct HeadNorm {
  enum class Kind : uint8_t {
    None,
    Shared,   // per head, with one weight [D] for all heads
    Each,     // per head, each with its own weight [D]
    Together  // over all heads, as one vector [H·D]
  };
  Kind kind = Kind::None;
  std::vector<DecoderNorm> norms;

  /// Declares `name`.weight, or for Each `name`.norms.<head>.weight.
  void declare(weights::Weights&, const std::string& name, Kind, size_t heads, size_t headDim,
               const DecoderNorm::Options&);
  /// In place, on `rows` rows of heads × D values that are `stride` floats apart.
  void operator()(Compute, float* x, size_t rows, size_t stride, size_t heads) const;
};

}  // namespace wasmformers::nn
