// The two long sections of a tokenizer.json, model.vocab and model.merges, read straight from its text: no tree of half a
// million values is made for them. What is not written as usual is refused here, and then the whole file is parsed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wasmformers::tokenizer {

struct ModelText {
  std::string_view vocab, merges;  // each with its brackets; merges "" where there is none
  std::string rest;                // the file with {} and [] in their place

  /// Finds them. False: parse the whole file.
  bool find(std::string_view json);
};

/// Reads the elements of such a section from left to right.
class TextScanner {
 public:
  explicit TextScanner(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}
  /// Passes over white space, then over c if it is there.
  bool take(char c) {
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
  bool pair(std::string_view& left, std::string_view& right) {
    skipSpace();
    const char *p = at_, *space = nullptr;
    if (p == end_ || *p != '"') return false;
    for (++p; p < end_ && *p != '"'; ++p) {
      if (*p == ' ' && space) return false;
      if (*p == ' ') space = p;
      else if (*p == '\\' || static_cast<unsigned char>(*p) < 0x20) return false;
    }
    if (p == end_ || !space) return false;
    left = {at_ + 1, size_t(space - at_ - 1)};
    right = {space + 1, size_t(p - space - 1)};
    at_ = p + 1;
    return true;
  }
  /// A string without escapes, of at most 64 bytes.
  bool key(std::string_view& out);
  /// A number of at most ten digits.
  bool number(uint64_t& out);
  /// Any value, in `out` as it is written; its brackets are only counted.
  bool value(std::string_view& out);

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
