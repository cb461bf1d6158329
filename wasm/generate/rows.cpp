// See rows.h.
#include "generate/rows.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::generate {

Status Rows::begin() {
  WF_ASSIGN(processors_, Processors::create(config_, prompt_, maxLength_, vocabulary_));
  if (config_.doSample) warpers_.emplace(config_);
  const size_t each = sharing_;
  for (size_t r = 0; r < resultRows_; ++r) {
    const auto prompt = promptIds_.begin() + ptrdiff_t(r / each * prompt_);
    rows_.push_back({{prompt, prompt + ptrdiff_t(prompt_)}, false, r / each, Random(seed_, r)});
    if (r % each == 0) seated_.push_back(uint32_t(r));
  }
  length_ = prompt_;
  if (config_.guidanceScale != 1) {
    guidance_.emplace();
    WF_TRY(guidance_->begin(config_, promptIds_, batch_, prompt_, vocabulary_));
    mostRows_ *= 2;
  }
  if (config_.logprobs) {
    logprobs_.rows = resultRows_;
    logprobs_.top = std::min(size_t(*config_.logprobs), vocabulary_);
  }
  return {};
}

Feed Rows::feed() {
  const Feed feed = own();
  if (!guidance_) return feed;
  std::vector<size_t> prompts;
  for (uint32_t r : seated_) prompts.push_back(promptOf(r));
  return guidance_->widen(feed, prompts, !prompted_ || replay_);
}

Feed Rows::own() {
  if (!prompted_) return {promptIds_.data(), promptMask_.data(), batch_, prompt_, nullptr};
  seat();
  if (replay_) {
    std::vector<const std::vector<int32_t>*> texts;
    std::vector<size_t> prompts;
    for (uint32_t r : seated_) {
      texts.push_back(&rows_[r].ids);
      prompts.push_back(promptOf(r));
    }
    return whole(texts, prompts);
  }
  picked_.clear();
  from_.clear();
  bool same = true;
  for (size_t s = 0; s < seated_.size(); ++s) {
    const Row& row = rows_[seated_[s]];
    picked_.push_back(row.ids.back());
    from_.push_back(uint32_t(row.seat));
    same = same && row.seat == s;
  }
  ones_.assign(seated_.size(), 1);
  return {picked_.data(), ones_.data(), seated_.size(), 1,
          same && seated_.size() == resultRows_ ? nullptr : from_.data()};
}

/// Who sits where in the next feed: while all are there each in its place, then who can keeps the one that its cache
/// has.
void Rows::seat() {
  constexpr uint32_t kFree = UINT32_MAX;
  std::vector<uint32_t> open, others;
  for (size_t r = 0; r < resultRows_; ++r) {
    if (!rows_[r].ended || (keepRows_ && !leave_)) open.push_back(uint32_t(r));
  }
  if (open.size() == resultRows_) return seated_.swap(open);
  seated_.assign(open.size(), kFree);
  for (uint32_t r : open) {
    const size_t seat = rows_[r].seat;
    if (seat < open.size() && seated_[seat] == kFree)
      seated_[seat] = r;
    else
      others.push_back(r);
  }
  size_t next = 0;
  for (uint32_t& r : seated_) {
    if (r == kFree) r = others[next++];
  }
}

size_t Rows::foldAll(float* logits, size_t rows) {
  if (config_.outputLogits) {
    record(rawLogits_);
    for (size_t s = 0; s < seated_.size(); ++s) {
      for (size_t r = seated_[s]; r < seated_[s] + sharing_; ++r) {
        if (!rows_[r].ended) std::copy_n(logits + s * vocabulary_, vocabulary_, recorded(rawLogits_, r));
      }
    }
  }
  if (!guidance_) return rows;
  guidance_->mix(logits, seated_.size());
  return seated_.size();
}

Status Rows::processAll(float* logits) {
  if (!prompted_ && sharing_ == 1) {  // the prompt's scores have become a row for each sequence
    seated_.clear();
    for (size_t r = 0; r < resultRows_; ++r) seated_.push_back(uint32_t(r));
  }
  if (config_.logprobs) {
    raw_.resize(seated_.size() * vocabulary_);
    logSums_.resize(seated_.size());
    logprobs_.picked.resize((logprobs_.steps + 1) * resultRows_);
    logprobs_.topIds.resize((logprobs_.steps + 1) * resultRows_ * logprobs_.top, pad_);
    logprobs_.topLogprobs.resize((logprobs_.steps + 1) * resultRows_ * logprobs_.top);
  }
  for (size_t s = 0; s < seated_.size(); ++s) {
    const size_t row = seated_[s];
    if (allEnded(row)) continue;
    float* const scores = logits + s * vocabulary_;
    WF_TRY(checkScores(scores));
    if (config_.logprobs) remember(scores, s);
    processors_->apply(scores, {rows_[row].ids.data(), length_, prompt_, padding_[promptOf(row)]});
  }
  return {};
}

