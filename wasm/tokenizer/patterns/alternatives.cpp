// See alternatives.h.
// Optimize: least
#include "tokenizer/patterns/alternatives.h"

namespace wasmformers::tokenizer {
namespace {

using Shape = Alternative::Shape;

// Reads a pattern from left to right. A reader that finds something else leaves at_ where it was.
class Parser {
 public:
  explicit Parser(std::string_view pattern) : in_(pattern) {}

  bool run(std::vector<Alternative>& out) {
    do {
      Alternative a;
      if (!alternative(a)) return false;
      out.push_back(std::move(a));
    } while (eat("|"));
    return at_ == in_.size() && out.size() <= 32;
  }

 private:
  struct Item {
    CharacterKinds kinds;
    uint32_t least, most;
    bool possessive;
  };

  bool eat(std::string_view s) {
    if (!in_.substr(at_).starts_with(s)) return false;
    at_ += s.size();
    return true;
  }
  bool atEnd() const { return at_ == in_.size() || in_[at_] == '|'; }

  bool alternative(Alternative& a) {
    const size_t from = at_;
    if (literal(a.literal)) return a.shape = Shape::Literal, true;
    at_ = from;
    if (contractions()) return a.shape = Shape::Contraction, atEnd();
    Item items[3];
    int n = 0;
    while (n < 3 && item(items[n])) ++n;
    while (n > 1 && items[n - 1].kinds == items[n - 2].kinds && items[n - 1].least == items[n - 1].most &&
           items[n - 2].least == items[n - 2].most) {
      items[n - 2].least = items[n - 2].most += items[n - 1].most;  // [0-9][0-9][0-9] is [0-9]{3}
      --n;
    }
    if (n == 0) return false;
    if (eat("(?!\\S)")) {
      a.shape = Shape::NotBefore;
      a.body = items[0].kinds;
      return n == 1 && atEnd() && a.body == kSpace && items[0].least == 1 && items[0].most == UINT32_MAX &&
             !items[0].possessive;
    }
    a.suffix = contractions() && eat("?");
    if (!atEnd()) return false;
    return shapeOf(items, n, a);
  }

  // The shape of the sets i[0] to i[n - 1]. False: it is none of the known ones.
  static bool shapeOf(const Item* i, int n, Alternative& a) {
    const auto isOptional = [](const Item& x) { return x.least == 0 && x.most == 1; };
    const auto isAny = [](const Item& x) { return x.least == 0 && x.most == UINT32_MAX; };
    const auto isSome = [](const Item& x) { return x.least == 1 && x.most == UINT32_MAX; };
    if (n > 1 && isOptional(*i)) {
      if (i->possessive && (i->kinds & i[1].kinds)) return false;  // it would not give a character back
      a.lead = i->kinds, ++i, --n;
    }
    if (n == 2 && !a.suffix && isAny(i[0]) && i[1].least == 1 && !a.lead && !(i[1].kinds & ~i[0].kinds) &&
        !i[0].possessive) {
      if (i[1].most != 1 && i[1].most != UINT32_MAX) return false;
      a.shape = Shape::UpTo;
      a.body = i[0].kinds, a.tail = i[1].kinds;
      return true;
    }
    if (n == 2 && ((isAny(i[0]) && isSome(i[1])) || (isSome(i[0]) && isAny(i[1]) && a.suffix)) && !i[0].possessive &&
        !i[1].possessive) {
      a.shape = isAny(i[0]) ? Shape::Word : Shape::Capitals;
      a.body = i[0].kinds, a.tail = i[1].kinds;
      return true;
    }
    if (n == 2 && i[0].least == 1 && i[0].most == 1 && !a.lead) a.leadNeeded = true, a.lead = i->kinds, ++i, --n;
    if (n < 1 || n > 2 || i[0].least == 0 || a.suffix) return false;
    a.body = i[0].kinds, a.least = i[0].least, a.most = i[0].most;
    if (n == 2) {
      if (!isAny(i[1])) return false;
      a.tail = i[1].kinds;
    }
    return true;
  }

