// A model for tests of generation: the score of token t after tokens a, b is a hash of the three, the one of
// tests/fixtures/generation/make-generation.py. It keeps the ids that each row saw, as an engine keeps its cache.
#pragma once

#include <string>
#include <vector>

#include "generate/search.h"
#include "json/json.h"
#include "json/write.h"

namespace wasmformers::testing {

constexpr size_t kToyVocabulary = 13;

inline std::vector<int32_t> idsOf(json::Value list) {
  std::vector<int32_t> out;
  for (json::Value v : list.elements()) out.push_back(int32_t(v.asInt()));
  return out;
}

struct Prompt {
  std::vector<int32_t> ids;
  std::vector<uint8_t> mask;
  size_t rows = 0, length = 0;
};
inline Prompt promptOf(json::Value v) {
  Prompt p;
  for (json::Value row : v["ids"].elements()) {
    for (int32_t id : idsOf(row)) p.ids.push_back(id);
    p.length = row.size();
    ++p.rows;
  }
  for (json::Value row : v["mask"].elements()) {
    for (int32_t m : idsOf(row)) p.mask.push_back(uint8_t(m));
  }
  return p;
}

class ToyModel {
 public:
  explicit ToyModel(float scale, size_t vocabulary = kToyVocabulary) : scale_(scale), vocabulary_(vocabulary) {}

  float score(uint32_t a, uint32_t b, uint32_t t) const {
    uint32_t h = a * 73856093u ^ b * 19349663u ^ t * 83492791u;
    h = (h ^ h >> 15) * 0x2C1B3C6Du;
    h = (h ^ h >> 12) * 0x297A2D39u;
    h ^= h >> 15;
    return float((double(h >> 12) / (1 << 20) * 2 - 1) * scale_);
  }

  /// What the model says to `feed`.
  std::vector<float> answer(const generate::Feed& feed) {
    std::vector<std::vector<int32_t>> next(feed.rows);
    for (size_t r = 0; r < feed.rows; ++r) {
      if (!rows_.empty()) next[r] = rows_[feed.from ? feed.from[r] : r];
      next[r].insert(next[r].end(), feed.ids + r * feed.length, feed.ids + (r + 1) * feed.length);
    }
    rows_ = std::move(next);
    std::vector<float> out;
    for (const auto& row : rows_) {
      const uint32_t b = uint32_t(row.back()), a = row.size() > 1 ? uint32_t(row[row.size() - 2]) : 0;
      for (uint32_t t = 0; t < vocabulary_; ++t) out.push_back(score(a, b, t));
    }
    return out;
  }

  /// Until the end; the message of what failed.
  std::string run(generate::Search& g) {
    rows_.clear();
    while (!g.finished()) {
      std::vector<float> logits = answer(g.feed());
      if (Status s = g.accept(logits.data()); !s.ok()) return s.message();
    }
    return "";
  }
  const std::vector<std::vector<int32_t>>& rows() const { return rows_; }

 private:
  float scale_;
  size_t vocabulary_;
  std::vector<std::vector<int32_t>> rows_;
};

}  // namespace wasmformers::testing
