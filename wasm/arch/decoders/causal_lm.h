// What all decoder families share around their layers: inputs and their checks, the cache of keys and values, steps,
// the output layer. A family derives from it and says how tokens are embedded and what its layers are made of.
#pragma once

#include <deque>

#include "arch/decoder.h"
#include "arch/families.h"
#include "arch/steps.h"
#include "nn/decoder_layer.h"

namespace wasmformers::arch {

class CausalLM : public Model, public Decoder {
 public:
  // --- without a cache: input_ids, attention_mask and position_ids [B, T] (the latter two optional) give logits
  // [B, T, V], or last_hidden_state [B, T, E]
  std::vector<Declared> inputs() const final;
  std::vector<Declared> outputs() const final;
  Limits limits() const final { return {context_, context_, vocabulary_}; }
  Status begin(Pass&) final;
  size_t steps() const final { return layers_.size() + 1; }
  Status step(size_t index, Pass&) final;

  // --- with one: see arch/decoder.h
  Decoder* decoder() override { return this; }
  size_t vocabulary() const override { return vocabulary_; }
  size_t context() const override { return context_; }
  size_t passTokens() const override;
  double workBytes(size_t rows) const override;
  nn::KvCache& cache() override { return cache_; }
  double cacheBytes(size_t rows, size_t capacity, kernels::CacheType type, size_t chunk) const override {
    return cache_.bytes(rows, capacity, type, windows(chunk));
  }
  Status reserve(size_t rows, size_t capacity, kernels::CacheType type, size_t chunk = 0) override {
    steps_.stop();
    return cache_.reserve(rows, capacity, type, windows(chunk));
  }
  Status reorder(const uint32_t* from, size_t rows) override { return cache_.reorder(from, rows); }
  size_t recomputeBeyond() const override;
  size_t changesBeyond() const override;
  Status beginCached(const Chunk&, Pass&) override;
  /// Bytes of the cache per token of one row.
  size_t cacheBytesPerToken(kernels::CacheType type) const { return cache_.bytesPerToken(type); }
  /// Cached tokens of each row, padding included.
  size_t cached() const { return cache_.length(); }
  void crop(size_t tokens) { cache_.crop(tokens); }

 protected:
  CausalLM(ConfigReader&, const Request&, size_t vocabulary, bool tied);

  // The family's part. Letters: M tokens of all sequences, E hidden size.
  /// hidden [M, E] of M = `rows` tokens; by default the word table's rows times embeddingScale_.
  virtual void embed(nn::Compute, const int32_t* ids, const int32_t* positions, size_t rows, float* hidden) const;
  /// One layer of h [M, E], in place; by default h += attention(norm(h)); h += feedForward(norm(h)).
  virtual void layer(const nn::DecoderLayer& l, const nn::DecoderPass& p, float* h) const { l.preNorm(p, h); }
  /// After the last layer: y [rows, outputSize()] of hidden [rows, E]; by default finalNorm_. y may be hidden.
  virtual void finish(nn::Compute, const float* hidden, size_t rows, float* y) const;
  virtual size_t outputSize() const { return hiddenSize_; }
  /// Whether the positions 0, 1, … leave out padding (OPT). By default they count it, where no position_ids are given.
  virtual bool paddingHasNoPosition() const { return false; }

  /// Declares the word table `name` [V, size] and the output layer `head`.weight, which is the table itself where tied.
  void declareWords(weights::Weights&, const std::string& name, const std::string& head, size_t size);
  /// hidden [M, E] += the table's rows at `positions`.
  static void addRows(nn::Compute, const kernels::Matrix& table, const int32_t* positions, size_t rows, float* hidden);
  /// Makes the layers and tells the cache their shape.
  void setShape(size_t layers, size_t kvHeads, size_t headDim);
  /// The same for layers of heads that split the hidden size: 1/√D as scale, no rope. Returns D, a head's size.
  size_t makeLayers(size_t count, size_t heads, size_t kvHeads);
  /// Adds a rope; layers refer to it by the number returned (AttentionShape::rope).
  int addRope(nn::Rope rope) {
    ropes_.push_back(std::move(rope));
    return int(ropes_.size()) - 1;
  }

  Request request_;
  size_t vocabulary_ = 0, hiddenSize_ = 0, context_ = 0;
  bool contextIsBound_ = false;  // positions are rows of a table of context_ rows
  bool tied_ = true;
  float embeddingScale_ = 1, logitsDivisor_ = 1, logitsCap_ = 0;
  kernels::Matrix words_, head_;
  nn::DecoderNorm finalNorm_;
  std::deque<nn::DecoderLayer> layers_;

 private:
  nn::Windows windows(size_t chunk) const;
  Status readInputs(Pass&, const Input*& ids, int32_t*& positions);
  Status checkPass(size_t rows, size_t length, double logits) const;
  Status checkPositions(const int32_t* positions) const;
  Status start(Pass&, const int32_t* ids, const int32_t* positions);
  void head(Pass&, size_t rows, Shape shape);
  void lastLayer(nn::DecoderPass) const;
  const float* logits(nn::Compute, const float* x, size_t rows) const;

  std::vector<nn::Rope> ropes_;
  nn::KvCache cache_;
  size_t kvHeads_ = 0, headDim_ = 0;

  // One pass at a time.
  bool cached_ = false, wantsLogits_ = true, wantsEvery_ = false;
  size_t batch_ = 0, length_ = 0, past_ = 0;
  kernels::KvLayerView scratch_;  // without a cache: keys and values of the layer that runs
  const uint8_t* mask_ = nullptr;
  std::vector<nn::RopeTable> tables_;
  const int32_t* rowNumbers_ = nullptr;
  float* hidden_ = nullptr;  // [M, E]; with a cache, after the last layer [B, E] of each row's last token
  Steps steps_;
};

}  // namespace wasmformers::arch
