// The `pattern` of Split and Replace. {"String": …} is a plain string. {"Regex": …} is run by a scanner where there is
// one for it (scanner.h), else by the regex engine (regex/regex.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "regex/regex.h"
#include "text/utf8.h"
#include "tokenizer/component.h"
#include "tokenizer/patterns/matches.h"
#include "tokenizer/patterns/scanner.h"

namespace wasmformers::tokenizer {

class Pattern {
 public:
  /// Reads the member `pattern` of c. Errors go to c.status.
  explicit Pattern(const Component& c);

  /// The pattern's character if it is a string of one ASCII character, else -1.
  int character() const { return string_.size() == 1 && !scanner_ && !regex_ && string_[0] > 0 ? string_[0] : -1; }

  using Bounds = regex::Bounds;
  using Outcome = regex::Outcome;

  /// Calls found(begin, end) with the byte range of each match, from left to right, empty matches included. The
  /// outcome says whether the regex engine gave up.
  template <class Found>
  Outcome forMatches(std::string_view s, Found found) const {
    if (s.empty()) return Outcome::Done;  // the reference finds nothing there, whatever the pattern
    if (scanner_) {
      for (size_t at = 0; at < s.size();) {
        const size_t end = scanner_->match(s, at);
        if (end > at)
          found(at, end), at = end;
        else
          at += size_t(text::lengthOf(static_cast<unsigned char>(s[at])));
      }
      return Outcome::Done;
    }
    if (regex_) {
      const Outcome outcome = regex_->findAll(s, bounds_);
      if (outcome != Outcome::Done) return outcome;
      for (const Bounds& b : bounds_) found(size_t(b.begin), size_t(b.end));
      return outcome;
    }
    if (string_.empty()) {  // matches between all characters
      for (size_t at = 0; at < s.size(); at += size_t(text::lengthOf(static_cast<unsigned char>(s[at])))) found(at, at);
      found(s.size(), s.size());
      return Outcome::Done;
    }
    for (size_t at = 0; (at = s.find(string_, at)) != s.npos; at += string_.size()) found(at, at + string_.size());
    return Outcome::Done;
  }
  /// Fills `out` with ranges that cover s. Delimiters are the matches or, with `invert`, the text between them.
  Outcome cover(std::string_view s, bool invert, std::vector<Match>& out) const;

 private:
  std::string string_;
  std::unique_ptr<Scanner> scanner_;
  std::unique_ptr<regex::Regex> regex_;
  mutable std::vector<Bounds> bounds_;  // kept for its memory
};

/// TokenizerError "pattern_memory" or "pattern_steps" where the engine gave up on a text; else no error.
Status patternError(regex::Outcome outcome);

}  // namespace wasmformers::tokenizer
