// The feed-forward part of a decoder layer: down(act(up(x))), or with a gate down(act(gate(x)) · up(x)) (Shazeer 2020,
// arXiv:2002.05202). A checkpoint may hold gate and up in one matrix.
#pragma once

#include "nn/linear.h"

namespace wasmformers::nn {

struct FeedForward {
  Linear gate, up, gateUp, down;
  kernels::Activation activation = kernels::Activation::Silu;
  size_t hidden = 0, inner = 0;

  struct Shape {
    size_t hidden, inner;
    kernels::Activation activation;
    kernels::Format format;
    Bias bias = Bias::No;
  };
  /// Names of the matrices. gate nullptr: there is none. up nullptr: `gate` holds both.
  struct Names {
    const char *gate, *up, *down;
  };
  void declare(weights::Weights&, const std::string& prefix, const Names&, const Shape&);

  /// y = residual + feedForward(x) for `rows` rows, [rows, E]. residual may be y or nullptr; y may be x.
  void operator()(Compute, const float* x, size_t rows, float* y, const float* residual) const;
};

}  // namespace wasmformers::nn
