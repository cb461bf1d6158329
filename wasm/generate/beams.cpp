// See beams.h.
#include "generate/beams.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::generate {

Status Beams::begin() {
  WF_ASSIGN(processors_, Processors::create(config_, prompt_, maxLength_, vocabulary_));
  if (config_.doSample) warpers_.emplace(config_);
  beams_ = size_t(config_.numBeams);
  wanted_ = std::max<size_t>(2, 1 + config_.eos.size()) * beams_;
  length_ = prompt_;
  for (size_t b = 0; b < batch_; ++b) {
    Group g{{}, {}, true, false, {}, Random(seed_, b)};
    const auto prompt = promptIds_.begin() + ptrdiff_t(b * prompt_);
    // All beams but the first begin far behind, so that they do not all pick the same token.
    for (size_t i = 0; i < beams_; ++i) g.running.push_back({{prompt, prompt + ptrdiff_t(prompt_)}, i == 0 ? 0 : kOut});
    g.finished = g.running;
    for (Beam& f : g.finished) f.score = kOut;
    groups_.push_back(std::move(g));
    live_.push_back(uint32_t(b));
  }
  warped_.resize(beams_);
  ones_.assign(mostRows_, 1);
  return {};
}

Feed Beams::feed() {
  if (!prompted_) return {promptIds_.data(), promptMask_.data(), batch_, prompt_};
  feedPrompts_.clear();
  for (uint32_t b : live_) feedPrompts_.insert(feedPrompts_.end(), beams_, b);
  if (replay_) {
    std::vector<const std::vector<int32_t>*> texts;
    for (uint32_t b : live_) {
      for (const Beam& beam : groups_[b].running) texts.push_back(&beam.ids);
    }
    return whole(texts, feedPrompts_);
  }
  return {picked_.data(), ones_.data(), picked_.size(), 1, from_.data(), feedPrompts_.data()};
}

size_t Beams::mergeAll(float* logits, size_t rows) {
  for (size_t r = 0; config_.outputLogits && r < mostRows_; ++r) {
    if (r == 0) record(logits_);
    std::copy_n(logits + r / rowsPerScore_ * vocabulary_, vocabulary_, recorded(logits_, r));
  }
  return rows;
}

Status Beams::processAll(float* logits) {
  // After the prompt one row of scores is for all beams, unless the caller has copied it.
  const size_t rows = beams_ / rowsPerScore_;
  for (size_t r = 0; r < live_.size() * rows; ++r) {
    const size_t b = live_[r / rows];
    float* const scores = logits + r * vocabulary_;
    WF_TRY(checkScores(scores));
    logSoftmax(scores, vocabulary_);
    processors_->apply(scores, {groups_[b].running[r % rows].ids.data(), length_, prompt_, padding_[b]});
  }
  return {};
}

