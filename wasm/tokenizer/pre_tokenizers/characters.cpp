// Pre-tokenizers that cut by looking at one character at a time: BertPreTokenizer, Whitespace, WhitespaceSplit,
// Punctuation, Digits, CharDelimiterSplit, UnicodeScripts and FixedLength. Each does what tokenizers 0.23.3 does.
// Characters are classified by a table for ASCII and by text/unicode.h for the rest.
#include "text/unicode.h"
#include "text/utf8.h"
#include "tokenizer/pre_tokenizers/pre_tokenizer.h"

namespace wasmformers::tokenizer {
namespace {

using text::kNumeric;
using text::kWhiteSpace;
using text::kWord;

// The properties of ASCII characters, so that the loops below mostly read one small table.
struct AsciiProperties {
  uint16_t of[128];
  AsciiProperties() {
    for (uint32_t c = 0; c < 128; ++c) of[c] = uint16_t(text::record(c));
  }
};
const uint16_t* asciiProperties() {
  static const AsciiProperties table;
  return table.of;
}

// The properties (bits 0–11) of the character at p. Moves p past it.
inline uint32_t propertiesAt(const char*& p, const uint16_t* ascii) {
  const unsigned char a = static_cast<unsigned char>(*p);
  if (a < 0x80) return ++p, ascii[a];
  return text::record(text::decode(p));
}

class BertPreTokenizer final : public PreTokenizer {
  void preTokenize(PreTokenized& t) const override {
    const uint16_t* ascii = asciiProperties();
    t.split([ascii](std::string_view s, auto emit) {
      const char *base = s.data(), *p = base, *end = p + s.size(), *word = p;
      while (p < end) {
        const char* at = p;
        const uint32_t r = propertiesAt(p, ascii);
        if (!(r & (kWhiteSpace | text::kPunctuation))) continue;
        emit(size_t(word - base), size_t(at - base));
        if (!(r & kWhiteSpace)) emit(size_t(at - base), size_t(p - base));
        word = p;
      }
      emit(size_t(word - base), s.size());
    });
  }
};

// Words are the matches of \w+|[^\w\s]+. White space is dropped.
class Whitespace final : public PreTokenizer {
  void preTokenize(PreTokenized& t) const override {
    const uint16_t* ascii = asciiProperties();
    t.split([ascii](std::string_view s, auto emit) {
      const char *base = s.data(), *p = base, *end = p + s.size(), *start = p;
      uint32_t kind = kWhiteSpace;  // of the current run
      while (p < end) {
        const char* at = p;
        const uint32_t r = propertiesAt(p, ascii), here = r & kWord ? uint32_t(kWord) : r & kWhiteSpace;
        if (here == kind) continue;
        if (kind != kWhiteSpace) emit(size_t(start - base), size_t(at - base));
        kind = here;
        start = at;
      }
      if (kind != kWhiteSpace) emit(size_t(start - base), s.size());
    });
  }
};

// Fills `out` with matches that cover s. Each character for which isDelimiter(p) holds, which moves p past it, is a
// delimiter of its own.
template <class Is>
void matchCharacters(std::string_view s, Is isDelimiter, std::vector<Match>& out) {
  out.clear();
  const char *base = s.data(), *p = base, *end = p + s.size(), *word = p;
  while (p < end) {
    const char* at = p;
    if (!isDelimiter(p)) continue;
    if (word < at) out.push_back({uint32_t(word - base), uint32_t(at - base), false});
    out.push_back({uint32_t(at - base), uint32_t(p - base), true});
    word = p;
  }
  if (word < end) out.push_back({uint32_t(word - base), uint32_t(s.size()), false});
}

// WhitespaceSplit, Punctuation, Digits: one property, one behaviour.
class PropertySplit final : public PreTokenizer {
 public:
  PropertySplit(uint32_t property, Behavior behavior) : property_(property), behavior_(behavior) {}
  void preTokenize(PreTokenized& t) const override {
    const uint16_t* ascii = asciiProperties();
    std::vector<Match> matches;
    t.split([&](std::string_view s, auto emit) {
      matchCharacters(s, [&](const char*& p) { return propertiesAt(p, ascii) & property_; }, matches);
      emitMatches(matches, behavior_, emit);
    });
  }

