// A one-dimensional convolution along the sequence, stride 1, as a matrix product: the `kernel` input rows around each
// position are laid side by side, and multiplied with the weight in the same layout.
#pragma once

#include "nn/linear.h"

namespace wasmformers::nn {

struct Conv1d {
  kernels::Matrix weight;  // [channels, kernel·channels], from the checkpoint's [channels, channels, kernel]
  weights::Vector bias;
  size_t channels = 0, kernel = 0;

  /// Declares `name`.weight and `name`.bias. `kernel` is odd, so that padding by (kernel − 1)/2 keeps the length.
  void declare(weights::Weights&, const std::string& name, size_t channels, size_t kernel, kernels::Format);
  /// y [B·T, channels] from x [B·T, channels]. y must not be x.
  void operator()(Compute, const float* x, size_t batch, size_t length, float* y) const;
};

}  // namespace wasmformers::nn
