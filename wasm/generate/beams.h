// Beam search and beam sampling (transformers 5: GenerationMixin._beam_search and its helpers, whose names stand beside
// each step). Per prompt there are num_beams running sequences, which the model goes on with, and as many finished
// ones, which are the results. Sums are of floats, in the reference's order, so that equal scores stay equal.
#pragma once

#include "generate/generation.h"
#include "generate/processors.h"
#include "generate/random.h"
#include "generate/warpers.h"

namespace wasmformers::generate {

inline constexpr float kOut = -1e9f;  // the reference's "not this one"

/// Positions of the best k, best first, equal ones in order.
template <class T, class Score>
std::vector<size_t> topOf(const std::vector<T>& items, size_t k, Score&& score) {
  std::vector<size_t> order(items.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return score(items[a]) > score(items[b]); });
  order.resize(std::min(k, order.size()));
  return order;
}

class Beams final : public Generation {
 public:
  Feed feed() override;
  bool stopRow(size_t) override { return false; }
  void stop() override;
  Grid<int32_t> continuations() const override;
  void decide(const uint8_t* ends) override;
  Grid<int32_t> running() const override;
  Grid<int32_t> sequences() const override;
  std::vector<float> sequencesScores() const override;
  std::vector<int32_t> newTokens() const override;
  std::vector<uint8_t> endings() const override;

 private:
  struct Beam {
    std::vector<int32_t> ids;  // of running ones; of finished ones without the padding
    float score = -1e9f;       // sum of log-probabilities; of finished ones by the length penalty
    bool finished = false;
    Ending ending = kOpen;
    bool among = false;  // a running one: of the best num_beams continuations, which may become results
  };
  /// One way to go on.
  struct Continuation {
    float score;
    uint32_t beam;
    int32_t id;
    Ending ending = kOpen;
  };
  struct Group {  // of one prompt
    std::vector<Beam> running, finished;
    bool improvable = true;  // is_early_stop_heuristic_unsatisfied
    bool full = false;       // beams_in_batch_are_full
    std::vector<Continuation> top;
    Random random;
    std::vector<uint32_t> from = {};  // by running beam: which it goes on with
  };
  Status begin() override;
  size_t foldAll(float* logits, size_t rows) override;
  Status processAll(float* logits) override;
  Status chooseAll(float* logits) override;
  void settle();
  void continuations(Group& g, const float* logits, size_t stride);
  void sampled(Group& g);
  void goOn(Group& g);
  void reseat();
  bool settled(const Group& g) const;
  void finish(Group& g);
  void merge(Group& g, const std::vector<Beam>& fresh, size_t length);
  template <class T, class F>
  std::vector<T> ofResults(F&& f) const;
  void checkImprovement(Group& g) const;
  void give();

  std::optional<Processors> processors_;
  std::optional<Warpers> warpers_;
  std::vector<Group> groups_;
  std::vector<uint32_t> live_;     // those whose beams are run, in the order of the feed
  size_t beams_ = 0, wanted_ = 0;  // beams_to_keep
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
