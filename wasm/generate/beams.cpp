// See beams.h.
#include "generate/beams.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::generate {
namespace {

constexpr float kOut = -1e9f;  // the reference's "not this one"

/// Positions of the best k, best first, equal ones in order.
template <class T, class Score>
std::vector<size_t> topOf(const std::vector<T>& items, size_t k, Score&& score) {
  std::vector<size_t> order(items.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return score(items[a]) > score(items[b]); });
  order.resize(std::min(k, order.size()));
  return order;
}

}  // namespace

Status Beams::begin() {
  WF_ASSIGN(processors_, Processors::create(config_, prompt_, maxLength_, vocabulary_));
  if (config_.doSample) warpers_.emplace(config_);
  beams_ = size_t(config_.numBeams);
  wanted_ = std::max<size_t>(2, 1 + config_.eos.size()) * beams_;
  length_ = prompt_;
  for (size_t b = 0; b < batch_; ++b) {
    Group g{{}, {}, true, false, {}, Random(seed_, b)};
    const auto prompt = promptIds_.begin() + ptrdiff_t(b * prompt_);
    // All but the first beam begin far behind, so that they don't all pick the same token.
    for (size_t i = 0; i < beams_; ++i) g.running.push_back({{prompt, prompt + ptrdiff_t(prompt_)}, i == 0 ? 0 : kOut});
    g.finished = g.running;
    for (Beam& f : g.finished) f.score = kOut;
    groups_.push_back(std::move(g));
  }
  warped_.resize(beams_);
  picked_.resize(mostRows_);
  from_.resize(mostRows_);
  ones_.assign(mostRows_, 1);
  return {};
}

Feed Beams::feed() {
  if (!prompted_) return {promptIds_.data(), promptMask_.data(), batch_, prompt_, nullptr};
  if (replay_) {
    std::vector<const std::vector<int32_t>*> texts;
    std::vector<size_t> prompts;
    for (size_t r = 0; r < mostRows_; ++r) {
      texts.push_back(&groups_[r / beams_].running[r % beams_].ids);
      prompts.push_back(r / beams_);
    }
    return whole(texts, prompts);
  }
  return {picked_.data(), ones_.data(), mostRows_, 1, from_.data()};
}

Status Beams::processAll(float* logits) {
  // After the prompt one row of scores is for all beams, unless the caller has copied it.
  const size_t rows = beams_ / sharing_;
  for (size_t r = 0; r < batch_ * rows; ++r) {
    float* const scores = logits + r * vocabulary_;
    WF_TRY(checkScores(scores));
    logSoftmax(scores, vocabulary_);
    processors_->apply(scores, {groups_[r / rows].running[r % rows].ids.data(), length_, prompt_, padding_[r / rows]});
  }
  return {};
}

Status Beams::chooseAll(float* logits) {
  last_ = length_ + 1 >= maxLength_;
  const size_t own = beams_ / sharing_;  // rows of scores
  for (size_t b = 0; b < batch_; ++b) {
    Group& g = groups_[b];
    float* const rows = logits + b * own * vocabulary_;
    for (size_t i = 0; keepRows_ && i < own; ++i) WF_TRY(checkScores(rows + i * vocabulary_));  // a caller may have changed them
    if (rows[largest(rows, own * vocabulary_)] == kNever) return noTokenLeft();
    if (config_.doSample) {
      for (size_t i = 0; i < beams_; ++i) {
        if (i >= own) warped_[i] = warped_[0];
        else warpers_->apply(rows + i * vocabulary_, vocabulary_, warped_[i]);
      }
      if (config_.renormalizeLogits) {  // LogitNormalization
        for (auto& list : warped_) {
          std::vector<float> scores;
          for (const Candidate& c : list) scores.push_back(c.score);
          const double sum = logSumExp(scores.data(), scores.size());
          for (Candidate& c : list) c.score = float(c.score - sum);
        }
      }
      sampled(g);
    } else {
      if (config_.renormalizeLogits) {
        for (size_t i = 0; i < own; ++i) logSoftmax(rows + i * vocabulary_, vocabulary_);
      }
      continuations(g, rows, own > 1 ? vocabulary_ : 0);
    }
  }
  asking_ = asks_;
  if (!asking_) settle();
  return {};
}

Grid<int32_t> Beams::continuations() const {
  Grid<int32_t> out;
  out.rows = batch_ * wanted_;
  out.count = length_ + 1 - prompt_;
  for (const Group& g : groups_) {
    for (const Continuation& c : g.top) {
      const auto& ids = g.running[c.beam].ids;
      out.values.insert(out.values.end(), ids.begin() + ptrdiff_t(prompt_), ids.end());
      out.values.push_back(c.id);
    }
  }
  return out;
}

