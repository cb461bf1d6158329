// A one-dimensional convolution along the sequence, stride 1, as one product: every output row multiplies the
// `kernel` input rows around it, laid side by side, with the weight laid out likewise.
#pragma once

#include "nn/linear.h"

namespace wasmformers::nn {

struct Conv1d {
  kernels::Matrix weight;  // [channels, kernel·channels], from the checkpoint's [channels, channels, kernel]
  weights::Vector bias;
  size_t channels = 0, kernel = 0;

  /// Declares `name`.weight and `name`.bias. `kernel` is odd: the padding of (kernel − 1)/2 zeros keeps the
  /// length.
  void declare(weights::Weights&, const std::string& name, size_t channels, size_t kernel, kernels::Format);
  /// y [B·T, channels] from x [B·T, channels]; y is not x.
  void operator()(Compute, const float* x, size_t batch, size_t length, float* y) const;
};

}  // namespace wasmformers::nn
