// See byte_level.h; the pattern is hand-written as a scanner, one look at each character.
#include "tokenizer/pre_tokenizers/byte_level.h"

#include "text/unicode.h"
#include "text/utf8.h"

namespace wasmformers::tokenizer {
namespace {

bool isPrintable(uint32_t b) { return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE; }

struct Tables {
  uint16_t character[256];
  int16_t byte[512];
  char utf8[256][2];
  uint8_t length[256];
  Tables() {
    for (int16_t& b : byte) b = -1;
    uint16_t next = 256;
    for (uint32_t b = 0; b < 256; ++b) {
      character[b] = isPrintable(b) ? uint16_t(b) : next++;
      byte[character[b]] = int16_t(b);
      length[b] = uint8_t(text::encode(character[b], utf8[b]));
    }
  }
};
const Tables& tables() {
  static const Tables t;
  return t;
}

enum Kind : uint8_t { kLetter, kNumber, kSpace, kOther };

Kind kindOf(uint32_t c) {
  const uint32_t r = text::record(c);
  if (r & text::kWhiteSpace) return kSpace;
  const text::Category category = text::categoryOf(r);
  if (category >= text::Category::Lu && category <= text::Category::Lo) return kLetter;
  return category >= text::Category::Nd && category <= text::Category::No ? kNumber : kOther;
}

struct AsciiKinds {
  Kind of[128];
  AsciiKinds() {
    for (uint32_t c = 0; c < 128; ++c) of[c] = kindOf(c);
  }
};

// The kind of the character at p; moves p behind it.
inline Kind next(const char*& p) {
  static const AsciiKinds ascii;
  if (const unsigned char a = static_cast<unsigned char>(*p); a < 128) return ++p, ascii.of[a];
  return kindOf(text::decode(p));
}

}  // namespace

uint32_t characterOfByte(uint8_t byte) { return tables().character[byte]; }
int byteOfCharacter(uint32_t c) { return c < 512 ? tables().byte[c] : -1; }

size_t endOfGpt2Word(std::string_view s, size_t from) {
  const char *base = s.data(), *p = base + from, *end = base + s.size();
  if (*p == '\'' && p + 1 < end) {
    const char a = p[1], b = p + 2 < end ? p[2] : '\0';
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return from + 2;
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return from + 3;
  }
  const bool space = *p == ' ';
  Kind kind = next(p);
  const char* afterFirst = p;
  if (space && p < end) {
    kind = next(p);
    if (kind == kSpace) p = afterFirst;
  }
  if (kind != kSpace) {
    for (const char* at = p; p < end; p = at) {
      if (next(at) != kind) break;
    }
    return size_t(p - base);
  }
  // White space up to the end of the text, or all of it but the last, which belongs to the word that follows.
  const char* last = base + from;  // where the last one begins
  while (p < end) {
    const char* at = p;
    if (next(at) != kSpace) return size_t((last > base + from ? last : p) - base);
    last = p;
    p = at;
  }
  return s.size();
}

char* writeByteLevel(std::string_view in, char* to) {
  const Tables& t = tables();
  for (char c : in) {
    const auto b = static_cast<unsigned char>(c);
    to[0] = t.utf8[b][0];
    to[1] = t.utf8[b][1];
    to += t.length[b];
  }
  return to;
}

void toByteLevel(NormalizedString& s) {
  const Tables& t = tables();
  s.needSpans();
  std::string out(s.text.size() * 2, '\0');  // no character takes more than two bytes
  out.resize(size_t(writeByteLevel(s.text, out.data()) - out.data()));
  if (s.aligned) {
    std::vector<Span> spans;
    spans.reserve(out.size());
    for (size_t i = 0; i < s.text.size(); ++i)
      spans.insert(spans.end(), t.length[static_cast<unsigned char>(s.text[i])], s.spans[i]);
    s.spans.swap(spans);
  }
  s.text.swap(out);
}

}  // namespace wasmformers::tokenizer
