// See linear.h.
#include "nn/linear.h"

namespace wasmformers::nn {

void Linear::declare(weights::Weights& w, const std::string& name, size_t n, size_t k, kernels::Format format,
                     Bias hasBias, weights::Need need) {
  w.matrix(name + ".weight", weight, n, k, format, kernels::Use::Product, need);
  if (hasBias == Bias::Yes) w.vector(name + ".bias", bias, {int64_t(n)}, need);
}

void Linear::operator()(Compute c, kernels::Rows& x, float* y, size_t yStride, kernels::Epilogue e) const {
  e.bias = bias;
  c.kernels.linear(c.arena, x, weight, e, y, yStride ? yStride : weight.n());
}

void Norm::declare(weights::Weights& w, const std::string& name, size_t n, float epsilon, Bias hasBias) {
  size = n;
  eps = epsilon;
  w.vector(name + ".weight", weight, {int64_t(n)});
  if (hasBias == Bias::Yes) w.vector(name + ".bias", bias, {int64_t(n)});
}

void Norm::operator()(Compute c, const float* x, size_t rows, float* y) const {
  c.kernels.layerNorm(x, nullptr, weight, bias, eps, rows, size, y);
}

}  // namespace wasmformers::nn
