// What a search has picked: tokens as they come, whole sequences, why they ended, scores and log-probabilities.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "generate/ending.h"

namespace wasmformers::generate {

/// Tokens, or other values of a shape that the function names.
template <class T>
struct Grid {
  std::vector<T> values;
  size_t count = 0, rows = 0;
};

/// Log-probabilities of the model's own scores, before penalties and cuts, for each generated token.
struct Logprobs {
  std::vector<float> picked;       // [steps, rows]
  std::vector<int32_t> topIds;     // [steps, rows, top]
  std::vector<float> topLogprobs;  // [steps, rows, top]
  size_t steps = 0, rows = 0, top = 0;
};

class Results {
 public:
  virtual ~Results() = default;

  /// Rows of the results: prompts · num_return_sequences.
  size_t resultRows() const { return resultRows_; }
  /// New tokens since the last call, [count, rows]. A row that has ended has padding. Beams give all tokens at the end.
  Grid<int32_t> takeTokens();
  /// [rows, count]: prompts and new tokens, padded at their ends.
  virtual Grid<int32_t> sequences() const = 0;
  /// Of each row, without the padding.
  virtual std::vector<int32_t> newTokens() const = 0;
  /// Of each row; Ending::None while it goes on.
  virtual std::vector<Ending> endings() const = 0;
  /// Of each row; only beams have them.
  virtual std::vector<float> sequencesScores() const { return {}; }
  const Logprobs& logprobs() const { return logprobs_; }
  /// With output_scores and output_logits: what tokens were picked from, and the model's own scores, since the last
  /// call, [steps, stepRows(), vocabulary]. Rows that have ended have zeros.
  std::vector<float> takeScores() { return std::exchange(scores_, {}); }
  std::vector<float> takeLogits() { return std::exchange(logits_, {}); }

 protected:
  size_t resultRows_ = 0;
  std::vector<int32_t> fresh_;  // what takeTokens() gives
  Logprobs logprobs_;
  std::vector<float> scores_, logits_;
};

inline Grid<int32_t> Results::takeTokens() {
  Grid<int32_t> out;
  out.rows = resultRows_;
  out.count = fresh_.size() / resultRows_;
  out.values.swap(fresh_);
  return out;
}

}  // namespace wasmformers::generate
