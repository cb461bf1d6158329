// See scanners.h.
#include "tokenizer/pre_tokenizers/scanners.h"

#include <algorithm>

#include "text/unicode.h"
#include "text/utf8.h"

namespace wasmformers::tokenizer {
namespace {

using text::Category;

// Every character is of exactly one kind, fine enough that the sets of all known patterns are unions of kinds. ASCII
// stands apart where a pattern says A-Z, 0-9 or /; the ideographs and kana that DeepSeek's patterns name (一-龥,
// ぀-ヿ) too.
enum Kind : uint32_t {
  kNewline = 1 << 0,
  kBlank = 1 << 1,
  kOtherSpace = 1 << 2,  // \r and \n, U+0020, the rest of \s
  kUpper = 1 << 3,
  kLower = 1 << 4,
  kAsciiUpper = 1 << 5,
  kAsciiLower = 1 << 6,  // Lu and Lt, Ll
  kOtherLetter = 1 << 7,
  kCjkLetter = 1 << 8,  // Lm and Lo
  kMark = 1 << 9,
  kCjkMark = 1 << 10,
  kDecimal = 1 << 11,
  kAsciiDigit = 1 << 12,
  kOtherNumber = 1 << 13,  // Nd, Nl and No
  kPunctuation = 1 << 14,
  kAsciiPunctuation = 1 << 15,
  kSlash = 1 << 16,
  kCjkPunctuation = 1 << 17,
  kSymbol = 1 << 18,
  kAsciiSymbol = 1 << 19,
  kCjkSymbol = 1 << 20,
  kRest = 1 << 21,
  kCjkRest = 1 << 22,
};
constexpr uint32_t kAll = (1 << 23) - 1, kSpace = kNewline | kBlank | kOtherSpace;
constexpr uint32_t kUppers = kUpper | kAsciiUpper, kLowers = kLower | kAsciiLower, kOthers = kOtherLetter | kCjkLetter;
constexpr uint32_t kLetters = kUppers | kLowers | kOthers, kMarks = kMark | kCjkMark,
                   kDecimals = kDecimal | kAsciiDigit;
constexpr uint32_t kNumbers = kDecimals | kOtherNumber;
constexpr uint32_t kPunctuations = kPunctuation | kAsciiPunctuation | kSlash | kCjkPunctuation;
constexpr uint32_t kSymbols = kSymbol | kAsciiSymbol | kCjkSymbol;
constexpr uint32_t kCjk = kCjkLetter | kCjkMark | kCjkPunctuation | kCjkSymbol | kCjkRest;

constexpr uint32_t kindOfCategory(Category c) {
  switch (c) {
    case Category::Lu:
    case Category::Lt: return kUpper;
    case Category::Ll: return kLower;
    case Category::Lm:
    case Category::Lo: return kOtherLetter;
    case Category::Mn:
    case Category::Mc:
    case Category::Me: return kMark;
    case Category::Nd: return kDecimal;
    case Category::Nl:
    case Category::No: return kOtherNumber;
    case Category::Pc:
    case Category::Pd:
    case Category::Ps:
    case Category::Pe:
    case Category::Pi:
    case Category::Pf:
    case Category::Po: return kPunctuation;
    case Category::Sm:
    case Category::Sc:
    case Category::Sk:
    case Category::So: return kSymbol;
    default: return kRest;
  }
}

struct Tables {
  uint32_t ofCategory[32], ofAscii[128];
  Tables() {
    for (uint32_t i = 0; i < 32; ++i) ofCategory[i] = kindOfCategory(Category(i));
    for (uint32_t c = 0; c < 128; ++c) {
      const uint32_t r = text::record(c), k = ofCategory[uint32_t(text::categoryOf(r))];
      ofAscii[c] = c == '\r' || c == '\n'  ? kNewline
                   : c == ' '              ? kBlank
                   : r & text::kWhiteSpace ? kOtherSpace
                   : c == '/'              ? kSlash
                   : k == kUpper           ? kAsciiUpper
                   : k == kLower           ? kAsciiLower
                   : k == kDecimal         ? kAsciiDigit
                   : k == kPunctuation     ? kAsciiPunctuation
                   : k == kSymbol          ? kAsciiSymbol
                                           : k;
    }
  }
};
const Tables kTables;

uint32_t kindBeyondAscii(const char*& p) {
  const uint32_t c = text::decode(p), r = text::record(c);
  if (r & text::kWhiteSpace) return kOtherSpace;
  const uint32_t k = kTables.ofCategory[uint32_t(text::categoryOf(r))];
  if ((c < 0x4E00 || c > 0x9FA5) && (c < 0x3040 || c > 0x30FF)) return k;
  return k == kOtherLetter   ? kCjkLetter
         : k == kMark        ? kCjkMark
         : k == kPunctuation ? kCjkPunctuation
         : k == kSymbol      ? kCjkSymbol
                             : kCjkRest;
}

// The kind of the character at p; moves p behind it.
inline uint32_t next(const char*& p) {
  const auto a = static_cast<unsigned char>(*p);
  if (a < 0x80) return ++p, kTables.ofAscii[a];
  return kindBeyondAscii(p);
}

// To behind a run of at most `most` characters of the kinds.
inline const char* run(const char* p, const char* end, uint32_t kinds, uint32_t most = UINT32_MAX) {
  for (const char* at = p; p < end && most; --most, p = at) {
    if (!(next(at) & kinds)) break;
  }
  return p;
}
inline bool isAt(const char* p, const char* end, uint32_t kinds) { return p < end && (next(p) & kinds); }

// To behind 's, 't, 're, 've, 'm, 'll or 'd in any case (ſ is an s), or p.
const char* contraction(const char* p, const char* end) {
  if (end - p < 2 || *p != '\'') return p;
  const char a = p[1] | 32, b = end - p > 2 ? p[2] | 32 : '\0';
  if (a == 's' || a == 't' || a == 'm' || a == 'd') return p + 2;
  if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return p + 3;
  return end - p > 2 && p[1] == '\xC5' && p[2] == '\xBF' ? p + 3 : p;
}

}  // namespace

// Takes a pattern apart. Every reader leaves at_ where it was when it finds something else.
class Scanner::Parser {
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
    Kinds kinds;
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
      items[n - 2].least = items[n - 2].most += items[n - 1].most;  // [0-9][0-9][0-9]
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
    Item* i = items;
    const auto isOptional = [](const Item& x) { return x.least == 0 && x.most == 1; };
    const auto isAny = [](const Item& x) { return x.least == 0 && x.most == UINT32_MAX; };
    const auto isSome = [](const Item& x) { return x.least == 1 && x.most == UINT32_MAX; };
    if (n > 1 && isOptional(*i)) {
      if (i->possessive && (i->kinds & i[1].kinds)) return false;  // would not give back what it took
      a.lead = i->kinds, ++i, --n;
    }
    if (n == 2 && a.suffix == false && isAny(i[0]) && i[1].least == 1 && !a.lead && !(i[1].kinds & ~i[0].kinds) &&
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

  // Letters, digits, spaces, a few marks, and whatever is behind a backslash and stands for itself.
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

  // A set and its quantifier.
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

  bool set(Kinds& out) {
    if (named(out)) return true;
    if (eat(" ")) return out = kBlank, true;
    if (!eat("[")) return false;
    if (asciiMarks(out)) return true;
    const bool negated = eat("^");
    out = 0;
    while (!eat("]")) {
      Kinds k = 0;
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
  bool named(Kinds& out) {
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
  bool cjkRange(Kinds& out) {
    // The kinds say "一-龥 or kana": a set must name all three ranges, in this order.
    return eat("一-龥぀-ゟ゠-ヿ") ? (out = kCjk, true) : false;
  }
  // All of ASCII's marks, as DeepSeek writes them.
  bool asciiMarks(Kinds& out) {
    if (!eat("!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]")) return false;
    out = kAsciiPunctuation | kAsciiSymbol | kSlash;
    return true;
  }

  std::string_view in_;
  size_t at_ = 0;
};

std::unique_ptr<Scanner> Scanner::make(std::string_view pattern) {
  std::unique_ptr<Scanner> s(new Scanner());
  if (!Parser(pattern).run(s->alternatives_)) return nullptr;
  for (size_t i = 0; i < s->alternatives_.size(); ++i) {
    const Alternative& a = s->alternatives_[i];
    const Kinds first = s->firstOf(a);
    s->first_.push_back(first);
    for (uint32_t c = 0; c < 128; ++c) {
      const bool can = a.shape == Shape::Literal       ? uint32_t(a.literal[0]) == c
                       : a.shape == Shape::Contraction ? c == '\''
                                                       : kTables.ofAscii[c] & first;
      if (can) s->ofAscii_[c] |= 1u << i;
    }
  }
  return s;
}

Scanner::Kinds Scanner::firstOf(const Alternative& a) const {
  switch (a.shape) {
    case Shape::Literal:
    case Shape::Contraction: return 0;
    case Shape::Run: return a.leadNeeded ? a.lead : a.lead | a.body;
    case Shape::UpTo:
    case Shape::NotBefore: return a.body;
    case Shape::Word: return a.lead | a.body | a.tail;
    case Shape::Capitals: return a.lead | a.body;
  }
  return kAll;
}

const char* Scanner::matchOne(const Alternative& a, const char* p, const char* end) const {
  switch (a.shape) {
    case Shape::Literal: return std::string_view(p, size_t(end - p)).starts_with(a.literal) ? p + a.literal.size() : p;
    case Shape::Contraction: return contraction(p, end);
    case Shape::NotBefore: {
      const char* stop = run(p, end, a.body);
      if (stop == end) return stop;
      text::decodeBack(stop);
      return stop;
    }
    case Shape::UpTo: {
      const char* last = p;
      for (const char* at = p; at < end;) {
        const uint32_t k = next(at);
        if (!(k & a.body)) break;
        if (k & a.tail) last = at;
      }
      return last;
    }
    default: break;
  }
  // With the lead where it can be taken, else without.
  const char* after = p;
  const bool leads = a.lead && (next(after) & a.lead);
  if (a.leadNeeded && !leads) return p;
  for (int attempt = leads ? 0 : 1; attempt < (a.leadNeeded ? 1 : 2); ++attempt) {
    const char* from = attempt ? p : after;
    const char* stop = from;
    if (a.shape == Shape::Run) {
      if (a.least == 1) {
        stop = run(from, end, a.body, a.most);
        if (stop == from) continue;
      } else {
        const char* at = run(from, end, a.body, a.most);
        uint32_t n = 0;
        for (const char* c = from; c < at && n < a.least; ++n) text::decode(c);
        if (n < a.least) continue;
        stop = at;
      }
      return a.tail ? run(stop, end, a.tail) : stop;
    }
    stop = run(from, end, a.body);
    if (a.shape == Shape::Capitals) {
      if (stop == from) continue;
      stop = run(stop, end, a.tail);
    } else if (isAt(stop, end, a.tail)) {
      stop = run(stop, end, a.tail);
    } else {  // the run of body gives back up to its last character that is in tail too
      while (stop > from) {
        const char* behind = stop;
        text::decodeBack(stop);
        if (isAt(stop, end, a.tail)) {
          stop = behind;
          break;
        }
      }
      if (stop == from) continue;
    }
    return a.suffix ? contraction(stop, end) : stop;
  }
  return p;
}

size_t Scanner::match(std::string_view text, size_t from) const {
  const char *base = text.data(), *p = base + from, *end = base + text.size();
  uint32_t candidates = 0;
  if (const auto a = static_cast<unsigned char>(*p); a < 0x80) {
    candidates = ofAscii_[a];
  } else {
    const char* at = p;
    const uint32_t k = next(at);
    for (size_t i = 0; i < first_.size(); ++i) candidates |= uint32_t((first_[i] & k) != 0) << i;
  }
  for (; candidates; candidates &= candidates - 1) {
    const char* stop = matchOne(alternatives_[size_t(__builtin_ctz(candidates))], p, end);
    if (stop != p) return size_t(stop - base);
  }
  return from;
}

}  // namespace wasmformers::tokenizer
