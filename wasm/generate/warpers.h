// Prepares a row for sampling: temperature, then cuts that keep the likelier tokens, in the order and by the rules of
// transformers 5 (GenerationMixin._get_logits_processor). The row becomes a short list of candidates as early as
// possible; each cut sees probabilities among the candidates that the cut before it kept.
#pragma once

#include "generate/config.h"
#include "generate/select.h"

namespace wasmformers::generate {

class Warpers {
 public:
  explicit Warpers(const GenerationConfig& config);

  /// The tokens that remain of `scores` (which the temperature changes), by id. Empty where all scores are −∞.
  void apply(float* scores, size_t n, std::vector<Candidate>& out);

 private:
  void topK(const float* scores, size_t n, std::vector<Candidate>& out);
  void topP(std::vector<Candidate>& list);
  void minP(std::vector<Candidate>& list);
  void typical(std::vector<Candidate>& list);
  void cutoff(std::vector<Candidate>& list, double epsilon, bool eta);
  template <class F>
  Candidate untilEnough(const std::vector<Candidate>& list, F&& enough);
  double entropy(const std::vector<Candidate>& list, const Weighed& all) const;  // of weights_

  double temperature_, topP_, minP_, typicalP_, epsilon_, eta_;
  size_t topK_, keep_ = 1;  // keep_: at least so many remain
  std::vector<float> scratch_;
  std::vector<double> weights_;
  std::vector<Candidate> order_, near_;
};

}  // namespace wasmformers::generate
