// See bert_like.h.
#include "arch/encoders/bert_like.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::arch {

// --- configuration

BertLike::BertLike(ConfigReader& c, const Request& r, std::span<const HeadNames> heads, const Defaults& d)
    : TextEncoder(c, r, heads, d.vocabulary) {
  hiddenSize_ = c.size(d.hiddenField, d.hidden, 1 << 16);
  embeddingSize_ = hiddenSize_;
  shape_.hidden = hiddenSize_;
  shape_.heads = c.size(d.headsField, d.heads, 1024);
  c.divides(d.headsField, shape_.heads, d.hiddenField, hiddenSize_);
  shape_.intermediate = c.size(d.innerField, d.inner, 1 << 20);
  shape_.activation = c.activation(d.activationField, d.activation);
  shape_.normEps = d.epsField ? c.epsilon(d.epsField, d.eps) : d.eps;
  shape_.format = r.format;
  head_.activation = shape_.activation;
  layers_ = c.size(d.layersField, d.layers, 512);
  positions_ = c.size("max_position_embeddings", 512, 1 << 20);
  maxLength_ = trainedLength_ = positions_;
  if (d.typesField) typeVocabulary_ = c.size(d.typesField, d.types, 1 << 16, d.types ? 1 : 0);
  blocks_.resize(layers_);
}

void BertLike::startPositionsAfter(size_t padId) {
  maxLength_ = trainedLength_ = positions_ - std::min(padId + 1, positions_ - 1);
}

// --- weights

void BertLike::declareEmbeddings(weights::Weights& w, const char* projection) {
  embeddings_.declare(w, "embeddings.",
                      {vocabulary_, embeddingSize_, positions_, typeVocabulary_, shape_.normEps, tableDecodes()},
                      request_.format);
  if (projection) project_.declare(w, projection, hiddenSize_, embeddingSize_, request_.format);
}

void BertLike::declareLayers(weights::Weights& w, const char* prefix, const nn::EncoderLayerNames& names) {
  for (size_t i = 0; i < blocks_.size(); ++i) blocks_[i].declare(w, prefix + std::to_string(i) + ".", names, shape_);
}

// --- forward

const int32_t* BertLike::positionsAfter(nn::Compute c, int32_t padId) const {
  int32_t* positions = c.arena.alloc<int32_t>(rows());
  for (size_t i = 0, at = 0; positions && i < rows(); ++i) {
    if (i % length_ == 0) at = size_t(padId);
    positions[i] = ids_[i] == padId ? padId : int32_t(++at);
  }
  return positions;
}

void BertLike::embedAt(nn::Compute c, const int32_t* positions) {
  const Arena::Mark mark = c.arena.mark();
  const bool narrow = project_.present();
  float* x = narrow ? c.arena.alloc<float>(rows() * embeddingSize_) : hidden_;  // [M, embedding]
  if (!x) return;
  embeddings_(c, ids_, positions, typeIds_, rows(), length_, x);
  if (narrow) {
    kernels::Rows in(x, rows(), embeddingSize_);
    project_(c, in, hidden_);
  }
  c.arena.release(mark);
}

// h = norm(h + attention(h)); h = norm(h + feedForward(h))
void BertLike::layer(size_t i, nn::Compute c) { blocks_[i](c, attention(scale()), hidden_); }

float BertLike::scale() const {
  const size_t headDim = hiddenSize_ / shape_.heads;
  return 1 / std::sqrt(float(headDim));
}

}  // namespace wasmformers::arch
