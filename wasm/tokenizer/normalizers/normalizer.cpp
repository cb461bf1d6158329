// See normalizer.h: the factory, and the short normalizers. Each class is a `type` of tokenizer.json and does what
// tokenizers 0.23.3 does.
#include "tokenizer/normalizers/normalizer.h"

#include "text/unicode.h"
#include "tokenizer/byte_alphabet.h"

namespace wasmformers::tokenizer {

void toForm(NormalizedString& s, text::Form form) {
  std::vector<text::Changed> changed;
  if (!text::normalForm(s.text, form, changed)) return;
  Rewriter out(s);
  for (const text::Changed& c : changed) out.put(c.character, c.change);
  out.finish();
}

void toLowercase(NormalizedString& s) {
  if (text::isAscii(s.text)) {
    for (char& c : s.text) c = char(c + (unsigned(c) - 'A' < 26u ? 32 : 0));
    return;
  }
  Rewriter out(s);
  for (const char *p = s.text.data(), *end = p + s.text.size(); p < end;) {
    int32_t change = 0;
    text::forLowercase(text::decode(p), [&](uint32_t c) { out.put(c, change), change = 1; });
  }
  out.finish();
}

void prepend(NormalizedString& s, std::string_view added) {
  if (s.text.empty() || added.empty()) return;
  s.needSpans();
  s.text.insert(0, added);
  // The added text gets the span of the first character.
  if (s.aligned) s.spans.insert(s.spans.begin(), added.size(), Span(s.spans[0]));
}

namespace {

class NormalForm final : public Normalizer {
 public:
  explicit NormalForm(text::Form form) : form_(form) {}
  void normalize(NormalizedString& s) const override { toForm(s, form_); }

 private:
  text::Form form_;
};

class Lowercase final : public Normalizer {
  void normalize(NormalizedString& s) const override { toLowercase(s); }
};

// Every byte of the text becomes a printable character, which keeps the byte's span.
class ByteLevel final : public Normalizer {
  void normalize(NormalizedString& s) const override {
    s.needSpans();
    std::string out(s.text.size() * 2, '\0');  // no character takes more than two bytes
    out.resize(size_t(writeByteLevel(s.text, out.data()) - out.data()));
    if (s.aligned) {
      std::vector<Span> spans;
      spans.reserve(out.size());
      for (size_t i = 0; i < s.text.size(); ++i) {
        const size_t bytes = characterOfByte(uint8_t(s.text[i])) < 0x80 ? 1 : 2;
        spans.insert(spans.end(), bytes, s.spans[i]);
      }
      s.spans.swap(spans);
    }
    s.text.swap(out);
  }
};

class StripAccents final : public Normalizer {
  void normalize(NormalizedString& s) const override {
    if (!text::isAscii(s.text)) filter(s, [](uint32_t c) { return !text::is(c, text::kMark); });
  }
};

class Nmt final : public Normalizer {
  void normalize(NormalizedString& s) const override {
    filter(s, [](uint32_t c) {
      return !((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F);
    });
    mapCharacters(s, [](uint32_t c) {
      const bool space = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
                         c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
      return space ? uint32_t(' ') : c;
    });
  }
};

class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  void normalize(NormalizedString& s) const override {
    const char *begin = s.text.data(), *end = begin + s.text.size();
    size_t leading = 0, trailing = 0;
    const char* p = begin;
    while (left_ && p < end) {
      const char* at = p;
      if (!text::is(text::decode(p), text::kWhiteSpace)) {
        p = at;
        break;
      }
      ++leading;
    }
    const char* q = end;
    while (right_ && q > p) {
      const char* at = q;
      if (!text::is(text::decodeBack(q), text::kWhiteSpace)) {
        q = at;
        break;
      }
      ++trailing;
    }
    if (!leading && !trailing) return;
    Rewriter out(s);
    out.skip(leading);
    out.keep(size_t(q - p));
    out.finish();
  }

 private:
  bool left_, right_;
};

class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::string text) : text_(std::move(text)) {}
  void normalize(NormalizedString& s) const override { prepend(s, text_); }

 private:
  std::string text_;
};

class Sequence final : public Normalizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<Normalizer>> parts) : parts_(std::move(parts)) {}
  void normalize(NormalizedString& s) const override {
    for (const auto& part : parts_) {
      part->normalize(s);
      if (s.outcome != regex::Outcome::Done) return;
    }
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> parts_;
};

template <class T, class... Arguments>
std::unique_ptr<Normalizer> made(Arguments&&... arguments) {
  return std::unique_ptr<Normalizer>(new T(std::forward<Arguments>(arguments)...));
}

}  // namespace

std::unique_ptr<Normalizer> makeNormalizer(const Component& c, int depth) {
  if (c.absent()) return nullptr;
  if (depth > kMaxDepth) return c.fail("too_deep", "is nested too deeply.");
  const std::string_view type = c.type();
  if (type == "BertNormalizer" || type == "Bert") return makeBertNormalizer(c);
  if (type == "NFC") return made<NormalForm>(text::Form::Nfc);
  if (type == "NFD") return made<NormalForm>(text::Form::Nfd);
  if (type == "NFKC") return made<NormalForm>(text::Form::Nfkc);
  if (type == "NFKD") return made<NormalForm>(text::Form::Nfkd);
  if (type == "Lowercase") return made<Lowercase>();
  if (type == "StripAccents") return made<StripAccents>();
  if (type == "ByteLevel") return made<ByteLevel>();
  if (type == "Nmt") return made<Nmt>();
  if (type == "Strip") return made<Strip>(c.boolean("strip_left"), c.boolean("strip_right"));
  if (type == "Prepend") return made<Prepend>(c.string("prepend"));
  if (type == "Precompiled") return makePrecompiled(c);
  if (type == "Replace") return makeReplace(c);
  if (type == "Sequence") return made<Sequence>(partsOf(c, "normalizers", depth, makeNormalizer));
  return c.unknown("normalizer");
}

}  // namespace wasmformers::tokenizer