void Beams::decide(const uint8_t* ends) {
  if (!asking_) return;
  asking_ = false;
  for (Group& g : groups_) {
    for (Continuation& c : g.top) {
      const uint8_t end = *ends++;
      if (end && !isEos(c.id)) c.ending = Ending(end);
    }
  }
  settle();
}

/// The rest of a step, when it is known what the continuations are.
void Beams::settle() {
  const bool late = timeIsOver();
  bool improvable = false, allFull = true, allEnd = true;
  for (size_t b = 0; b < batch_; ++b) {
    Group& g = groups_[b];
    for (Continuation& c : g.top) {
      if (isEos(c.id)) c.ending = kEos;
      else if (c.ending == kOpen) c.ending = last_ ? kLength : late ? kTime : interrupted_ ? kInterrupted : kOpen;  // criteria that end all
      allEnd = allEnd && c.ending != kOpen;
    }
    // Finished sequences are made of the running ones as they are now, so first.
    finish(g);
    goOn(g, b);
  }
  prompted_ = true;
  sharing_ = 1;
  ++length_;
  for (Group& g : groups_) {
    checkImprovement(g);
    improvable = improvable || g.improvable;
    for (const Beam& f : g.finished) allFull = allFull && f.finished;
  }
  // _beam_search_has_unfinished_sequences
  finished_ = !improvable || (allFull && config_.earlyStopping == EarlyStopping::WhenFull) || allEnd;
  if (finished_) give();
}

/// As if the criteria of the last step had ended every sequence.
void Beams::stop() {
  interrupted_ = true;
  if (asking_ || finished_) return;  // decide() ends it
  for (Group& g : groups_) {
    std::vector<Beam> fresh;
    for (const Beam& r : g.running) {
      if (!r.among) continue;
      fresh.push_back(r);
      fresh.back().finished = true;
      fresh.back().ending = kInterrupted;
    }
    merge(g, fresh, length_);
  }
  finished_ = true;
  give();
}

/// _get_top_k_continuations: the best of all beams' tokens. Row i of scores is at logits + i · stride.
void Beams::continuations(Group& g, const float* logits, size_t stride) {
  std::vector<Continuation> all;
  for (size_t i = 0; i < beams_; ++i) {
    best(logits + i * stride, vocabulary_, wanted_, candidates_);
    for (const Candidate& c : candidates_) all.push_back({c.score + g.running[i].score, uint32_t(i), c.id});
  }
  g.top.clear();
  for (size_t at : topOf(all, wanted_, [](const Continuation& c) { return c.score; })) g.top.push_back(all[at]);
}

/// The same by chance: without putting back, each with its share of what is left.
void Beams::sampled(Group& g) {
  std::vector<Continuation> all;
  for (size_t i = 0; i < beams_; ++i) {
    for (const Candidate& c : warped_[i]) all.push_back({c.score + g.running[i].score, uint32_t(i), c.id});
  }
  weigh(all, weights_);
  g.top.clear();
  while (g.top.size() < std::min(wanted_, all.size())) {
    double sum = 0;
    for (double w : weights_) sum += std::max(w, 0.0);
    if (!(sum > 0)) break;
    const size_t at = draw(weights_, sum, g.random);
    g.top.push_back(all[at]);
    weights_[at] = -1;  // taken
  }
  // Nothing probable is left: the best of the rest, then places that no result is made of.
  if (g.top.size() < wanted_) {
    std::vector<Continuation> rest;
    for (size_t i = 0; i < all.size(); ++i) {
      if (weights_[i] >= 0) rest.push_back(all[i]);
    }
    for (size_t at : topOf(rest, wanted_ - g.top.size(), [](const Continuation& c) { return c.score; })) g.top.push_back(rest[at]);
    while (g.top.size() < wanted_) g.top.push_back({kNever, 0, 0});
  }
}

/// _update_finished_beams
void Beams::finish(Group& g) {
  g.full = config_.earlyStopping == EarlyStopping::WhenFull && std::all_of(g.finished.begin(), g.finished.end(), [](const Beam& f) { return f.finished; });
  std::vector<Beam> fresh;
  for (size_t i = 0; i < g.top.size(); ++i) {
    const Continuation& c = g.top[i];
    const bool just = c.ending != kOpen && i < beams_;  // only the best num_beams count; the rest is there to go on with
    fresh.push_back({{}, c.score, just, c.ending});
    fresh.back().ids = g.running[c.beam].ids;
    fresh.back().ids.push_back(c.id);
  }
  merge(g, fresh, length_ + 1);
}

