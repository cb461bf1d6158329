// See text_heads.h.
#include "arch/encoders/text_heads.h"

namespace wasmformers::arch {

const float* Classifier::operator()(nn::Compute c, const float* x, size_t rows, size_t hidden) const {
  if (hasDense) {
    kernels::Rows in(x, rows, hidden);
    float* y = c.arena.alloc<float>(rows * dense.weight.n());
    if (!y) return nullptr;
    dense(c, in, y, 0, {.activation = activation});
    if (hasNorm) norm(c, y, rows, y);
    x = y;
    hidden = dense.weight.n();
  }
  kernels::Rows in(x, rows, hidden);
  float* logits = c.arena.alloc<float>(rows * out.weight.n());
  if (logits) out(c, in, logits);
  return logits;
}

void MaskedLMHead::declare(nn::Weights& w, const Names& n, size_t hidden, size_t embedding, size_t vocabulary,
                           float eps, kernels::Format format, bool tied) {
  dense.declare(w, n.dense, embedding, hidden, format, n.denseHasBias ? nn::Bias::Yes : nn::Bias::No);
  norm.declare(w, n.norm, embedding, eps, n.normHasBias ? nn::Bias::Yes : nn::Bias::No);
  if (!tied)
    w.matrix(n.decoder + ".weight", untied, vocabulary, embedding, format);
  else if (!n.decoder.empty())
    w.alias(n.decoder + ".weight", n.table);  // some files keep only this name of the two
  if (n.bias.empty()) return;
  // The head's bias and its decoder's are one tensor where tied; where not, the decoder's own counts.
  const std::string decoderBias = n.decoder.empty() ? n.bias : n.decoder + ".bias";
  w.vector(tied ? n.bias : decoderBias, bias, {int64_t(vocabulary)});
  w.alias(tied ? decoderBias : n.bias, tied ? n.bias : decoderBias);
}

const float* MaskedLMHead::operator()(nn::Compute c, const float* hidden, size_t rows,
                                      const kernels::Matrix& embeddings) const {
  const kernels::Matrix& decoder = untied.empty() ? embeddings : untied;
  float* x = c.arena.alloc<float>(rows * dense.weight.n());  // [M, embedding]
  float* logits = c.arena.alloc<float>(rows * decoder.n());  // [M, V]
  if (!x || !logits) return nullptr;
  kernels::Rows in(hidden, rows, dense.weight.k());
  dense(c, in, x, 0, {.activation = activation});
  norm(c, x, rows, x);
  kernels::Rows wide(x, rows, dense.weight.n());
  c.kernels.linear(c.arena, wide, decoder, {.bias = bias}, logits, decoder.n());
  return logits;
}

}  // namespace wasmformers::arch
