// Classifier-free guidance of text (Sanchez et al. 2023, arXiv:2306.17806; transformers:
// UnbatchedClassifierFreeGuidanceLogitsProcessor): each row runs twice, behind its prompt and behind another one, and
// what the prompt adds to the scores counts guidance_scale times. Both run in one pass, the other texts as more rows of
// the batch.
#pragma once

#include "generate/generation.h"

namespace wasmformers::generate {

class Guidance {
 public:
  /// Prompts are [batch, length]. InputError: not as many negative prompts, ids out of the vocabulary.
  Status begin(const GenerationConfig& config, const std::vector<int32_t>& ids, size_t batch, size_t length,
               size_t vocabulary);

  /// Columns that the other prompts need in front of the prompts.
  size_t wider() const { return wider_; }
  size_t longest() const { return longest_; }
  /// `feed` with the other texts behind its rows, row r's of prompt prompts[r]; `whole`: it has the prompts.
  Feed widen(const Feed& feed, const std::vector<size_t>& prompts, bool whole);
  /// Scores [2 · rows, vocabulary]: the first half becomes what is to be picked from, as log-probabilities.
  void mix(float* scores, size_t rows) const;

 private:
  double scale_ = 1;
  size_t prompt_ = 0, vocabulary_ = 0, wider_ = 0, longest_ = 0;
  size_t lastRows_ = 0;                       // of the feed before
  std::vector<std::vector<int32_t>> others_;  // by prompt
  std::vector<int32_t> ids_;
  std::vector<uint8_t> mask_;
  std::vector<uint32_t> from_;
};

}  // namespace wasmformers::generate
