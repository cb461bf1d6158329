// What all decoder families share around their forward passes: checking the inputs, the cache of keys and values, the
// steps, the output layer. A family derives from it and says how to embed and what its layers are made of.
#pragma once

#include <deque>

#include "arch/config.h"
#include "arch/create_family.h"
#include "arch/model.h"
#include "nn/decoder_layer.h"
#include "nn/kv_cache.h"

namespace wasmformers::arch {

class CausalLM : public Model {
 public:
  // --- without a cache: input_ids [B, T], attention_mask [B, T] and position_ids [B, T] (both optional) give logits
  // [B, T, V], or last_hidden_state [B, T, E]
  std::vector<std::string> inputNames() const override { return {"input_ids", "attention_mask", "position_ids"}; }
  std::vector<std::string> outputNames() const override;
  Status begin(Pass&) final;
  size_t steps() const final { return layers_.size() + 1; }
  Status step(size_t index, Pass&) final;

  // --- with one
  size_t vocabulary() const { return vocabulary_; }
  /// Tokens that the model was made for; 0: no bound.
  size_t context() const { return context_; }
  /// Tokens of a prompt that one pass should have, of all rows: enough for products to be bound by arithmetic, few
  /// enough for a page to breathe after each layer.
  size_t passTokens() const;
  /// Bytes that passes and scores take at most, besides weights and cache, for so many rows.
  double workBytes(size_t rows) const;
  /// Bytes that the cache takes per token of one row.
  size_t cacheBytesPerToken(kernels::CacheType type) const { return cache_.bytesPerToken(type); }
  /// Makes room for `rows` sequences of up to `capacity` tokens; forgets what was there. MemoryError with the bytes
  /// needed.
  /// `chunk`: where not 0, no pass is longer, and layers with a window keep little more than that.
  Status reserve(size_t rows, size_t capacity, kernels::CacheType type, size_t chunk = 0) {
    next_ = kNotBegun;
    return cache_.reserve(rows, capacity, type, windows(chunk));
  }
  double cacheBytes(size_t rows, size_t capacity, kernels::CacheType type, size_t chunk) const {
    return cache_.bytes(rows, capacity, type, windows(chunk));
  }
  /// Tokens that every row holds, padding among them.
  size_t cached() const { return cache_.length(); }
  void crop(size_t tokens) { cache_.crop(tokens); }
  /// Row r of the cache becomes a copy of row from[r]; the number of rows may change (beams; a prompt that becomes
  /// beams).
  Status reorder(const uint32_t* from, size_t rows) { return cache_.reorder(from, rows); }
  /// The memory itself, to save and restore it.
  nn::KvCache& cache() { return cache_; }
  /// Where not 0: a sequence that grows beyond so many tokens must be computed anew from its start, because the
  /// rotations of the keys kept change there (LongRoPE; transformers modeling_phi3.py does the same).
  size_t recomputeBeyond() const;
  /// Where not 0: the rotations of a text longer than so many tokens depend on its length (LongRoPE, dynamic NTK). Its
  /// prompt is to be run in one pass, and what is cached of it serves no other text.
  size_t changesBeyond() const;

  struct Chunk {
    const int32_t* ids;             // [rows, length], read by beginCached only
    const uint8_t* mask = nullptr;  // [rows, length], 0: padding, before the real tokens; nullptr: all are real
    size_t rows = 1, length = 1;
    bool logits = true;  // false: only the cache is wanted, not the output
    bool every = false;  // of every token, not of each row's last: [rows, length, V]
  };
  /// Begins a pass over `length` new tokens behind the cached ones; then step(0 … steps() − 1); the last step gives the
  /// output "logits" [rows, V] (Base: "last_hidden_state" [rows, E]) of each row's last token and only then the cache
  /// has grown. Positions count real tokens, as transformers' generate has it. The caller resets the arena before.
  /// InputError: "ids_out_of_range", "too_long" (context), "cache_full" (reserve), "rows_mismatch", "empty_input".
  Status beginCached(const Chunk&, Pass&);

 protected:
  CausalLM(ConfigReader&, const Request&, size_t vocabulary, bool tied);

  // The family's part. E hidden size, M rows of all sequences.
  /// hidden [M, E] of `rows` tokens at their positions; by default the word table's rows, times embeddingScale_.
  virtual void embed(nn::Compute, const int32_t* ids, const int32_t* positions, size_t rows, float* hidden) const;
  /// After the last layer: y [rows, outputSize()] of hidden [rows, E]; by default finalNorm_. y may be hidden.
  virtual void finish(nn::Compute, const float* hidden, size_t rows, float* y) const;
  virtual size_t outputSize() const { return hidden_size_; }
  /// Positions without position_ids are 0, 1, … for padding too; true: padding does not count (OPT).
  virtual bool paddingHasNoPosition() const { return false; }

  /// The word table `name` [V, size] and the output layer `head`.weight: its own, or where tied the table once more.
  void declareWords(nn::Weights&, const std::string& name, const std::string& head, size_t size);
  /// hidden [M, E] += the table's rows at `positions`.
  static void addRows(nn::Compute, const kernels::Matrix& table, const int32_t* positions, size_t rows, float* hidden);
  /// What the cache and the steps need to know; the family's constructor ends with it.
  void setShape(size_t layers, size_t kvHeads, size_t headDim);
  /// A rope for the layers to refer to by the number returned.
  int addRope(nn::Rope rope) {
    ropes_.push_back(std::move(rope));
    return int(ropes_.size()) - 1;
  }

  Request request_;
  size_t vocabulary_ = 0, hidden_size_ = 0, context_ = 0;
  bool contextIsBound_ = false;  // position_ids index a table
  bool tied_ = true;
  float embeddingScale_ = 1, logitsDivisor_ = 1, logitsCap_ = 0;
  kernels::Matrix words_, head_;
  nn::DecoderNorm finalNorm_;
  std::deque<nn::DecoderLayer> layers_;

 private:
  nn::Windows windows(size_t chunk) const;
  Status readInputs(Pass&, const Input*& ids, int32_t*& positions);
  Status checkSize(size_t rows, size_t length, double logits) const;
  Status start(Pass&, const int32_t* ids, const int32_t* positions);
  void head(Pass&, size_t rows, Shape shape);
  void lastLayer(nn::DecoderPass);
  const float* logits(nn::Compute, const float* x, size_t rows) const;

  std::vector<nn::Rope> ropes_;
  nn::KvCache cache_;
  size_t kvHeads_ = 0, headDim_ = 0;

  // One pass at a time.
  bool cached_ = false, wantsLogits_ = true, wantsEvery_ = false;
  size_t batch_ = 0, length_ = 0, past_ = 0;
  kernels::KvLayerView scratch_;  // without a cache: one layer's keys and values at a time
  const uint8_t* mask_ = nullptr;
  std::vector<nn::RopeTable> tables_;
  const int32_t* rowNumbers_ = nullptr;
  float* hidden_ = nullptr;  // [M, E]; with a cache, after the last layer [B, E] of each row's last token
  size_t next_ = kNotBegun;  // the step that is due
  static constexpr size_t kNotBegun = ~size_t(0);
};

}  // namespace wasmformers::arch
