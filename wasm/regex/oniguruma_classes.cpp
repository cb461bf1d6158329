// See oniguruma.h: classes in brackets, with ranges, nested classes and intersections (&&).
#include "regex/oniguruma_sets.h"
#include "regex/oniguruma_translator.h"

namespace wasmformers::regex {

// The rest of a class, after its opening bracket. It is written as a class or, where && occurs, as a group that matches
// one character: [a&&b] becomes (?:(?=[a])[b]), since PCRE2 10.46 fails on its own && next to a lookbehind. True: it is
// such a group.
bool Translator::charClass(int depth) {
  if (depth > kMaxDepth) return bad("nests its classes too deeply"), false;
  const size_t from = out_.size();  // members of the current operand are written from here on
  const bool negated = eat("^");
  bool isGroup = false, any = false;
  std::string groups, all;  // nested classes that became groups; earlier operands, as lookaheads
  const auto operand = [&] {
    std::string one;
    if (out_.size() > from) one.append("[").append(out_, from).append("]");
    out_.resize(from);
    if (groups.empty()) return one.empty() ? std::string("(?!)") : one;
    return std::string("(?:").append(one).append(groups, one.empty() ? 1 : 0).append(")");
  };
  for (bool first = true; !end() && (in_[at_] != ']' || (first && in_.find(']', at_ + 1) != in_.npos)); first = false) {
    if (in_[at_] == '[') {
      any = true;
      if (posixBracket()) continue;
      ++at_;
      const size_t nested = out_.size();
      if (!charClass(depth + 1)) continue;
      groups.append("|").append(out_, nested);
      out_.resize(nested);
      isGroup = true;
      continue;
    }
    if (eat("&&")) {
      all.append("(?=").append(operand()).append(")");
      groups.clear();
      any = isGroup = true;
      continue;
    }
    uint32_t low = 0;
    any = true;
    if (!member(low)) continue;
    // A range, unless the - is the last character.
    if (peek(at_) == '-' && peek(at_ + 1) != ']' && at_ + 1 < in_.size()) {
      const size_t dash = at_++;
      uint32_t high = 0;
      if (peek(at_) == '[' || peek(at_) == '&') {
        at_ = dash;
      } else {
        if (!member(high)) bad("has a range of characters without an end");
        if (high < low) bad("has a range of characters that is empty");
        codePoint(low);
        out_ += '-';
        codePoint(high);
        continue;
      }
    }
    codePoint(low);
  }
  if (!any) bad("has an empty class");
  if (!eat("]")) bad("does not close a class");
  const std::string last = operand();
  if (!isGroup)
    out_.append(negated ? "[^" : "[").append(last, 1);
  else if (negated)
    out_.append("(?:(?!").append(all).append(last).append(")\\p{Any})");
  else
    out_.append("(?:").append(all).append(last) += ')';
  return isGroup;
}

// Reads one member. False: it is a set, which has been written.
bool Translator::member(uint32_t& c) {
  if (in_[at_] != '\\') return c = character(), true;
  ++at_;
  if (eat("b")) return c = 8, true;
  return common(true, c);
}

// [:name:] or [:^name:] at at_.
bool Translator::posixBracket() {
  const size_t close = in_.find(":]", at_ + 2);
  if (peek(at_ + 1) != ':' || close == in_.npos) return false;
  std::string_view name = in_.substr(at_ + 2, close - at_ - 2);
  const bool negated = name.starts_with('^');
  if (negated) name.remove_prefix(1);
  const std::string_view members = namedSet(name);
  if (members.empty()) return false;
  set(members, negated, true);
  at_ = close + 2;
  return true;
}

}  // namespace wasmformers::regex
