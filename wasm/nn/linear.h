// The smallest blocks: a linear map with its bias, and a LayerNorm.
#pragma once

#include "kernels/kernels.h"
#include "weights/weights.h"

namespace wasmformers::nn {

/// What every block computes with: a table of kernels, and the arena for activations.
struct Compute {
  const kernels::Table& kernels;
  Arena& arena;
};

enum class Bias : uint8_t { Yes, No };

/// y = x·Wᵀ + b, W [n, k].
struct Linear {
  kernels::Matrix weight;
  weights::Vector bias;

  /// Declares `name`.weight and `name`.bias.
  void declare(weights::Weights&, const std::string& name, size_t n, size_t k, kernels::Format, Bias = Bias::Yes,
               weights::Need = weights::Need::Required);
  bool present() const { return !weight.empty(); }
  /// Into y [M, n], whose rows are yStride floats apart (0: n). Sets e.bias.
  void operator()(Compute, kernels::Rows& x, float* y, size_t yStride = 0, kernels::Epilogue e = {}) const;
};

/// LayerNorm over the last axis.
struct Norm {
  weights::Vector weight, bias;
  float eps = 1e-12f;
  size_t size = 0;

  void declare(weights::Weights&, const std::string& name, size_t n, float eps, Bias = Bias::Yes);
  /// y = norm(x) for `rows` rows; y may be x.
  void operator()(Compute, const float* x, size_t rows, float* y) const;
};

}  // namespace wasmformers::nn
