// Classifier-free guidance of text (Sanchez et al. 2023, arXiv:2306.17806; transformers:
// UnbatchedClassifierFreeGuidanceLogitsProcessor): each row runs twice, behind its prompt and behind another one, and
// what the prompt adds to the scores counts guidance_scale times. Both run in one pass: the other texts are further
// rows of the batch.
#pragma once

#include "generate/config.h"
#include "generate/feed.h"

namespace wasmformers::generate {

class Guidance {
 public:
  /// Prompts are [batch, length]. InputError: another number of negative prompts, ids outside the vocabulary.
  Status begin(const GenerationConfig& config, const std::vector<int32_t>& ids, size_t batch, size_t length,
               size_t vocabulary);

  /// Tokens by which the longest other prompt exceeds the prompts.
  size_t wider() const { return wider_; }
  /// Adds the other texts behind the rows of `feed`. `whole`: the feed begins with the prompts.
  Feed widen(const Feed& feed, bool whole);
  /// Scores [2 · rows, vocabulary]: the first half becomes the guided scores, as log-probabilities.
  void merge(float* scores, size_t rows) const;

 private:
  double scale_ = 1;
  size_t prompt_ = 0, vocabulary_ = 0, wider_ = 0, longest_ = 0;
  size_t lastRows_ = 0;                       // of the feed before
  std::vector<std::vector<int32_t>> others_;  // by prompt
  std::vector<int32_t> ids_;
  std::vector<uint8_t> mask_;
  std::vector<uint32_t> from_, prompts_;
};

}  // namespace wasmformers::generate