Status Beams::chooseAll(float* logits) {
  last_ = length_ + 1 >= maxLength_;
  const size_t own = beams_ / rowsPerScore_;  // rows of scores
  if (config_.outputScores) record(scores_);
  for (size_t seat = 0; seat < live_.size(); ++seat) {
    Group& g = groups_[live_[seat]];
    float* const rows = logits + seat * own * vocabulary_;
    for (size_t i = 0; editsScores_ && i < own; ++i)
      WF_TRY(checkScores(rows + i * vocabulary_));  // a caller may have changed them
    if (rows[largest(rows, own * vocabulary_)] == kNever) return noTokenLeft();
    if (config_.doSample) {
      for (size_t i = 0; i < beams_; ++i) {
        if (i >= own)
          warped_[i] = warped_[0];
        else
          warpers_->apply(rows + i * vocabulary_, vocabulary_, warped_[i]);
      }
      if (config_.renormalizeLogits) {  // LogitNormalization
        for (auto& list : warped_) {
          std::vector<float> scores;
          for (const Candidate& c : list) scores.push_back(c.score);
          const double sum = logSumExp(scores.data(), scores.size());
          for (Candidate& c : list) c.score = float(c.score - sum);
        }
      }
      for (size_t i = 0; config_.outputScores && i < beams_; ++i) {
        float* const to = recorded(scores_, seat * beams_ + i);
        std::fill_n(to, vocabulary_, kNever);
        for (const Candidate& c : warped_[i]) to[c.id] = c.score;
      }
      drawContinuations(g);
    } else {
      if (config_.renormalizeLogits) {
        for (size_t i = 0; i < own; ++i) logSoftmax(rows + i * vocabulary_, vocabulary_);
      }
      for (size_t i = 0; config_.outputScores && i < beams_; ++i)
        std::copy_n(rows + i / rowsPerScore_ * vocabulary_, vocabulary_, recorded(scores_, seat * beams_ + i));
      bestContinuations(g, rows, own > 1 ? vocabulary_ : 0);
    }
  }
  awaitsEndings_ = asksForEndings_;
  if (!awaitsEndings_) endStep();
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

void Beams::decide(const Ending* ends) {
  if (!awaitsEndings_) return;
  awaitsEndings_ = false;
  for (Group& g : groups_) {
    for (Continuation& c : g.top) {
      const Ending end = *ends++;
      if (!isEos(c.id)) c.ending = end;
    }
  }
  endStep();
}

/// The rest of a step, once it is known which continuations end.
void Beams::endStep() {
  const bool late = timeIsOver();
  bool improvable = false, allFull = true, allEnd = true;
  for (uint32_t b : live_) {
    Group& g = groups_[b];
    for (Continuation& c : g.top) {
      if (isEos(c.id))
        c.ending = Ending::Eos;
      else if (c.ending == Ending::None)
        c.ending = last_          ? Ending::Length
                   : late         ? Ending::Time
                   : interrupted_ ? Ending::Cut
                                  : Ending::None;  // these end all beams
      allEnd = allEnd && c.ending != Ending::None;
    }
    // finish() reads the running beams of this step, which nextBeams() replaces.
    finish(g);
    nextBeams(g);
  }
  ++length_;
  for (uint32_t b : live_) checkImprovement(groups_[b]);
  seat();
  prompted_ = true;
  rowsPerScore_ = 1;
  for (Group& g : groups_) {
    improvable = improvable || g.improvable;
    for (const Beam& f : g.finished) allFull = allFull && f.finished;
  }
  // _beam_search_has_unfinished_sequences
  finished_ = !improvable || (allFull && config_.earlyStopping == EarlyStopping::WhenFull) || allEnd;
  if (finished_) giveTokens();
}

/// Lists what the model runs next. A prompt whose results cannot change any more leaves the batch, unless the caller
/// watches its beams.
void Beams::seat() {
  const GenerationConfig& c = config_;
  const bool watched = asksForEndings_ || editsScores_ || c.outputScores || c.outputLogits;
  // These may lift a sum of log-probabilities above 0, and so above any result.
  const bool lifted = !c.biases.empty() || !c.tokenBiases.empty() || c.exponentialDecay || c.presencePenalty < 0 ||
                      c.frequencyPenalty < 0;
  std::vector<uint32_t> stay;
  picked_.clear();
  from_.clear();
  for (size_t seat = 0; seat < live_.size(); ++seat) {
    Group& g = groups_[live_[seat]];
    if (!watched && !lifted && settled(g)) continue;
    for (size_t i = 0; i < beams_; ++i) {
      picked_.push_back(g.running[i].ids.back());
      from_.push_back(prompted_ ? uint32_t(seat * beams_ + g.from[i]) : live_[seat]);
    }
    stay.push_back(live_[seat]);
  }
  live_.swap(stay);
}

/// _get_top_k_continuations: the best of all beams' tokens. Row i of the scores is at scores + i · stride.
void Beams::bestContinuations(Group& g, const float* scores, size_t stride) {
  std::vector<Continuation> all;
  for (size_t i = 0; i < beams_; ++i) {
    best(scores + i * stride, vocabulary_, wanted_, candidates_);
    for (const Candidate& c : candidates_) all.push_back({c.score + g.running[i].score, uint32_t(i), c.id});
  }
  g.top.clear();
  for (size_t at : topOf(all, wanted_, [](const Continuation& c) { return c.score; })) g.top.push_back(all[at]);
}

/// The same by sampling without replacement.
void Beams::drawContinuations(Group& g) {
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
  // No probable token is left: take the best of the rest, then fillers that never become results.
  if (g.top.size() < wanted_) {
    std::vector<Continuation> rest;
    for (size_t i = 0; i < all.size(); ++i) {
      if (weights_[i] >= 0) rest.push_back(all[i]);
    }
    for (size_t at : topOf(rest, wanted_ - g.top.size(), [](const Continuation& c) { return c.score; }))
      g.top.push_back(rest[at]);
    while (g.top.size() < wanted_) g.top.push_back({kNever, 0, 0});
  }
}

/// _get_running_beams_for_next_iteration
void Beams::nextBeams(Group& g) {
  struct Open {
    float score;
    size_t at;
  };
  std::vector<Open> open;
  for (size_t i = 0; i < g.top.size(); ++i)
    open.push_back({g.top[i].score + (g.top[i].ending != Ending::None ? kOut : 0), i});
  std::vector<Beam> next;
  g.from.clear();
  for (size_t at : topOf(open, beams_, [](const Open& o) { return o.score; })) {
    const Continuation& c = g.top[at];
    Beam b{g.running[c.beam].ids, open[at].score, false, Ending::None, at < beams_ && c.ending == Ending::None};
    b.ids.push_back(c.id);
    g.from.push_back(c.beam);
    next.push_back(std::move(b));
  }
  g.running = std::move(next);
}

std::vector<uint32_t> Beams::scoredRows() const {
  std::vector<uint32_t> all;
  for (uint32_t b : live_) {
    for (size_t i = 0; i < beams_; ++i) all.push_back(uint32_t(b * beams_ + i));
  }
  return all;
}

Grid<int32_t> Beams::runningBeams() const {
  Grid<int32_t> out;
  out.rows = mostRows_;
  out.count = length_ - prompt_;
  for (const Group& g : groups_) {
    for (const Beam& b : g.running)
      out.values.insert(out.values.end(), b.ids.begin() + ptrdiff_t(prompt_), b.ids.end());
  }
  return out;
}

}  // namespace wasmformers::generate
