// What a text may go on with, looked up in itself: behind an earlier place that reads like its end (prompt lookup
// decoding, A. Saxena 2023; transformers: PromptLookupCandidateGenerator). The model is then asked about all of it in
// one pass, and what it would have written itself is kept: the text is the same, guesses cost or save time alone. A
// guess is made on credit, which right ones earn, so that a text that never repeats costs little more than without.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wasmformers::generate {

class Lookup {
 public:
  /// At most so many tokens at once (0: none), found by the last `ngram` tokens or fewer.
  void set(size_t tokens, size_t ngram);
  bool on() const { return tokens_ > 0; }

  /// Up to `most` tokens that may follow `text`; none where it has no such end or credit is used up.
  const std::vector<int32_t>& guess(const std::vector<int32_t>& text, size_t most);
  /// How many of a guess were right.
  void learn(size_t guessed, size_t right);

 private:
  size_t tokens_ = 0, ngram_ = 0;
  double credit_ = 0;  // passes of one token
  std::vector<int32_t> guess_;
};

}  // namespace wasmformers::generate
