// See rows.h.
#include "generate/rows.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::generate {

Status Rows::begin() {
  WF_ASSIGN(processors_, Processors::create(config_, prompt_, maxLength_, vocabulary_));
  if (config_.doSample) warpers_.emplace(config_);
  const size_t each = size_t(config_.numReturnSequences);
  for (size_t r = 0; r < resultRows_; ++r) {
    const auto prompt = promptIds_.begin() + ptrdiff_t(r / each * prompt_);
    rows_.push_back({{prompt, prompt + ptrdiff_t(prompt_)}, false, Random(seed_, r)});
    expanded_.push_back(uint32_t(r / each));
  }
  picked_.assign(resultRows_, 0);
  ones_.assign(resultRows_, 1);
  length_ = prompt_;
  if (config_.logprobs) {
    logprobs_.rows = resultRows_;
    logprobs_.top = std::min(size_t(*config_.logprobs), vocabulary_);
  }
  return {};
}

Feed Rows::feed() const {
  if (!prompted_) return {promptIds_.data(), promptMask_.data(), batch_, prompt_, nullptr};
  const bool expands = length_ == prompt_ + 1 && resultRows_ != batch_;
  return {picked_.data(), ones_.data(), resultRows_, 1, expands ? expanded_.data() : nullptr};
}

Status Rows::accept(float* logits) {
  // After the prompt one row of scores is for all sequences of that prompt.
  const size_t each = prompted_ ? 1 : size_t(config_.numReturnSequences);
  const bool late = timeIsOver();
  for (size_t r = 0; r < resultRows_; r += each) {
    float* const scores = logits + r / each * vocabulary_;
    const bool needed = std::any_of(rows_.begin() + ptrdiff_t(r), rows_.begin() + ptrdiff_t(r + each), [](const Row& row) { return !row.ended; });
    Status s = needed ? checkScores(scores) : Status();
    if (s.ok()) {
      if (config_.logprobs) remember(scores, r, each);
      if (needed) s = pick(scores, r, each);
    }
    if (!s.ok()) {
      finished_ = true;
      return s;
    }
  }
  prompted_ = true;
  ++length_;
  bool all = true;
  for (size_t r = 0; r < resultRows_; ++r) {
    Row& row = rows_[r];
    if (row.ended) picked_[r] = pad_;
    row.ids.push_back(picked_[r]);
    fresh_.push_back(picked_[r]);
    row.ended = row.ended || isEos(picked_[r]);
    all = all && row.ended;
  }
  if (config_.logprobs) ++logprobs_.steps;
  finished_ = finished_ || all || length_ >= maxLength_ || late;
  return {};
}

/// One token for each of `count` rows, which have the same scores.
Status Rows::pick(float* scores, size_t first, size_t count) {
  const size_t prompt = first / size_t(config_.numReturnSequences);
  processors_->apply(scores, {rows_[first].ids.data(), length_, prompt_, padding_[prompt]});
  if (!config_.doSample) {
    size_t at = 0;
    for (size_t i = 1; i < vocabulary_; ++i) at = scores[i] > scores[at] ? i : at;
    candidates_.clear();
    if (scores[at] > -HUGE_VALF) candidates_.push_back({scores[at], int32_t(at)});
  } else {
    warpers_->apply(scores, vocabulary_, candidates_);
  }
  if (candidates_.empty()) return noTokenLeft();
  const double sum = config_.doSample ? weigh(candidates_, weights_).sum : 0;
  for (size_t r = first; r < first + count; ++r) {
    picked_[r] = candidates_[config_.doSample ? draw(weights_, sum, rows_[r].random) : 0].id;
    if (config_.logprobs) logprobs_.picked[logprobs_.steps * resultRows_ + r] = logprobOf(picked_[r]);
  }
  return {};
}

/// Log-probabilities before anything changes the scores.
void Rows::remember(const float* scores, size_t first, size_t count) {
  raw_.assign(scores, scores + vocabulary_);
  logSum_ = logSumExp(scores, vocabulary_);
  best(scores, vocabulary_, logprobs_.top, candidates_);
  logprobs_.picked.resize((logprobs_.steps + 1) * resultRows_);
  for (size_t r = first; r < first + count; ++r) {
    for (const Candidate& c : candidates_) {
      logprobs_.topIds.push_back(rows_[r].ended ? pad_ : c.id);
      logprobs_.topLogprobs.push_back(rows_[r].ended ? 0 : float(c.score - logSum_));
    }
  }
}

float Rows::logprobOf(int32_t id) const { return float(raw_[size_t(id)] - logSum_); }

bool Rows::stopRow(size_t row) {
  if (row >= resultRows_) return false;
  rows_[row].ended = true;
  finished_ = finished_ || std::all_of(rows_.begin(), rows_.end(), [](const Row& r) { return r.ended; });
  return true;
}

Grid<int32_t> Rows::sequences() const {
  Grid<int32_t> out;
  out.rows = resultRows_;
  out.count = length_;
  for (const Row& row : rows_) out.values.insert(out.values.end(), row.ids.begin(), row.ids.end());
  return out;
}

}  // namespace wasmformers::generate