 private:
  uint32_t property_;
  Behavior behavior_;
};

class CharDelimiterSplit final : public PreTokenizer {
 public:
  explicit CharDelimiterSplit(uint32_t delimiter) : delimiter_(delimiter) {}
  void preTokenize(PreTokenized& t) const override {
    std::vector<Match> matches;
    t.split([&](std::string_view s, auto emit) {
      matchCharacters(s, [&](const char*& p) { return text::decode(p) == delimiter_; }, matches);
      emitMatches(matches, Behavior::Removed, emit);
    });
  }

 private:
  uint32_t delimiter_;
};

// Words end where the script changes. Spaces belong to the script before them; leading ones are dropped.
class UnicodeScripts final : public PreTokenizer {
  void preTokenize(PreTokenized& t) const override {
    t.split([](std::string_view s, auto emit) {
      const char *base = s.data(), *p = base, *end = p + s.size(), *word = nullptr;
      uint8_t last = 0;
      while (p < end) {
        const char* at = p;
        const uint8_t script = text::scriptOf(text::decode(p));
        if (script == 0 || script == last) continue;
        if (word) emit(size_t(word - base), size_t(at - base));
        word = at;
        last = script;
      }
      if (word) emit(size_t(word - base), s.size());
    });
  }
};

// Pieces of `length` characters.
class FixedLength final : public PreTokenizer {
 public:
  explicit FixedLength(uint32_t length) : length_(length) {}
  void preTokenize(PreTokenized& t) const override {
    t.split([&](std::string_view s, auto emit) {
      const char *base = s.data(), *p = base, *end = p + s.size();
      while (p < end) {
        const char* from = p;
        for (uint32_t i = 0; i < length_ && p < end; ++i) text::decode(p);
        emit(size_t(from - base), size_t(p - base));
      }
    });
  }

 private:
  uint32_t length_;
};

template <class T, class... Arguments>
std::unique_ptr<PreTokenizer> made(Arguments&&... arguments) {
  return std::unique_ptr<PreTokenizer>(new T(std::forward<Arguments>(arguments)...));
}

std::unique_ptr<PreTokenizer> charDelimiterSplit(const Component& c) {
  const std::string delimiter = c.string("delimiter");
  if (text::countCharacters(delimiter) != 1) return c.member("delimiter").fail("bad_value", "must be one character.");
  const char* p = delimiter.data();
  return made<CharDelimiterSplit>(text::decode(p));
}

}  // namespace

std::unique_ptr<PreTokenizer> makeCharacterPreTokenizer(std::string_view type, const Component& c) {
  if (type == "BertPreTokenizer") return made<BertPreTokenizer>();
  if (type == "Whitespace") return made<Whitespace>();
  if (type == "UnicodeScripts") return made<UnicodeScripts>();
  if (type == "WhitespaceSplit") return made<PropertySplit>(uint32_t(kWhiteSpace), Behavior::Removed);
  if (type == "Punctuation") return made<PropertySplit>(uint32_t(text::kPunctuation), readBehavior(c, "Isolated"));
  if (type == "CharDelimiterSplit" || type == "Delimiter") return charDelimiterSplit(c);
  if (type == "Digits") {
    return made<PropertySplit>(uint32_t(kNumeric),
                               c.boolean("individual_digits") ? Behavior::Isolated : Behavior::Contiguous);
  }
  if (type == "FixedLength") {
    const uint32_t length = c.number("length", 5);
    return length ? made<FixedLength>(length) : c.member("length").fail("bad_value", "must not be 0.");
  }
  return c.unknown("pre-tokenizer");
}

}  // namespace wasmformers::tokenizer
