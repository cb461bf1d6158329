// See rows.h.
#include "generate/rows.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::generate {

Status Rows::begin() {
  WF_ASSIGN(processors_, Processors::create(config_, prompt_, maxLength_, vocabulary_));
  if (config_.doSample) warpers_.emplace(config_);
  const size_t each = rowsPerScore_;
  for (size_t r = 0; r < resultRows_; ++r) {
    const auto prompt = promptIds_.begin() + ptrdiff_t(r / each * prompt_);
    rows_.push_back({{prompt, prompt + ptrdiff_t(prompt_)}, r / each, Random(seed_, r)});
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
  const Feed feed = ownFeed();
  return guidance_ ? guidance_->widen(feed, !prompted_ || replay_) : feed;
}

Feed Rows::ownFeed() {
  if (prompted_) seat();
  feedPrompts_.clear();
  for (uint32_t r : seated_) feedPrompts_.push_back(promptOf(r));
  if (!prompted_) return {promptIds_.data(), promptMask_.data(), batch_, prompt_, nullptr, feedPrompts_.data()};
  if (replay_) {
    std::vector<const std::vector<int32_t>*> texts;
    for (uint32_t r : seated_) texts.push_back(&rows_[r].ids);
    return whole(texts, feedPrompts_);
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
  const uint32_t* const from = same && seated_.size() == resultRows_ ? nullptr : from_.data();
  return {picked_.data(), ones_.data(), seated_.size(), 1, from, feedPrompts_.data()};
}

/// Gives each row that goes on its place in the next feed. While no row has left, row r has place r. Later a row keeps
/// the place that its cache has, where it can.
void Rows::seat() {
  constexpr uint32_t kFree = UINT32_MAX;
  std::vector<uint32_t> open, others;
  for (size_t r = 0; r < resultRows_; ++r) {
    if (!rows_[r].ended() || !dropsEndedRows()) open.push_back(uint32_t(r));
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

size_t Rows::mergeAll(float* logits, size_t rows) {
  if (config_.outputLogits) {
    record(logits_);
    for (size_t s = 0; s < seated_.size(); ++s) {
      for (size_t r = seated_[s]; r < seated_[s] + rowsPerScore_; ++r) {
        if (!rows_[r].ended()) std::copy_n(logits + s * vocabulary_, vocabulary_, recorded(logits_, r));
      }
    }
  }
  if (!guidance_) return rows;
  guidance_->merge(logits, seated_.size());
  return seated_.size();
}

Status Rows::processAll(float* logits) {
  if (!prompted_ && rowsPerScore_ == 1) {  // the caller has expanded the prompts' scores
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
    if (config_.logprobs) keepLogprobs(scores, s);
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
      if (editsScores_) WF_TRY(checkScores(logits + s * vocabulary_));  // a caller may have changed them
      WF_TRY(pick(logits + s * vocabulary_, s, picked));
    }
    if (prompted_) rows_[seated_[s]].seat = s;
  }
  prompted_ = true;
  rowsPerScore_ = 1;
  ++length_;
  for (size_t r = 0; r < resultRows_; ++r) {
    Row& row = rows_[r];
    const int32_t id = row.ended() ? pad_ : picked[r];
    row.ids.push_back(id);
    fresh_.push_back(id);
    if (row.ended()) continue;
    if (isEos(id))
      end(row, Ending::Eos);
    else if (length_ >= maxLength_ || late)
      end(row, length_ >= maxLength_ ? Ending::Length : Ending::Time);
  }
  if (config_.logprobs) ++logprobs_.steps;
  finished_ = finished_ || allEnded();
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
  for (size_t r = seated_[seat]; r < seated_[seat] + rowsPerScore_; ++r) {
    picked[r] = candidates_[config_.doSample ? draw(weights_, sum, rows_[r].random) : 0].id;
    if (config_.logprobs)
      logprobs_.picked[logprobs_.steps * resultRows_ + r] =
          float(raw_[seat * vocabulary_ + size_t(picked[r])] - logSums_[seat]);
  }
  return {};
}

/// output_scores: the scores to pick from, all of them or only the sampling candidates.
void Rows::keepScores(const float* scores, size_t seat) {
  double sum = 0;
  if (config_.renormalizeLogits) {  // LogitNormalization
    const Weighed all = config_.doSample ? weigh(candidates_, weights_) : Weighed{};
    sum = config_.doSample ? all.most + std::log(all.sum) : logSumExp(scores, vocabulary_);
  }
  for (size_t r = seated_[seat]; r < seated_[seat] + rowsPerScore_; ++r) {
    if (rows_[r].ended()) continue;
    float* const to = recorded(scores_, r);
    if (config_.doSample) {
      std::fill_n(to, vocabulary_, kNever);
      for (const Candidate& c : candidates_) to[c.id] = float(c.score - sum);
    } else {
      for (size_t i = 0; i < vocabulary_; ++i) to[i] = float(scores[i] - sum);
    }
  }
}

/// Log-probabilities of the model's own scores.
void Rows::keepLogprobs(const float* scores, size_t seat) {
  std::copy_n(scores, vocabulary_, raw_.begin() + ptrdiff_t(seat * vocabulary_));
  logSums_[seat] = logSumExp(scores, vocabulary_);
  best(scores, vocabulary_, logprobs_.top, candidates_);
  for (size_t r = seated_[seat]; r < seated_[seat] + rowsPerScore_; ++r) {
    const size_t at = (logprobs_.steps * resultRows_ + r) * logprobs_.top;
    for (size_t k = 0; k < candidates_.size() && !rows_[r].ended(); ++k) {
      logprobs_.topIds[at + k] = candidates_[k].id;
      logprobs_.topLogprobs[at + k] = float(candidates_[k].score - logSums_[seat]);
    }
  }
}

/// Whether all rows have ended that share the scores of this one.
bool Rows::allEnded(size_t row) const {
  return std::all_of(rows_.begin() + ptrdiff_t(row), rows_.begin() + ptrdiff_t(row + rowsPerScore_),
                     [](const Row& r) { return r.ended(); });
}
bool Rows::allEnded() const {
  return std::all_of(rows_.begin(), rows_.end(), [](const Row& r) { return r.ended(); });
}

void Rows::end(Row& row, Ending why) {
  row.ending = why;
  row.end = length_;
}

bool Rows::stopRow(size_t at, Ending why) {
  if (at >= resultRows_) return false;
  Row& row = rows_[at];
  const bool byLimit = row.ending == Ending::Length || row.ending == Ending::Time;
  if (!row.ended() || (byLimit && row.end == length_)) end(row, why);
  finished_ = finished_ || allEnded();
  return true;
}

void Rows::stop() {
  for (Row& row : rows_) {
    if (!row.ended()) end(row, Ending::Cut);
  }
  finished_ = true;
}

Grid<int32_t> Rows::sequences() const {
  Grid<int32_t> out;
  out.rows = resultRows_;
  out.count = length_;
  for (const Row& row : rows_) out.values.insert(out.values.end(), row.ids.begin(), row.ids.end());
  return out;
}

std::vector<int32_t> Rows::newTokens() const {
  std::vector<int32_t> out;
  for (const Row& row : rows_) out.push_back(int32_t((row.ended() ? row.end : length_) - prompt_));
  return out;
}

std::vector<Ending> Rows::endings() const {
  std::vector<Ending> out;
  for (const Row& row : rows_) out.push_back(row.ending);
  return out;
}

}  // namespace wasmformers::generate
