// See scanner.h.
#include "tokenizer/patterns/scanner.h"

#include "text/unicode.h"
#include "text/utf8.h"

namespace wasmformers::tokenizer {
namespace {

using Shape = Alternative::Shape;
using text::Category;

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

// The kind of the character at p. Moves p past it.
inline CharacterKinds next(const char*& p) {
  const auto a = static_cast<unsigned char>(*p);
  if (a < 0x80) return ++p, kTables.ofAscii[a];
  return kindBeyondAscii(p);
}

// The end of a run of at most `most` characters of the kinds.
inline const char* run(const char* p, const char* end, CharacterKinds kinds, uint32_t most = UINT32_MAX) {
  for (const char* at = p; p < end && most; --most, p = at) {
    if (!(next(at) & kinds)) break;
  }
  return p;
}
inline bool isAt(const char* p, const char* end, CharacterKinds kinds) { return p < end && (next(p) & kinds); }

// The end of 's, 't, 're, 've, 'm, 'll or 'd at p, in upper or lower case (ſ counts as s); p where there is none.
const char* contraction(const char* p, const char* end) {
  if (end - p < 2 || *p != '\'') return p;
  const char a = p[1] | 32, b = end - p > 2 ? p[2] | 32 : '\0';
  if (a == 's' || a == 't' || a == 'm' || a == 'd') return p + 2;
  if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return p + 3;
  return end - p > 2 && p[1] == '\xC5' && p[2] == '\xBF' ? p + 3 : p;
}

// Matches shapes Run, Word and Capitals from `from` on, after the lead. Returns the end of the match, or null.
inline const char* matchBody(const Alternative& a, const char* from, const char* end) {
  if (a.shape == Shape::Run) {
    const char* stop = run(from, end, a.body, a.most);
    if (a.least == 1) {
      if (stop == from) return nullptr;
    } else {
      uint32_t n = 0;
      for (const char* c = from; c < stop && n < a.least; ++n) text::decode(c);
      if (n < a.least) return nullptr;
    }
    return a.tail ? run(stop, end, a.tail) : stop;
  }
  const char* stop = run(from, end, a.body);
  if (a.shape == Shape::Capitals) {
    if (stop == from) return nullptr;
    stop = run(stop, end, a.tail);
  } else if (isAt(stop, end, a.tail)) {
    stop = run(stop, end, a.tail);
  } else {  // the run of body gives characters back, up to its last one that is in tail too
    for (;;) {
      if (stop == from) return nullptr;
      const char* behind = stop;
      text::decodeBack(stop);
      if (isAt(stop, end, a.tail)) {
        stop = behind;
        break;
      }
    }
  }
  return a.suffix ? contraction(stop, end) : stop;
}

// The end of the alternative's match at p; p where there is no match.
const char* matchAlternative(const Alternative& a, const char* p, const char* end) {
  switch (a.shape) {
    case Shape::Literal: return std::string_view(p, size_t(end - p)).starts_with(a.literal) ? p + a.literal.size() : p;
    case Shape::Contraction: return contraction(p, end);
    case Shape::NotBefore: {
      const char* stop = run(p, end, a.body);
      if (stop != end) text::decodeBack(stop);
      return stop;
    }
    case Shape::UpTo: {
      const char* last = p;
      for (const char* at = p; at < end;) {
        const CharacterKinds k = next(at);
        if (!(k & a.body)) break;
        if (k & a.tail) last = at;
      }
      return last;
    }
    default: break;
  }
  // With the lead where there is one, else without.
  const char* behindLead = p;
  const bool leads = a.lead && (next(behindLead) & a.lead);
  if (a.leadNeeded && !leads) return p;
  const char* stop = leads ? matchBody(a, behindLead, end) : nullptr;
  if (!stop && !a.leadNeeded) stop = matchBody(a, p, end);
  return stop ? stop : p;
}

// The kinds of the characters that an alternative can begin with.
CharacterKinds firstOf(const Alternative& a) {
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

bool canBeginWith(const Alternative& a, uint32_t ascii) {
  if (a.shape == Shape::Literal) return uint32_t(a.literal[0]) == ascii;
  if (a.shape == Shape::Contraction) return ascii == '\'';
  return kTables.ofAscii[ascii] & firstOf(a);
}

}  // namespace

std::unique_ptr<Scanner> Scanner::make(std::string_view pattern) {
  std::unique_ptr<Scanner> s(new Scanner());
  if (!parseAlternatives(pattern, s->alternatives_)) return nullptr;
  for (size_t i = 0; i < s->alternatives_.size(); ++i) {
    s->first_.push_back(firstOf(s->alternatives_[i]));
    for (uint32_t c = 0; c < 128; ++c) {
      if (canBeginWith(s->alternatives_[i], c)) s->ofAscii_[c] |= 1u << i;
    }
  }
  return s;
}

size_t Scanner::match(std::string_view text, size_t from) const {
  const char *base = text.data(), *p = base + from, *end = base + text.size();
  uint32_t candidates = 0;
  if (const auto a = static_cast<unsigned char>(*p); a < 0x80) {
    candidates = ofAscii_[a];
  } else {
    const char* at = p;
    const CharacterKinds k = next(at);
    for (size_t i = 0; i < first_.size(); ++i) candidates |= uint32_t((first_[i] & k) != 0) << i;
  }
  for (; candidates; candidates &= candidates - 1) {
    const char* stop = matchAlternative(alternatives_[size_t(__builtin_ctz(candidates))], p, end);
    if (stop != p) return size_t(stop - base);
  }
  return from;
}

}  // namespace wasmformers::tokenizer
