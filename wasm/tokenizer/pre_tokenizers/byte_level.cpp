// The pre-tokenizer ByteLevel: words by GPT-2's pattern, then each byte as a printable character (byte_alphabet.h).
// What tokenizers 0.23.3 does (pre_tokenizers/byte_level.rs). A model that takes bytes itself spares the second step.
#include <algorithm>

#include "text/unicode.h"
#include "text/utf8.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/pre_tokenizers/pre_tokenizer.h"

namespace wasmformers::tokenizer {
namespace {

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

// The kind of the character at p. Moves p past it.
inline Kind next(const char*& p) {
  static const AsciiKinds ascii;
  if (const unsigned char a = static_cast<unsigned char>(*p); a < 128) return ++p, ascii.of[a];
  return kindOf(text::decode(p));
}

// Where the word that begins at `from` ends, by GPT-2's pattern:
// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// `from` must be less than the text's size. Every character belongs to some word. Written by hand as a scanner that
// looks at each character once.
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
  // White space: all of it at the end of the text, else all but the last, which belongs to the next word.
  const char* last = base + from;  // where the last white space begins
  while (p < end) {
    const char* at = p;
    if (next(at) != kSpace) return size_t((last > base + from ? last : p) - base);
    last = p;
    p = at;
  }
  return s.size();
}

class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(bool addPrefixSpace, bool useRegex) : addPrefixSpace_(addPrefixSpace), useRegex_(useRegex) {}
  void leaveBytes() override { leave_ = true; }
  void preTokenize(PreTokenized& t) const override {
    if (addPrefixSpace_ &&
        std::any_of(t.pieces.begin(), t.pieces.end(), [&](const Piece& p) { return lacksSpace(t, p); }))
      addSpaces(t);
    if (useRegex_) {
      t.split([](std::string_view s, auto emit) {
        for (size_t from = 0, end; from < s.size(); from = end) {
          end = endOfGpt2Word(s, from);
          emit(from, end);
        }
      });
    }
    if (leave_)
      t.bytes = true;
    else
      write(t);
  }

 private:
  static bool lacksSpace(const PreTokenized& t, const Piece& p) { return p.added < 0 && t.text[p.begin] != ' '; }

  // An added space has the span of the character after it.
  [[gnu::cold]] [[gnu::noinline]] static void addSpaces(PreTokenized& t) {
    t.rebuild([&](PreTokenized& out) {
      for (const Piece& p : t.pieces) {
        const uint32_t begin = uint32_t(out.text.size());
        if (lacksSpace(t, p)) {
          out.text += ' ';
          if (t.aligned) out.spans.push_back(t.spans[p.begin]);
        }
        out.text += t.view(p);
        if (t.aligned) out.spans.insert(out.spans.end(), t.spans.begin() + p.begin, t.spans.begin() + p.end);
        out.pieces.push_back({begin, uint32_t(out.text.size()), p.added});
      }
    });
  }

  // Replaces the pieces by their byte-level forms.
  [[gnu::cold]] [[gnu::noinline]] static void write(PreTokenized& t) {
    t.rebuild([&](PreTokenized& out) {
      out.text.resize(2 * t.text.size());  // no byte takes more than two
      char* to = out.text.data();
      for (const Piece& p : t.pieces) {
        const uint32_t begin = uint32_t(to - out.text.data());
        for (uint32_t i = p.begin; i < p.end; ++i) {
          char* const from = to;
          if (p.added < 0)
            to = writeByteLevel({&t.text[i], 1}, to);
          else
            *to++ = t.text[i];
          if (t.aligned) out.spans.insert(out.spans.end(), size_t(to - from), t.spans[i]);
        }
        out.pieces.push_back({begin, uint32_t(to - out.text.data()), p.added});
      }
      out.text.resize(size_t(to - out.text.data()));
    });
  }

  bool addPrefixSpace_, useRegex_, leave_ = false;
};

}  // namespace

std::unique_ptr<PreTokenizer> makeByteLevel(const Component& c) {
  const bool addPrefixSpace = c.boolean("add_prefix_space");
  return std::unique_ptr<PreTokenizer>(new ByteLevel(addPrefixSpace, c.boolean("use_regex", true)));
}

}  // namespace wasmformers::tokenizer
