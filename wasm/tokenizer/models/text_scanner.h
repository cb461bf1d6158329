// Reads the elements of an object or array of JSON from its text, left to right, without making a tree of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tokenizer/bytes.h"

namespace wasmformers::tokenizer {

/// How many strings there are.
size_t countStrings(std::string_view json);

/// Reads the elements of such a section from left to right.
class TextScanner {
 public:
  explicit TextScanner(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}
  /// Passes over white space, then over c if it is there.
  bool take(char c) {
    if (at_ < end_ && *at_ == c) return ++at_, true;
    skipSpace();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  /// Passes over white space. Where that is in `text`, which this reads.
  size_t place(std::string_view text) { return skipSpace(), size_t(at_ - text.data()); }
  bool atEnd() const { return at_ == end_; }
  static bool isSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  /// A string, in `out` until the next one of the same slot (0 or 1). False where there is none or it is broken.
  bool string(std::string_view& out, int slot = 0);
  /// A string of two parts with one space between them. False also where it has escapes: then nothing was read.
  bool pair(std::string_view& left, std::string_view& right);
  /// Of the elements "left right" that come next, each with a comma behind, those that are written plainly: their
  /// parts, at most `most`.
  size_t plainPairs(Spelling* parts, size_t most);
  /// The same of elements ["left", "right"].
  size_t plainLists(Spelling* parts, size_t most);
  /// The same of members "token": id.
  size_t plainMembers(Spelling* tokens, uint32_t* ids, size_t most);
  /// A string without escapes, of at most 64 bytes.
  bool key(std::string_view& out);
  /// A number of at most ten digits.
  bool number(uint64_t& out) {
    skipSpace();
    const char* from = at_;
    out = 0;
    for (; at_ < end_ && *at_ >= '0' && *at_ <= '9' && at_ - from < 10; ++at_) out = out * 10 + uint64_t(*at_ - '0');
    if (at_ == from || (*from == '0' && at_ - from > 1)) return false;
    return at_ < end_ && *at_ != '.' && *at_ != 'e' && *at_ != 'E' && !(*at_ >= '0' && *at_ <= '9');
  }
  /// Any value, in `out` as it is written; its brackets are only counted.
  bool value(std::string_view& out);
  /// An object or array that holds no other: as value(), and how many commas it has. False: nothing was read.
  bool flat(std::string_view& out, size_t& commas);

 private:
  bool skip();
  void skipSpace() {
    while (at_ < end_ && isSpace(*at_)) ++at_;
  }
  bool unescape(const char* from, const char* to, std::string& out);
  const char *at_, *end_;
  std::string unescaped_[2];
};

}  // namespace wasmformers::tokenizer
