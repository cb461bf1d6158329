// See oniguruma.h; after Oniguruma's doc/RE (6.9.10, ONIG_SYNTAX_ONIGURUMA) and pcre2pattern(3). This file has
// elements, quantifiers and groups. Tested against the reference on every code point and on random patterns
// (tests/native/regex/regex_test.cpp). Not supported, and named in the error: absent groups, callouts, the options W D
// S P y, text segments other than \X, properties of blocks (\p{InGreek}), lookbehind without an upper length.
#include "regex/oniguruma.h"

#include "regex/oniguruma_translator.h"

namespace wasmformers::regex {

std::string Translator::run() {
  for (size_t at = 0; (at = in_.find("(?", at)) != in_.npos; at += 2) {
    const char a = peek(at + 2), b = peek(at + 3);
    if ((a == '<' && b != '=' && b != '!') || a == '\'') named_ = true;
  }
  alternatives(0);
  if (!failed() && at_ < in_.size()) bad("closes a group that is not open");
  return failed() ? std::string() : std::move(out_);
}

void Translator::alternatives(int depth) {
  if (depth > kMaxDepth) return bad("nests its groups too deeply");
  int opened = 0;  // groups opened for options: (?i) holds up to the end of the group, across |
  while (!end()) {
    const char c = in_[at_];
    if (c == ')') break;
    if (c == '|') {
      ++at_;
      out_ += '|';
      continue;
    }
    if (extended_ && skipExtended()) continue;
    const size_t from = out_.size();
    if (!element(depth, opened)) continue;
    quantifiers(from);
  }
  out_.append(size_t(opened), ')');
}

bool Translator::skipExtended() {
  const char c = in_[at_];
  if (c == '#') {
    while (!end() && in_[at_] != '\n') ++at_;
    return true;
  }
  if (c != ' ' && (c < '\t' || c > '\r')) return false;
  ++at_;
  return true;
}

// Translates one element. False where no quantifier may follow it.
bool Translator::element(int depth, int& opened) {
  switch (in_[at_]) {
    case '(': return group(depth, opened);
    case '[': ++at_; return charClass(depth), true;
    case '\\': ++at_; return escape(), true;
    case '.': ++at_; return out_ += '.', true;
    case '^': ++at_; return out_ += '^', true;
    case '$': ++at_; return out_ += '$', true;
    case '*':
    case '+':
    case '?': return bad("repeats nothing"), false;
    default: return literal(character()), true;
  }
}

// {n}, {n,}, {,n} and {n,m}. False where it is none of these: then { stands for itself. With low > high an interval is
// greedy and possessive, and its limits are swapped.
bool Translator::interval(std::string& q, bool& fixed) {
  const size_t from = at_;
  uint32_t low = 0, high = 0;
  ++at_;
  const bool hasLow = digits(10, 6, low), comma = eat(","), hasHigh = comma && digits(10, 6, high);
  if (!eat("}") || !(hasLow || hasHigh)) return at_ = from, false;
  if (low > 65535 || high > 65535) return bad("repeats more than 65535 times"), false;
  fixed = !comma;
  const bool turned = hasLow && hasHigh && low > high;
  if (turned) std::swap(low, high);
  q = '{';
  q += std::to_string(low);
  if (comma) q += ',';
  if (hasHigh) q += std::to_string(high);
  q += '}';
  if (turned) q += '+';
  return true;
}

// Translates all quantifiers after the element that was written at `from`. A second one needs a group around the first.
void Translator::quantifiers(size_t from) {
  while (!end()) {
    if (extended_ && skipExtended()) continue;
    const char c = in_[at_];
    std::string q;
    bool fixed = false;
    if (c == '*' || c == '+' || c == '?') {
      ++at_;
      q = c;
      const char next = peek(at_);
      if (next == '?' || next == '+') q += next, ++at_;  // lazy, possessive
    } else if (c == '{' && interval(q, fixed)) {
      // An interval has no possessive form, so + repeats it. ? makes it lazy, but {n}? makes {n} optional.
      if (peek(at_) == '?' && !fixed && q.back() != '+') q += '?', ++at_;
    } else {
      return;
    }
    if (quantified_ == from) out_.insert(from, "(?:"), out_ += ')';
    out_ += q;
    quantified_ = from;
  }
}

bool Translator::group(int depth, int& opened) {
  ++at_;
  if (peek(at_) == '*') return unsupported("a callout"), false;
  const bool extended = extended_, caseless = caseless_;
  if (!eat("?")) {
    out_ += named_ ? "(?:" : "(";
  } else if (eat("#")) {
    while (!end() && in_[at_] != ')') at_ += in_[at_] == '\\' ? 2 : 1;
    if (!eat(")")) bad("does not end a comment");
    return false;
  } else if (eat(":") || eat("=") || eat("!") || eat(">")) {
    out_.append("(?") += in_[at_ - 1];
  } else if (eat("<=") || eat("<!")) {
    out_.append("(?<") += in_[at_ - 1];
  } else if (peek(at_) == '<' || peek(at_) == '\'') {
    namedGroup();
  } else if (eat("(")) {
    condition();
  } else if (peek(at_) == '~') {
    return unsupported("an absent group"), false;
  } else if (peek(at_) == '{') {
    return unsupported("a callout"), false;
  } else if (options()) {
    ++opened;  // (?i): up to the end of the group around it
    return false;
  }
  alternatives(depth + 1);
  if (!eat(")")) bad("does not close a group");
  out_ += ')';
  extended_ = extended;
  caseless_ = caseless;
  return true;
}

// (?<name> or (?'name'.
void Translator::namedGroup() {
  const char close = in_[at_++] == '<' ? '>' : '\'';
  const std::string_view name = until(close);
  if (name.empty() || isDigit(name[0])) bad("gives a group no proper name");
  out_.append("(?<").append(name) += '>';
}

// (?(number), (?(<name>) or (?('name').
void Translator::condition() {
  std::string_view name = until(')');
  if (name.size() > 2 && (name[0] == '<' || name[0] == '\'')) name = name.substr(1, name.size() - 2);
  for (char c : name) {
    if (!isLetter(c) && !isDigit(c) && c != '_') unsupported("a condition that is no group");
  }
  const bool number = !name.empty() && isDigit(name[0]);
  out_.append(number ? "(?(" : "(?(<").append(name).append(number ? ")" : ">)");
}

// (?imx-imx) and (?imx-imx:. m is PCRE2's s; x is handled here. True for the first form, which has no group.
bool Translator::options() {
  bool on = true;
  out_ += "(?";
  for (;; ++at_) {
    const char c = peek(at_);
    if (c == '-' && on)
      on = false, out_ += '-';
    else if (c == 'i')
      out_ += 'i', caseless_ = on;
    else if (c == 'm')
      out_ += 's';
    else if (c == 'x')
      extended_ = on;
    else
      break;
  }
  out_ += ':';
  if (eat(":")) return false;
  if (eat(")")) return true;
  if (isLetter(peek(at_)))
    unsupported(std::string("the option ") + peek(at_));
  else
    bad("begins a group of no known kind");
  return false;
}

std::string translate(std::string_view oniguruma, bool (*isScript)(std::string_view), Failure& failure) {
  return Translator(oniguruma, isScript, failure).run();
}

}  // namespace wasmformers::regex