  // Letters, digits, spaces, a few punctuation marks, and marks that a backslash escapes.
  bool literal(std::string& out) {
    for (; !atEnd(); ++at_) {
      char c = in_[at_];
      const bool plain = (c | 32) >= 'a' && (c | 32) <= 'z';
      if (c == '\\' && at_ + 1 < in_.size()) {
        c = in_[++at_];
        if (c < '!' || c > '~' || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9')) return false;
      } else if (!plain && !(c >= '0' && c <= '9') &&
                 std::string_view("'\"<>_-~!@#%&=:;,/ ").find(c) == std::string_view::npos) {
        return false;
      }
      out += c;
    }
    return !out.empty();
  }

  bool contractions() {
    return eat("(?i:'s|'t|'re|'ve|'m|'ll|'d)") || eat("(?i:'s|'t|'re|'ve|'m|'d|'ll)") || eat("'(?i:[sdmt]|ll|ve|re)") ||
           eat("(?i:'[sdmt]|'ll|'ve|'re)");
  }

  // A set of characters and its quantifier.
  bool item(Item& out) {
    const size_t from = at_;
    if (!set(out.kinds)) return at_ = from, false;
    out.least = out.most = 1;
    out.possessive = false;
    if (eat("?"))
      out.least = 0;
    else if (eat("*"))
      out.least = 0, out.most = UINT32_MAX;
    else if (eat("+"))
      out.most = UINT32_MAX;
    else if (eat("{")) {
      if (!number(out.least)) return at_ = from, false;
      out.most = out.least;
      if (eat(",")) {
        if (!number(out.most)) out.most = UINT32_MAX;
      }
      if (!eat("}") || out.least == 0 || out.least > out.most) return at_ = from, false;
      return !(at_ < in_.size() && (in_[at_] == '+' || in_[at_] == '?' || in_[at_] == '*' || in_[at_] == '{'));
    } else {
      return true;
    }
    out.possessive = eat("+");
    return !(at_ < in_.size() && (in_[at_] == '+' || in_[at_] == '?' || in_[at_] == '*' || in_[at_] == '{'));
  }
  bool number(uint32_t& n) {
    const size_t from = at_;
    for (n = 0; at_ < in_.size() && at_ - from < 4 && in_[at_] >= '0' && in_[at_] <= '9'; ++at_)
      n = n * 10 + uint32_t(in_[at_] - '0');
    return at_ > from;
  }

  bool set(CharacterKinds& out) {
    if (named(out)) return true;
    if (eat(" ")) return out = kBlank, true;
    if (!eat("[")) return false;
    if (asciiMarks(out)) return true;
    const bool negated = eat("^");
    out = 0;
    while (!eat("]")) {
      CharacterKinds k = 0;
      if (named(k) || cjkRange(k)) {
      } else if (eat("\\r\\n") || eat("\\n\\r"))
        k = kNewline;
      else if (eat("\r\n"))
        k = kNewline;
      else if (eat("A-Z"))
        k = kAsciiUpper;
      else if (eat("a-z"))
        k = kAsciiLower;
      else if (eat("0-9"))
        k = kAsciiDigit;
      else if (eat("/") || eat("\\/"))
        k = kSlash;
      else if (eat(" "))
        k = kBlank;
      else
        return false;
      if (at_ < in_.size() && in_[at_] == '-') return false;
      out |= k;
    }
    if (negated) out = kAll & ~out;
    return true;
  }
  bool named(CharacterKinds& out) {
    static constexpr struct {
      std::string_view name;
      uint32_t kinds;
    } kNamed[] = {{"\\p{L}", kLetters},        {"\\p{N}", kNumbers},      {"\\s", kSpace},
                  {"\\p{M}", kMarks},          {"\\p{P}", kPunctuations}, {"\\p{S}", kSymbols},
                  {"\\p{Lu}\\p{Lt}", kUppers}, {"\\p{Ll}", kLowers},      {"\\p{Lm}\\p{Lo}", kOthers},
                  {"\\p{Nd}", kDecimals},      {"\\d", kDecimals},        {"\\S", kAll & ~kSpace}};
    for (const auto& n : kNamed) {
      if (eat(n.name)) return out = n.kinds, true;
    }
    return false;
  }
  bool cjkRange(CharacterKinds& out) {
    // The kinds do not tell ideographs from kana: a set must name all three ranges, in this order.
    return eat("一-龥぀-ゟ゠-ヿ") ? (out = kCjk, true) : false;
  }
  // All of ASCII's punctuation marks, as DeepSeek's patterns list them.
  bool asciiMarks(CharacterKinds& out) {
    if (!eat("!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]")) return false;
    out = kAsciiPunctuation | kAsciiSymbol | kSlash;
    return true;
  }

  std::string_view in_;
  size_t at_ = 0;
};

}  // namespace

bool parseAlternatives(std::string_view pattern, std::vector<Alternative>& out) { return Parser(pattern).run(out); }

}  // namespace wasmformers::tokenizer
