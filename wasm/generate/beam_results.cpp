// Beams that have ended: the best num_beams of each prompt, whether a running beam can still beat one, and the results.
#include <algorithm>
#include <cmath>

#include "generate/beams.h"

namespace wasmformers::generate {

/// The results are as if a criterion had ended every sequence at the last step.
void Beams::stop() {
  interrupted_ = true;
  if (awaitsEndings_ || finished_) return;  // decide() will end it
  for (uint32_t b : live_) {
    Group& g = groups_[b];
    std::vector<Beam> fresh;
    for (const Beam& r : g.running) {
      if (!r.eligible) continue;
      fresh.push_back(r);
      fresh.back().finished = true;
      fresh.back().ending = Ending::Cut;
    }
    merge(g, fresh, length_);
  }
  finished_ = true;
  giveTokens();
}

/// _update_finished_beams
void Beams::finish(Group& g) {
  g.full = config_.earlyStopping == EarlyStopping::WhenFull &&
           std::all_of(g.finished.begin(), g.finished.end(), [](const Beam& f) { return f.finished; });
  std::vector<Beam> fresh;
  for (size_t i = 0; i < g.top.size(); ++i) {
    const Continuation& c = g.top[i];
    const bool just = c.ending != Ending::None &&
                      i < beams_;  // only the best num_beams become results; the others are there to go on with
    fresh.push_back({{}, c.score, just, c.ending});
    fresh.back().ids = g.running[c.beam].ids;
    fresh.back().ids.push_back(c.id);
  }
  merge(g, fresh, length_ + 1);
}

/// Keeps the best num_beams of the finished beams and `fresh`, whose sequences have this length.
void Beams::merge(Group& g, const std::vector<Beam>& fresh, size_t length) {
  const float penalty = float(std::pow(double(length - prompt_), config_.lengthPenalty));
  std::vector<Beam> merged = std::move(g.finished);
  for (const Beam& b : fresh) {
    merged.push_back(b);
    float& score = merged.back().score;
    score /= penalty;
    if (std::isnan(score)) score = kNever;  // an extreme length penalty
    score += g.full ? kOut : 0;
    score += g.improvable ? 0 : kOut;
    score += b.finished ? 0 : kOut;
  }
  g.finished.clear();
  for (size_t at : topOf(merged, beams_, [](const Beam& b) { return b.score; }))
    g.finished.push_back(std::move(merged[at]));
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

/// Whether the finished beams are the results, whatever comes: no log-probability is above 0.
bool Beams::settled(const Group& g) const {
  if (g.improvable && config_.earlyStopping != EarlyStopping::WhenFull) return false;
  return std::all_of(g.finished.begin(), g.finished.end(),
                     [](const Beam& f) { return f.finished && f.score > kOut / 2; });
}

Grid<int32_t> Beams::sequences() const {
  Grid<int32_t> out;
  // The reference's `pad_token_id or eos_token_id[0]`: with beams only, a padding token of 0 counts as none.
  const int32_t fill = pad_ == 0 && !config_.eos.empty() ? std::max(0, config_.eos[0]) : pad_;
  out.rows = resultRows_;
  for (const Group& g : groups_) {
    for (size_t i = 0; i < size_t(config_.numReturnSequences); ++i)
      out.count = std::max(out.count, g.finished[i].ids.size());
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
std::vector<float> Beams::sequencesScores() const {
  return ofResults<float>([](const Beam& b) { return b.score; });
}
std::vector<int32_t> Beams::newTokens() const {
  return ofResults<int32_t>([&](const Beam& b) { return int32_t(b.ids.size() - prompt_); });
}
std::vector<Ending> Beams::endings() const {
  return ofResults<Ending>([](const Beam& b) { return b.ending; });
}

/// The new tokens of the results, for takeTokens().
void Beams::giveTokens() {
  const Grid<int32_t> all = sequences();
  for (size_t i = prompt_; i < all.count; ++i) {
    for (size_t r = 0; r < all.rows; ++r) fresh_.push_back(all.values[r * all.count + i]);
  }
}

}  // namespace wasmformers::generate
