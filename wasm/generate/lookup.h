// Guesses how a text goes on: by the tokens that followed an earlier copy of its last n-gram (prompt lookup decoding,
// A. Saxena 2023; transformers: PromptLookupCandidateGenerator). They are verified in one pass (speculation.h), so
// guesses change the time, not the text. Wrong guesses cost up to four passes, so guessing is limited by credit that
// right guesses earn: a text that never repeats takes little longer than without guesses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wasmformers::generate {

class Lookup {
 public:
  /// Guesses at most `tokens` at once (0: none), by the last `ngram` tokens or fewer.
  void set(size_t tokens, size_t ngram);
  bool on() const { return tokens_ > 0; }

  /// Up to `most` tokens that may follow `text`; empty where nothing like its end came before, or credit is used up.
  const std::vector<int32_t>& guess(const std::vector<int32_t>& text, size_t most);
  /// Takes the cost of a guess off the credit and adds what its right tokens earn.
  void learn(size_t guessed, size_t right);

 private:
  size_t tokens_ = 0, ngram_ = 0;
  double credit_ = 0;  // passes of one token
  std::vector<int32_t> guess_;
};

}  // namespace wasmformers::generate
