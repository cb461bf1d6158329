// Reads the elements of an object or array of JSON from its text, left to right, without making a tree of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tokenizer/bytes.h"

namespace wasmformers::tokenizer {

/// How many strings a JSON text has.
size_t countStrings(std::string_view json);

/// A cursor in a JSON text.
class TextScanner {
 public:
  explicit TextScanner(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}
  /// Skips white space, then c if it is there. False: it is not.
  bool take(char c) {
    if (at_ < end_ && *at_ == c) return ++at_, true;
    skipSpace();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  /// Skips white space and returns the position in `text`, which must be the text that this reads.
  size_t place(std::string_view text) { return skipSpace(), size_t(at_ - text.data()); }
  bool atEnd() const { return at_ == end_; }
  static bool isSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  /// Reads a string. `out` is valid until the next string of the same slot (0 or 1). False where there is no string, or
  /// it is malformed.
  bool string(std::string_view& out, int slot = 0);
  /// Reads a string of two parts with one space between them. False, also where it has escapes: then nothing was read.
  bool pair(std::string_view& left, std::string_view& right);
  /// Reads up to `most` parts of the elements "left right" that come next, each followed by a comma; stops before one
  /// that is not written plainly (an escape, unusual white space, a long string). Returns the number of parts.
  size_t plainPairs(Spelling* parts, size_t most);
  /// The same for elements ["left", "right"].
  size_t plainLists(Spelling* parts, size_t most);
  /// The same for members "token": id. Returns the number of members.
  size_t plainMembers(Spelling* tokens, uint32_t* ids, size_t most);
  /// Reads a string without escapes, of at most 64 bytes.
  bool key(std::string_view& out);
  /// Reads a whole number of at most ten digits.
  bool number(uint64_t& out) {
    skipSpace();
    const char* from = at_;
    out = 0;
    for (; at_ < end_ && *at_ >= '0' && *at_ <= '9' && at_ - from < 10; ++at_) out = out * 10 + uint64_t(*at_ - '0');
    if (at_ == from || (*from == '0' && at_ - from > 1)) return false;
    return at_ < end_ && *at_ != '.' && *at_ != 'e' && *at_ != 'E' && !(*at_ >= '0' && *at_ <= '9');
  }
  /// Reads any value; `out` is its text. Its brackets are counted, but their kinds are not compared.
  bool value(std::string_view& out);
  /// Reads an object or array that holds no other one: as value(), and counts its commas. False: nothing was read.
  bool flat(std::string_view& out, size_t& commas);

 private:
  bool skip();
  void skipSpace() {
    while (at_ < end_ && isSpace(*at_)) ++at_;
  }
  static bool unescape(const char* p, const char* end, std::string& out);
  const char *at_, *end_;
  std::string unescaped_[2];
};

}  // namespace wasmformers::tokenizer
