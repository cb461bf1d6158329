// Beam search and beam sampling (transformers 5: GenerationMixin._beam_search; the names of its helpers stand beside
// the steps here). Each prompt has num_beams running sequences, which the model goes on with, and as many finished
// ones, which become the results. Sums are of floats, in the reference's order, so that equal scores stay equal.
// beam_results.cpp has the finished ones.
#pragma once

#include "generate/processors.h"
#include "generate/random.h"
#include "generate/search.h"
#include "generate/warpers.h"

namespace wasmformers::generate {

inline constexpr float kOut = -1e9f;  // what the reference adds to a score that must not win

/// Indices of the best k, best first, equal ones in order.
template <class T, class Score>
std::vector<size_t> topOf(const std::vector<T>& items, size_t k, Score&& score) {
  std::vector<size_t> order(items.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return score(items[a]) > score(items[b]); });
  order.resize(std::min(k, order.size()));
  return order;
}

class Beams final : public Search {
 public:
  Feed feed() override;
  bool stopRow(size_t, Ending) override { return false; }
  void stop() override;
  Grid<int32_t> continuations() const override;
  void decide(const Ending* ends) override;
  Grid<int32_t> runningBeams() const override;
  std::vector<uint32_t> scoredRows() const override;
  Grid<int32_t> sequences() const override;
  std::vector<float> sequencesScores() const override;
  std::vector<int32_t> newTokens() const override;
  std::vector<Ending> endings() const override;

 private:
  struct Beam {
    std::vector<int32_t> ids;  // without padding
    float score = kOut;        // sum of log-probabilities; of finished beams divided by the length penalty
    bool finished = false;
    Ending ending = Ending::None;
    bool eligible = false;  // a running one that may become a result: of the best num_beams continuations
  };
  /// A beam and its next token.
  struct Continuation {
    float score;
    uint32_t beam;
    int32_t id;
    Ending ending = Ending::None;
  };
  struct Group {  // of one prompt
    std::vector<Beam> running, finished;
    bool improvable = true;  // is_early_stop_heuristic_unsatisfied
    bool full = false;       // beams_in_batch_are_full
    std::vector<Continuation> top;
    Random random;
    std::vector<uint32_t> from = {};  // by running beam: the beam of the last step that it goes on with
  };
  Status begin() override;
  size_t mergeAll(float* scores, size_t rows) override;
  Status processAll(float* scores) override;
  Status chooseAll(float* scores) override;
  void endStep();
  void bestContinuations(Group& g, const float* scores, size_t stride);
  void drawContinuations(Group& g);
  void nextBeams(Group& g);
  void seat();
  bool settled(const Group& g) const;
  void finish(Group& g);
  void merge(Group& g, const std::vector<Beam>& fresh, size_t length);
  template <class T, class F>
  std::vector<T> ofResults(F&& f) const;
  void checkImprovement(Group& g) const;
  void giveTokens();

  std::optional<Processors> processors_;
  std::optional<Warpers> warpers_;
  std::vector<Group> groups_;
  std::vector<uint32_t> live_;     // prompts whose beams are run, in the order of the feed
  size_t beams_ = 0, wanted_ = 0;  // wanted_: continuations of each prompt, beams_to_keep
  size_t length_ = 0;              // of running sequences
  bool prompted_ = false, interrupted_ = false, last_ = false;
  std::vector<std::vector<Candidate>> warped_;  // by beam, sampling
  std::vector<Candidate> candidates_;
  std::vector<double> weights_;
  std::vector<int32_t> picked_;
  std::vector<uint32_t> from_;
  std::vector<uint8_t> ones_;
};

}  // namespace wasmformers::generate
