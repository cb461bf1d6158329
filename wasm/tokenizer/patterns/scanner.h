// Scanners: hand-written matching for the regular expressions that cut words, without a regex engine. A pattern is
// parsed into its alternatives; where each has a known shape, they run as loops over a table of character kinds.
// Other patterns are left to regex/regex.h. tests/native/tokenizer/scanners_test.cpp compares both on random text.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tokenizer/patterns/alternatives.h"

namespace wasmformers::tokenizer {

class Scanner {
 public:
  /// Null where some alternative of the pattern has another shape.
  static std::unique_ptr<Scanner> make(std::string_view pattern);

  /// The end of the match that begins at byte `from`, or `from` where no match begins there. `from` is less than the
  /// text's size. No alternative matches an empty text.
  size_t match(std::string_view text, size_t from) const;

 private:
  std::vector<Alternative> alternatives_;
  std::vector<CharacterKinds> first_;  // of each alternative: kinds of the characters that it can begin with
  uint32_t ofAscii_[128] = {};         // by character: a bit for each alternative that can begin with it
};

}  // namespace wasmformers::tokenizer
