// Scanners for the regular expressions that cut words: what GPT-2's, cl100k's (Llama 3, Qwen), o200k's, Tekken's and
// DeepSeek's patterns are made of, without a regex engine. A pattern is taken apart into its alternatives; where each
// is of a known shape (a few sets of characters, one behind the other), they run as loops over a table of character
// kinds. Anything else is left to regex/regex.h. tests/native/tokenizer/scanners_test.cpp compares both on random text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wasmformers::tokenizer {

class Scanner {
 public:
  /// Null where some alternative of the pattern has another shape.
  static std::unique_ptr<Scanner> make(std::string_view pattern);

  /// The end of the match that begins at `from`, or `from` where none does. No alternative matches an empty text.
  size_t match(std::string_view text, size_t from) const;

 private:
  using Kinds = uint32_t;  // a set of characters: some of the kinds in scanners.cpp, a bit each
  enum class Shape : uint8_t {
    Run,        // lead? body{least,most} tail*   or, with `leadNeeded`, lead body{…} tail*
    UpTo,       // body* tail, tail within body: up to the last tail in a run of body
    NotBefore,  // body+ not followed by another character, \s+(?!\S)
    Word,       // lead? body* tail+ suffix?      a word of o200k: capitals, then small letters
    Capitals,   // lead? body+ tail* suffix?
    Literal,
    Contraction,  // (?i:'s|'t|'re|'ve|'m|'ll|'d)
  };
  struct Alternative {
    Shape shape = Shape::Run;
    bool leadNeeded = false, suffix = false;  // suffix: a contraction
    Kinds lead = 0, body = 0, tail = 0;
    uint32_t least = 1, most = UINT32_MAX;
    std::string literal;
  };
  class Parser;

  const char* matchOne(const Alternative& a, const char* p, const char* end) const;
  Kinds firstOf(const Alternative& a) const;

  std::vector<Alternative> alternatives_;
  std::vector<Kinds> first_;    // of each alternative: kinds of the character that it can begin with
  uint32_t ofAscii_[128] = {};  // the alternatives that can begin with a character
};

}  // namespace wasmformers::tokenizer
