// The translator behind oniguruma.h, used by oniguruma*.cpp only. It reads the pattern once, from left to right, and
// writes each element in PCRE2's syntax.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "regex/oniguruma.h"
#include "text/utf8.h"

namespace wasmformers::regex {

inline bool isDigit(char c) { return c >= '0' && c <= '9'; }
inline bool isLetter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
inline int hexOf(char c) {
  return isDigit(c) ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

class Translator {
 public:
  Translator(std::string_view in, bool (*isScript)(std::string_view), Failure& failure)
      : in_(in), isScript_(isScript), failure_(failure) {}

  std::string run();

 private:
  static constexpr int kMaxDepth = 100;  // PCRE2's own limit is 250

  // Elements, quantifiers and groups (oniguruma.cpp).
  void alternatives(int depth);
  bool skipExtended();
  bool element(int depth, int& opened);
  bool interval(std::string& q, bool& fixed);
  void quantifiers(size_t from);
  bool group(int depth, int& opened);
  void namedGroup();
  void condition();
  bool options();
  // What follows a backslash (oniguruma_escapes.cpp).
  void escape();
  bool common(bool inClass, uint32_t& c);
  void property(bool negated, bool inClass);
  void boundary(bool negated);
  void reference(char kind);
  uint32_t groups() const;
  // Classes (oniguruma_classes.cpp).
  bool charClass(int depth);
  bool member(uint32_t& c);
  bool posixBracket();

  // --- Reading

  char peek(size_t at) const { return at < in_.size() ? in_[at] : '\0'; }
  bool end() const { return at_ >= in_.size() || failed(); }
  bool failed() const { return !failure_.code.empty(); }
  bool eat(std::string_view s) {
    if (!in_.substr(std::min(at_, in_.size())).starts_with(s)) return false;
    at_ += s.size();
    return true;
  }
  void fail(std::string_view code, std::string what) {
    if (!failed()) failure_ = {std::string(code), std::move(what) + " (at byte " + std::to_string(at_) + ")."};
  }
  void bad(std::string_view what) { fail("bad_pattern", "is no regular expression: it " + std::string(what)); }
  void unsupported(std::string_view what) {
    fail("unsupported_pattern", "uses " + std::string(what) + ", which is not supported");
  }

  uint32_t character() {
    const char* p = in_.data() + at_;
    const uint32_t c = text::decode(p);
    at_ = std::min(size_t(p - in_.data()), in_.size());
    return c;
  }
  // Reads up to `most` digits of a base. False where there is none.
  bool digits(unsigned base, int most, uint32_t& value) {
    value = 0;
    int n = 0;
    for (; n < most && !end(); ++n, ++at_) {
      const int d = hexOf(in_[at_]);
      if (d < 0 || unsigned(d) >= base) break;
      value = value * base + unsigned(d);
    }
    return n > 0;
  }
  // Reads up to `close` and past it.
  std::string_view until(char close) {
    const size_t from = at_, to = in_.find(close, at_);
    if (to == in_.npos) return bad("does not end what it begins"), std::string_view();
    at_ = to + 1;
    return in_.substr(from, to - from);
  }

  // --- Writing

  void literal(uint32_t c) {
    if (c >= 0x80 || isLetter(char(c)) || isDigit(char(c))) return text::append(out_, c);
    static const char digits[] = "0123456789abcdef";
    const char escaped[] = {'\\', 'x', '{', digits[c >> 4], digits[c & 15], '}'};
    out_.append(escaped, 6);
  }
  void codePoint(uint32_t c) {
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return bad("names a code point that there is not");
    literal(c);
  }
  // A set: its members inside a class, else a class of its own.
  void set(std::string_view members, bool negated, bool inClass) {
    if (inClass && !negated)
      out_ += members;
    else
      out_.append(negated ? "[^" : "[").append(members).append("]");
  }

  std::string_view in_;
  size_t at_ = 0;
  bool (*isScript_)(std::string_view);
  std::string out_;
  Failure& failure_;
  bool named_ = false;                        // some group has a name, so the others do not capture
  bool extended_ = false, caseless_ = false;  // (?x), (?i)
  size_t quantified_ = size_t(-1);            // where the element begins that has a quantifier already
};

}  // namespace wasmformers::regex
