// A text while it is normalized: its bytes now and, where offsets are wanted, for each byte the span of the original
// that it came from (written out by the first change; until then nothing has moved). Every change goes through
// Rewriter, whose rules for who inherits which span are those of the reference's NormalizedString::transform, so that
// offsets agree to the last byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "regex/regex.h"
#include "text/normal_forms.h"
#include "text/utf8.h"

namespace wasmformers::tokenizer {

/// A span of the original text, in bytes.
struct Span {
  uint32_t begin, end;
};

struct NormalizedString {
  std::string text;
  std::vector<Span> spans;  // one per byte of text where `aligned`, else empty
  bool aligned = false;
  bool same = false;   // aligned, and every byte is still in its place: spans are not written out
  uint32_t start = 0;  // where this part begins in the original
  regex::Outcome outcome = regex::Outcome::Done;  // otherwise a pattern gave up, and the text is not complete

  /// Begins with `part` of the original, which stands there at `start`.
  void assign(std::string_view part, uint32_t partStart, bool align);
  /// Writes spans out if they are not.
  void needSpans();
};

/// Spans of a text that stands at `start` of the original as it is.
void fillSpans(std::string_view text, uint32_t start, std::vector<Span>& spans);

/// Replaces a NormalizedString's text from left to right.
class Rewriter {
 public:
  explicit Rewriter(NormalizedString& s) : s_(s) {
    s.needSpans();
    text_.reserve(s.text.size() + s.text.size() / 8 + 16);
    if (s.aligned) spans_.reserve(text_.capacity());
  }
  /// Drops the next n characters of the old text (at its beginning; later ones go by put's negative changes).
  void skip(size_t n) { advance(n); }
  /// Writes c. change as in text::Changed: 0 replaces the next old character, 1 adds, -n replaces and drops n more.
  void put(uint32_t c, int32_t change) {
    char bytes[4];
    putBytes({bytes, size_t(text::encode(c, bytes))}, change);
  }
  void putBytes(std::string_view bytes, int32_t change);
  /// Copies the next n bytes of the old text with their spans.
  void keep(size_t n);
  /// Makes the change visible; the Rewriter is done then.
  void finish();

 private:
  void advance(size_t characters);

  NormalizedString& s_;
  std::string text_;
  std::vector<Span> spans_;
  size_t at_ = 0;  // in the old text
};

}  // namespace wasmformers::tokenizer
