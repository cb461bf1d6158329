// BertNormalizer: clean-up, spaces around Chinese characters, removal of accents, lowercase, in the order of the
// reference (tokenizers' normalizers/bert.rs). The four steps are fused into one pass over the text. That is right as
// long as decomposition keeps the order of the characters that stay. Where one of these could be moved by canonical
// reordering (rare: spacing marks with a combining class), the text goes through the steps one by one.
// Optimize: speed
#include <cstring>

#include "text/unicode.h"
#include "tokenizer/normalizers/normalizer.h"

namespace wasmformers::tokenizer {
namespace {

using text::kCjk;
using text::kNfd;
using text::kNonspacing;
using text::kOther;
using text::kWhiteSpace;

// Eight ASCII bytes are handled at a time; this is a byte repeated eight times.
constexpr uint64_t times(uint64_t byte) { return byte * 0x0101010101010101u; }
// Whether one of the bytes is not ASCII, or a control character or DEL, which the clean-up removes or changes.
constexpr bool needsCare(uint64_t x) { return (x | ((x - times(0x20)) & ~x) | (x + times(1))) & times(0x80); }
constexpr uint64_t lowered(uint64_t x) {
  const uint64_t upper = (x + times(0x80 - 'A')) & ~(x + times(0x80 - 'Z' - 1)) & times(0x80);
  return x | upper >> 2;
}

class BertNormalizer final : public Normalizer {
 public:
  BertNormalizer(bool clean, bool chinese, bool strip, bool lower)
      : clean_(clean), chinese_(chinese), strip_(strip), lower_(lower) {
    for (uint32_t c = 0; c < 128; ++c) {
      const bool space = c == '\t' || c == '\n' || c == '\r';
      if (clean && !space && (c < 0x20 || c == 0x7F))
        ascii_[c] = kDropped;
      else
        ascii_[c] = uint8_t(clean && space ? ' ' : lower ? text::lowercase(c) : c);
    }
  }

  void normalize(NormalizedString& s) const override {
    if (!fused(s)) stepByStep(s);
  }

 private:
  static constexpr uint8_t kDropped = 0x80;

  static uint32_t cleanedSpace(uint32_t c, uint32_t r) { return r & kWhiteSpace ? ' ' : c; }
  static bool dropped(uint32_t c, uint32_t r) {
    return c == 0 || c == 0xFFFD || ((r & kOther) && c != '\t' && c != '\n' && c != '\r');
  }

  // All steps in one pass. False, and `s` unchanged, where they must be taken one by one.
  bool fused(NormalizedString& s) const {
    s.needSpans();
    const std::string& in = s.text;
    std::string out(in.size() + 32, '\0');
    std::vector<Span> spans;
    if (s.aligned) spans.resize(out.size());
    size_t w = 0, from = 0;  // bytes written; the old byte whose span they get
    bool reordered = false;

    const auto room = [&](size_t n) {
      if (w + n <= out.size()) return;
      out.resize(out.size() * 2 + n);
      if (s.aligned) spans.resize(out.size());
    };
    const auto write = [&](uint32_t c) {
      const size_t n = size_t(text::encode(c, &out[w]));
      if (s.aligned) {
        for (size_t k = 0; k < n; ++k) spans[w + k] = s.spans[from];
      }
      w += n;
    };
    const auto writeLower = [&](uint32_t c) {
      if (lower_)
        text::forLowercase(c, write);
      else
        write(c);
    };
    // Writes a character of the decomposed text in lowercase, unless it is an accent.
    const auto writeDecomposed = [&](uint32_t c) {
      const uint32_t r = text::record(c);
      if (r & kNonspacing) return;
      if (text::combiningClassOf(r)) reordered = true;
      writeLower(c);
    };

    size_t i = 0;
    while (i < in.size()) {
      room(32);
      if (i + 8 <= in.size()) {
        uint64_t eight;
        std::memcpy(&eight, in.data() + i, 8);
        if (!needsCare(eight)) {
          if (lower_) eight = lowered(eight);
          std::memcpy(&out[w], &eight, 8);
          if (s.aligned) std::memcpy(&spans[w], &s.spans[i], 8 * sizeof(Span));
          i += 8, w += 8;
          continue;
        }
      }
      const unsigned char a = static_cast<unsigned char>(in[i]);
      if (a < 0x80) {
        const uint8_t to = ascii_[a];
        if (to != kDropped) {
          out[w] = char(to);
          if (s.aligned) spans[w] = s.spans[i];
          ++w;
        }
        ++i;
        continue;
      }
      const char* p = in.data() + i;
      uint32_t c = text::decode(p);
      from = i;
      i = size_t(p - in.data());
      uint32_t r = text::record(c);
      if (clean_) {
        if (dropped(c, r)) continue;
        if (r & kWhiteSpace) {
          write(' ');
          continue;
        }
      }
      const bool spaced = chinese_ && (r & kCjk);
      if (spaced) write(' ');
      if (!strip_) {
        writeLower(c);
      } else if (text::isHangul(c)) {
        text::forJamo(c, writeDecomposed);
      } else if (r & kNfd) {
        const std::string_view parts = text::decomposition(c, false);
        for (const char *q = parts.data(), *end = q + parts.size(); q < end;) writeDecomposed(text::decode(q));
      } else {
        if (r & kNonspacing) continue;  // never a Chinese character
        if (text::combiningClassOf(r)) reordered = true;
        writeLower(c);
      }
      if (spaced) write(' ');
      if (reordered) return false;
    }
    out.resize(w);
    s.text.swap(out);
    if (s.aligned) {
      spans.resize(w);
      s.spans.swap(spans);
    }
    return true;
  }

  void stepByStep(NormalizedString& s) const {
    if (clean_) {
      filter(s, [](uint32_t c) { return !dropped(c, text::record(c)); });
      mapCharacters(s, [](uint32_t c) { return cleanedSpace(c, text::record(c)); });
    }
    if (chinese_) {
      Rewriter out(s);
      for (const char *p = s.text.data(), *end = p + s.text.size(); p < end;) {
        const uint32_t c = text::decode(p);
        if (!text::is(c, kCjk)) {
          out.put(c, 0);
          continue;
        }
        out.put(' ', 0);
        out.put(c, 1);
        out.put(' ', 1);
      }
      out.finish();
    }
    if (strip_) {
      toForm(s, text::Form::Nfd);
      filter(s, [](uint32_t c) { return !text::is(c, kNonspacing); });
    }
    if (lower_) toLowercase(s);
  }

  bool clean_, chinese_, strip_, lower_;
  uint8_t ascii_[128];
};

}  // namespace

std::unique_ptr<Normalizer> makeBertNormalizer(const Component& c) {
  const bool lower = c.boolean("lowercase");
  return std::make_unique<BertNormalizer>(c.boolean("clean_text"), c.boolean("handle_chinese_chars"),
                                          c.boolean("strip_accents", lower), lower);
}

}  // namespace wasmformers::tokenizer
