// See decoder_norm.h.
#include "nn/decoder_norm.h"

#include <algorithm>

namespace wasmformers::nn {

void DecoderNorm::declare(weights::Weights& w, const std::string& name, size_t n, const Options& o) {
  size = n;
  kind = o.kind;
  eps = o.eps;
  w.tensor(name + ".weight", {int64_t(n)}, n * sizeof(float), [this, n, o](const TensorView& view, size_t) -> Status {
    WF_ASSIGN(weight.buffer, allocate(n * sizeof(float), "a weight vector"));
    weight.size = n;
    float* into = weight.buffer.as<float>();
    toFloat(view.dtype, view.data, n, into);
    for (size_t i = 0; o.offset != 0 && i < n; ++i) into[i] += o.offset;
    return {};
  });
  if (o.bias == Bias::Yes) w.vector(name + ".bias", bias, {int64_t(n)});
}

Status DecoderNorm::plain(size_t n, float epsilon) {
  kind = NormKind::Layer;
  eps = epsilon;
  WF_ASSIGN(weight.buffer, allocate(n * sizeof(float), "a weight vector"));
  size = weight.size = n;
  std::fill_n(weight.buffer.as<float>(), n, 1.f);
  return {};
}

void DecoderNorm::operator()(Compute c, const float* x, size_t rows, float* y) const {
  if (kind == NormKind::Rms)
    c.kernels.rmsNorm(x, weight, eps, rows, size, y);
  else
    c.kernels.layerNorm(x, nullptr, weight, bias, eps, rows, size, y);
}

void HeadNorm::declare(weights::Weights& w, const std::string& name, Kind k, size_t heads, size_t headDim,
                       const DecoderNorm::Options& options) {
  kind = k;
  norms = std::vector<DecoderNorm>(k == Kind::None ? 0 : k == Kind::Each ? heads : 1);
  for (size_t i = 0; i < norms.size(); ++i) {
    norms[i].declare(w, k == Kind::Each ? name + ".norms." + std::to_string(i) : name,
                     k == Kind::Together ? heads * headDim : headDim, options);
  }
}

void HeadNorm::operator()(Compute c, float* x, size_t rows, size_t stride, size_t heads) const {
  if (kind == Kind::None) return;
  for (size_t m = 0; m < rows; ++m) {
    float* row = x + m * stride;
    if (kind != Kind::Each) {
      norms[0](c, row, kind == Kind::Together ? 1 : heads, row);
      continue;
    }
    for (const DecoderNorm& norm : norms) {
      norm(c, row, 1, row);
      row += norm.size;
    }
  }
}

}  // namespace wasmformers::nn