Status Rows::chooseAll(float* logits) {
  const bool late = timeIsOver();
  std::vector<int32_t> picked(resultRows_, pad_);
  if (config_.outputScores) record(scores_);
  for (size_t s = 0; s < seated_.size(); ++s) {
    if (!allEnded(seated_[s])) {
      if (keepRows_) WF_TRY(checkScores(logits + s * vocabulary_));  // a caller may have changed them
      WF_TRY(pick(logits + s * vocabulary_, s, picked));
    }
    if (prompted_) rows_[seated_[s]].seat = s;
  }
  prompted_ = true;
  sharing_ = 1;
  ++length_;
  for (size_t r = 0; r < resultRows_; ++r) {
    Row& row = rows_[r];
    const int32_t id = row.ended ? pad_ : picked[r];
    row.ids.push_back(id);
    fresh_.push_back(id);
    row.ended = row.ended || isEos(id);
  }
  if (config_.logprobs) ++logprobs_.steps;
  finished_ = finished_ || allEnded() || length_ >= maxLength_ || late;
  return {};
}

/// One token for each of the rows that have these scores.
Status Rows::pick(float* scores, size_t seat, std::vector<int32_t>& picked) {
  if (!config_.doSample) {
    const size_t at = largest(scores, vocabulary_);
    candidates_.clear();
    if (scores[at] > -HUGE_VALF) candidates_.push_back({scores[at], int32_t(at)});
  } else {
    warpers_->apply(scores, vocabulary_, candidates_);
  }
  if (candidates_.empty()) return noTokenLeft();
  if (config_.outputScores) keepScores(scores, seat);
  const double sum = config_.doSample ? weigh(candidates_, weights_).sum : 0;
  for (size_t r = seated_[seat]; r < seated_[seat] + sharing_; ++r) {
    picked[r] = candidates_[config_.doSample ? draw(weights_, sum, rows_[r].random) : 0].id;
    if (config_.logprobs)
      logprobs_.picked[logprobs_.steps * resultRows_ + r] =
          float(raw_[seat * vocabulary_ + size_t(picked[r])] - logSums_[seat]);
  }
  return {};
}

/// What is picked from: all scores, or of those that are drawn from.
void Rows::keepScores(const float* scores, size_t seat) {
  double sum = 0;
  if (config_.renormalizeLogits) {  // LogitNormalization
    const Weighed all = config_.doSample ? weigh(candidates_, weights_) : Weighed{};
    sum = config_.doSample ? all.most + std::log(all.sum) : logSumExp(scores, vocabulary_);
  }
  for (size_t r = seated_[seat]; r < seated_[seat] + sharing_; ++r) {
    if (rows_[r].ended) continue;
    float* const to = recorded(scores_, r);
    if (config_.doSample) {
      std::fill_n(to, vocabulary_, kNever);
      for (const Candidate& c : candidates_) to[c.id] = float(c.score - sum);
    } else {
      for (size_t i = 0; i < vocabulary_; ++i) to[i] = float(scores[i] - sum);
    }
  }
}

/// Log-probabilities before anything changes the scores.
void Rows::remember(const float* scores, size_t seat) {
  std::copy_n(scores, vocabulary_, raw_.begin() + ptrdiff_t(seat * vocabulary_));
  logSums_[seat] = logSumExp(scores, vocabulary_);
  best(scores, vocabulary_, logprobs_.top, candidates_);
  for (size_t r = seated_[seat]; r < seated_[seat] + sharing_; ++r) {
    const size_t at = (logprobs_.steps * resultRows_ + r) * logprobs_.top;
    for (size_t k = 0; k < candidates_.size() && !rows_[r].ended; ++k) {
      logprobs_.topIds[at + k] = candidates_[k].id;
      logprobs_.topLogprobs[at + k] = float(candidates_[k].score - logSums_[seat]);
    }
  }
}

/// Whether nobody waits for the scores of this row, which it may share.
bool Rows::allEnded(size_t row) const {
  return std::all_of(rows_.begin() + ptrdiff_t(row), rows_.begin() + ptrdiff_t(row + sharing_),
                     [](const Row& r) { return r.ended; });
}
bool Rows::allEnded() const {
  return std::all_of(rows_.begin(), rows_.end(), [](const Row& r) { return r.ended; });
}

bool Rows::stopRow(size_t row) {
  if (row >= resultRows_) return false;
  rows_[row].ended = true;
  finished_ = finished_ || allEnded();
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