/// The best num_beams of what is finished and `fresh`, sequences of this length.
void Beams::merge(Group& g, const std::vector<Beam>& fresh, size_t length) {
  const float penalty = float(std::pow(double(length - prompt_), config_.lengthPenalty));
  std::vector<Beam> merged = std::move(g.finished);
  for (const Beam& b : fresh) {
    merged.push_back(b);
    float& score = merged.back().score;
    score /= penalty;
    if (std::isnan(score)) score = kNever;  // a length penalty out of all proportion
    score += g.full ? kOut : 0;
    score += g.improvable ? 0 : kOut;
    score += b.finished ? 0 : kOut;
  }
  g.finished.clear();
  for (size_t at : topOf(merged, beams_, [](const Beam& b) { return b.score; })) g.finished.push_back(std::move(merged[at]));
}

/// _get_running_beams_for_next_iteration
void Beams::goOn(Group& g, size_t index) {
  struct Open { float score; size_t at; };
  std::vector<Open> open;
  for (size_t i = 0; i < g.top.size(); ++i) open.push_back({g.top[i].score + (g.top[i].ending != kOpen ? kOut : 0), i});
  std::vector<Beam> next;
  for (size_t at : topOf(open, beams_, [](const Open& o) { return o.score; })) {
    const Continuation& c = g.top[at];
    const size_t row = index * beams_ + next.size();
    Beam b{g.running[c.beam].ids, open[at].score, false, kOpen, at < beams_ && c.ending == kOpen};
    b.ids.push_back(c.id);
    picked_[row] = c.id;
    from_[row] = uint32_t(prompted_ ? index * beams_ + c.beam : index);
    next.push_back(std::move(b));
  }
  g.running = std::move(next);
}

/// _check_early_stop_heuristic, when length_ has grown
void Beams::checkImprovement(Group& g) const {
  const bool hopeful = config_.earlyStopping == EarlyStopping::Never && config_.lengthPenalty > 0;
  const double length = double((hopeful ? maxLength_ : length_) - prompt_);
  const float possible = g.running[0].score / float(std::pow(length, config_.lengthPenalty));
  float worst = g.finished[0].score;
  for (const Beam& f : g.finished) worst = std::min(worst, f.score);
  bool any = false;
  for (const Beam& f : g.finished) any = any || possible > (f.finished ? worst : kOut);
  g.improvable = g.improvable && any;
}

Grid<int32_t> Beams::sequences() const {
  Grid<int32_t> out;
  // The reference's `pad_token_id or eos_token_id[0]`: a padding token of 0 is none to it, in beams only.
  const int32_t fill = pad_ == 0 && !config_.eos.empty() ? std::max(0, config_.eos[0]) : pad_;
  out.rows = resultRows_;
  for (const Group& g : groups_) {
    for (size_t i = 0; i < size_t(config_.numReturnSequences); ++i) out.count = std::max(out.count, g.finished[i].ids.size());
  }
  for (const Group& g : groups_) {
    for (size_t i = 0; i < size_t(config_.numReturnSequences); ++i) {
      const auto& ids = g.finished[i].ids;
      out.values.insert(out.values.end(), ids.begin(), ids.end());
      out.values.insert(out.values.end(), out.count - ids.size(), fill);
    }
  }
  return out;
}

template <class T, class F>
std::vector<T> Beams::ofResults(F&& f) const {
  std::vector<T> out;
  for (const Group& g : groups_) {
    for (size_t i = 0; i < size_t(config_.numReturnSequences); ++i) out.push_back(f(g.finished[i]));
  }
  return out;
}
std::vector<float> Beams::sequencesScores() const { return ofResults<float>([](const Beam& b) { return b.score; }); }
std::vector<int32_t> Beams::newTokens() const { return ofResults<int32_t>([&](const Beam& b) { return int32_t(b.ids.size() - prompt_); }); }
std::vector<uint8_t> Beams::endings() const { return ofResults<uint8_t>([](const Beam& b) { return b.ending; }); }

Grid<int32_t> Beams::running() const {
  Grid<int32_t> out;
  out.rows = mostRows_;
  out.count = length_ - prompt_;
  for (const Group& g : groups_) {
    for (const Beam& b : g.running) out.values.insert(out.values.end(), b.ids.begin() + ptrdiff_t(prompt_), b.ids.end());
  }
  return out;
}

/// The new tokens of the results, as take() gives them.
void Beams::give() {
  const Grid<int32_t> all = sequences();
  for (size_t i = prompt_; i < all.count; ++i) {
    for (size_t r = 0; r < all.rows; ++r) fresh_.push_back(all.values[r * all.count + i]);
  }
}

}  // namespace wasmformers::generate
