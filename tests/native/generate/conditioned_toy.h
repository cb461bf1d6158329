// A decoder for tests whose texts depend on a source, as an encoder-decoder's do: the key of each token is a hash of
// the token and the source, and the scores are a hash of all keys of the row. Keys that came from another source, from
// another text or from another row therefore change what is picked.
#pragma once

#include <cstring>

#include "arch/decoder.h"
#include "arch/inputs.h"

namespace wasmformers::testing {

class ConditionedToy final : public arch::Decoder {
 public:
  static constexpr size_t kVocabulary = 41;
  ConditionedToy() { cache_.shape(1, 1, 1); }

  /// A source for each prompt, as if an encoder had run.
  std::vector<uint64_t> sources;

  size_t vocabulary() const override { return kVocabulary; }
  size_t context() const override { return 0; }
  size_t passTokens() const override { return 4; }
  double workBytes(size_t) const override { return 0; }
  nn::KvCache& cache() override { return cache_; }
  double cacheBytes(size_t rows, size_t capacity, kernels::CacheType type, size_t) const override {
    return cache_.bytes(rows, capacity, type, {});
  }
  Status reserve(size_t rows, size_t capacity, kernels::CacheType type, size_t) override {
    return cache_.reserve(rows, capacity, type);
  }
  Status reorder(const uint32_t* from, size_t rows) override { return cache_.reorder(from, rows); }
  std::vector<uint64_t> conditions() const override { return sources; }

  Status beginCached(const Chunk& chunk, arch::Pass& pass) override {
    if (!cache_.fits(chunk.length) || chunk.rows > cache_.room())
      return arch::inputError("cache_full", "no room", "input_ids");
    if (cache_.length() && cache_.rows() != chunk.rows)
      return arch::inputError("rows_mismatch", "other rows", "input_ids");
    chunk_ = chunk;
    tokens += chunk.rows * chunk.length;
    int32_t* positions = pass.arena.alloc<int32_t>(chunk.rows * chunk.length);
    cache_.prepare(chunk.mask, chunk.rows, chunk.length, positions);
    for (size_t r = 0; r < chunk.rows; ++r) {
      const uint64_t source = sources.empty() ? 0 : sources[chunk.prompts ? chunk.prompts[r] : r];
      for (size_t i = 0; i < chunk.length; ++i)
        at(r, cache_.length() + i) = hash(uint32_t(source), uint32_t(chunk.ids[r * chunk.length + i]));
    }
    return {};
  }
  size_t steps() const override { return 2; }
  Status step(size_t index, arch::Pass& pass) override {
    if (index == 0) return {};
    const size_t length = cache_.length() + chunk_.length;
    float* y = pass.arena.alloc<float>(chunk_.rows * kVocabulary);
    for (size_t r = 0; r < chunk_.rows; ++r) {
      uint32_t all = 17;
      for (size_t i = 0; i < length; ++i) {
        uint32_t bits;
        std::memcpy(&bits, &at(r, i), 4);
        if (cache_.maskRow(r)[i]) all = mix(all * 31 + bits);
      }
      for (uint32_t t = 0; t < kVocabulary; ++t) y[r * kVocabulary + t] = 4 * hash(all, t);
    }
    if (chunk_.logits) pass.outputs.push_back({"logits", {int64_t(chunk_.rows), int64_t(kVocabulary)}, y});
    cache_.commit(chunk_.rows, chunk_.length);
    return {};
  }

  size_t tokens = 0;  // that passes have run

 private:
  static uint32_t mix(uint32_t h) {
    h = (h ^ h >> 15) * 0x2C1B3C6Du;
    h = (h ^ h >> 12) * 0x297A2D39u;
    return h ^ h >> 15;
  }
  static float hash(uint32_t a, uint32_t b) { return float(mix(a * 73856093u ^ (b + 1) * 19349663u) >> 8) / (1 << 24); }
  float& at(size_t row, size_t position) {
    const kernels::KvLayerView v = cache_.layer(0);
    return static_cast<float*>(v.keys)[v.row(row, 0, position)];
  }

  nn::KvCache cache_;
  Chunk chunk_{};
};

}  // namespace wasmformers::testing
