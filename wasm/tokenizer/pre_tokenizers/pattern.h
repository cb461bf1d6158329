// The `pattern` of Split and Replace: {"String": …}, a plain string, or {"Regex": …}, run by a scanner where there is
// one for it and by the regex engine where not.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "regex/regex.h"
#include "text/utf8.h"
#include "tokenizer/component.h"
#include "tokenizer/pre_tokenizers/pre_tokenized.h"
#include "tokenizer/pre_tokenizers/scanners.h"

namespace wasmformers::tokenizer {

class Pattern {
 public:
  /// Reads c's `pattern`; what is wrong with it c.status says.
  explicit Pattern(const Component& c);

  /// The ASCII character that the pattern is, or -1.
  int character() const { return string_.size() == 1 && !scanner_ && !regex_ && string_[0] > 0 ? string_[0] : -1; }

  using Bounds = regex::Bounds;
  using Outcome = regex::Outcome;

  /// Calls found(begin, end) for each match, from left to right; empty ones too.
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
    if (string_.empty()) {  // between all characters
      for (size_t at = 0; at < s.size(); at += size_t(text::lengthOf(static_cast<unsigned char>(s[at])))) found(at, at);
      found(s.size(), s.size());
      return Outcome::Done;
    }
    for (size_t at = 0; (at = s.find(string_, at)) != s.npos; at += string_.size()) found(at, at + string_.size());
    return Outcome::Done;
  }
  /// Fills `out` with ranges that cover s, matches (with `invert`: what is none) as delimiters.
  Outcome cover(std::string_view s, bool invert, std::vector<Match>& out) const;

 private:
  std::string string_;
  std::unique_ptr<Scanner> scanner_;
  std::unique_ptr<regex::Regex> regex_;
  mutable std::vector<Bounds> bounds_;  // kept for its memory
};

/// The error of a pattern that gave up.
Status patternError(regex::Outcome outcome);

}  // namespace wasmformers::tokenizer
