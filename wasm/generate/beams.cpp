// See beams.h.
#include "generate/beams.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::generate {
namespace {

constexpr float kOut = -1e9f;  // the reference's "not this one"
constexpr float kNever = -HUGE_VALF;

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
    Group g{{}, {}, true, Random(seed_, b)};
    const auto prompt = promptIds_.begin() + ptrdiff_t(b * prompt_);
    // All but the first beam begin far behind, so that they don't all pick the same token.
    for (size_t i = 0; i < beams_; ++i) g.running.push_back({{prompt, prompt + ptrdiff_t(prompt_)}, i == 0 ? 0 : kOut, false});
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

Feed Beams::feed() const {
  if (!prompted_) return {promptIds_.data(), promptMask_.data(), batch_, prompt_, nullptr};
  return {picked_.data(), ones_.data(), mostRows_, 1, from_.data()};
}

Status Beams::accept(float* logits) {
  const bool stop = length_ + 1 >= maxLength_ || timeIsOver() || interrupted_;  // the criteria that end all
  bool improvable = false, allFull = true, allEnd = true;
  for (size_t b = 0; b < batch_; ++b) {
    Group& g = groups_[b];
    // After the prompt one row of scores is for all beams.
    const size_t stride = prompted_ ? vocabulary_ : 0;
    float* const rows = logits + b * (prompted_ ? beams_ : 1) * vocabulary_;
    float best = kNever;
    for (size_t i = 0; i < (prompted_ ? beams_ : 1); ++i) {
      float* const scores = rows + i * vocabulary_;
      if (Status s = checkScores(scores); !s.ok()) {
        finished_ = true;
        return s;
      }
      logSoftmax(scores);
      processors_->apply(scores, {g.running[i].ids.data(), length_, prompt_, padding_[b]});
      best = std::max(best, *std::max_element(scores, scores + vocabulary_));
    }
    if (best == kNever) {
      finished_ = true;
      return noTokenLeft();
    }
    if (config_.doSample) {
      for (size_t i = 0; i < beams_; ++i) {
        if (i > 0 && !prompted_) warped_[i] = warped_[0];
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
        for (size_t i = 0; i < (prompted_ ? beams_ : 1); ++i) logSoftmax(rows + i * vocabulary_);
      }
      continuations(g, rows, stride);
    }
    for (Continuation& c : top_) {
      c.ends = stop || isEos(c.id);
      allEnd = allEnd && c.ends;
    }
    // Finished sequences are made of the running ones as they are now, so first.
    finish(g);
    goOn(g, b);
  }
  prompted_ = true;
  ++length_;
  for (Group& g : groups_) {
    checkImprovement(g);
    improvable = improvable || g.improvable;
    for (const Beam& f : g.finished) allFull = allFull && f.finished;
  }
  // _beam_search_has_unfinished_sequences
  finished_ = !improvable || (allFull && config_.earlyStopping == EarlyStopping::WhenFull) || allEnd;
  if (finished_) give();
  return {};
}

void Beams::logSoftmax(float* scores) const {
  const double sum = logSumExp(scores, vocabulary_);
  for (size_t i = 0; i < vocabulary_; ++i) scores[i] = float(scores[i] - sum);
}

/// _get_top_k_continuations: the best of all beams' tokens. Row i of scores is at logits + i · stride.
void Beams::continuations(Group& g, const float* logits, size_t stride) {
  std::vector<Continuation> all;
  for (size_t i = 0; i < beams_; ++i) {
    best(logits + i * stride, vocabulary_, wanted_, candidates_);
    for (const Candidate& c : candidates_) all.push_back({c.score + g.running[i].score, uint32_t(i), c.id});
  }
  top_.clear();
  for (size_t at : topOf(all, wanted_, [](const Continuation& c) { return c.score; })) top_.push_back(all[at]);
}

/// The same by chance: without putting back, each with its share of what is left.
void Beams::sampled(Group& g) {
  std::vector<Continuation> all;
  for (size_t i = 0; i < beams_; ++i) {
    for (const Candidate& c : warped_[i]) all.push_back({c.score + g.running[i].score, uint32_t(i), c.id});
  }
  weigh(all, weights_);
  top_.clear();
  while (top_.size() < std::min(wanted_, all.size())) {
    double sum = 0;
    for (double w : weights_) sum += std::max(w, 0.0);
    if (!(sum > 0)) break;
    const size_t at = draw(weights_, sum, g.random);
    top_.push_back(all[at]);
    weights_[at] = -1;  // taken
  }
  // Nothing probable is left: the best of the rest, then places that no result is made of.
  if (top_.size() < wanted_) {
    std::vector<Continuation> rest;
    for (size_t i = 0; i < all.size(); ++i) {
      if (weights_[i] >= 0) rest.push_back(all[i]);
    }
    for (size_t at : topOf(rest, wanted_ - top_.size(), [](const Continuation& c) { return c.score; })) top_.push_back(rest[at]);
    while (top_.size() < wanted_) top_.push_back({kNever, 0, 0});
  }
}

/// _update_finished_beams
void Beams::finish(Group& g) {
  const bool full = config_.earlyStopping == EarlyStopping::WhenFull && std::all_of(g.finished.begin(), g.finished.end(), [](const Beam& f) { return f.finished; });
  const float penalty = float(std::pow(double(length_ + 1 - prompt_), config_.lengthPenalty));
  struct Entry { float score; size_t index; bool fresh, finished; };
  std::vector<Entry> merged;
  for (size_t i = 0; i < beams_; ++i) merged.push_back({g.finished[i].score, i, false, g.finished[i].finished});
  for (size_t i = 0; i < top_.size(); ++i) {
    const bool just = top_[i].ends && i < beams_;  // only the best num_beams count; the rest is there to go on with
    float score = top_[i].score / penalty;
    score += full ? kOut : 0;
    score += g.improvable ? 0 : kOut;
    score += just ? 0 : kOut;
    merged.push_back({score, i, true, just});
  }
  std::vector<Beam> next;
  for (size_t at : topOf(merged, beams_, [](const Entry& e) { return e.score; })) {
    const Entry& e = merged[at];
    if (!e.fresh) {
      next.push_back(g.finished[e.index]);
      next.back().score = e.score;
      continue;
    }
    Beam made{g.running[top_[e.index].beam].ids, e.score, e.finished};
    made.ids.push_back(top_[e.index].id);
    next.push_back(std::move(made));
  }
  g.finished = std::move(next);
}

/// _get_running_beams_for_next_iteration
void Beams::goOn(Group& g, size_t index) {
  std::vector<Continuation> open = top_;
  for (Continuation& c : open) c.score += c.ends ? kOut : 0;
  std::vector<Beam> next;
  for (size_t at : topOf(open, beams_, [](const Continuation& c) { return c.score; })) {
    const Continuation& c = open[at];
    const size_t row = index * beams_ + next.size();
    Beam b{g.running[c.beam].ids, c.score, false};
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

std::vector<float> Beams::sequencesScores() const {
  std::vector<float> out;
  for (const Group& g : groups_) {
    for (size_t i = 0; i < size_t(config_.numReturnSequences); ++i) out.push_back(g.finished[i].score);
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
