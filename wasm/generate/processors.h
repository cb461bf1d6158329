// Changes a row of scores before a token is picked: penalties, bans and forced tokens, in the order and by the rules of
// transformers 5 (GenerationMixin._get_logits_processor, generation/logits_process.py). Processors keep no state of a
// row: they read its ids anew each time (a few thousand, beside a vocabulary of scores), so that beams can change
// places.
#pragma once

#include "generate/config.h"

namespace wasmformers::generate {

/// A sequence so far: `padding` positions of left padding, the prompt, what was generated.
struct History {
  const int32_t* ids = nullptr;
  size_t length = 0, prompt = 0, padding = 0;
};

class Processors {
 public:
  /// `config` must outlive this. InputError where an id lies outside the vocabulary that must not.
  static Result<Processors> create(const GenerationConfig& config, size_t promptLength, size_t maxLength,
                                   size_t vocabulary);

  /// Changes the `vocabulary` scores of one row in place.
  void apply(float* scores, const History& h);

 private:
  void bias(float* scores, const History& h) const;
  void repetition(float* scores, const History& h, double penalty, size_t until);
  void counted(float* scores, const History& h);
  void ngrams(float* scores, const History& h, int64_t size, size_t until) const;
  void only(float* scores, const int32_t* ids, size_t count) const;
  void forbid(float* scores, const std::vector<int32_t>& ids) const;

  const GenerationConfig* config_ = nullptr;
  size_t vocabulary_ = 0, maxLength_ = 0, minLength_ = 0, beginIndex_ = 0;
  std::vector<SequenceBias> biases_;            // of equal ids only the last, as in a Python dict
  std::vector<std::vector<int32_t>> badWords_;  // without those that are EOS alone
  std::vector<uint32_t> counts_;                // zeros between calls
};

}  // namespace wasmformers::generate
