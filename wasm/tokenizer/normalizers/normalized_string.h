// A text while it is normalized: its bytes now and, where offsets are wanted, for each byte the span of the original
// text that it came from. Spans are not stored before the first change. Changes go through Rewriter, which assigns
// spans by the rules of the reference's NormalizedString::transform, so that offsets agree to the last byte.
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
  bool same = false;                              // aligned, and every byte is still in its place: spans are not stored
  uint32_t start = 0;                             // where this part begins in the original
  regex::Outcome outcome = regex::Outcome::Done;  // not Done: a pattern gave up, and the text is not complete

  /// Begins anew with `part` of the original, which is at `partStart` there. `align`: keep spans.
  void assign(std::string_view part, uint32_t partStart, bool align);
  /// Stores the spans of an aligned text, if they are not stored yet.
  void needSpans();
};

/// Fills `spans` for a text that is at `start` of the original, unchanged.
void fillSpans(std::string_view text, uint32_t start, std::vector<Span>& spans);

/// Replaces a NormalizedString's text from left to right.
class Rewriter {
 public:
  explicit Rewriter(NormalizedString& s) : s_(s) {
    s.needSpans();
    text_.reserve(s.text.size() + s.text.size() / 8 + 16);
    if (s.aligned) spans_.reserve(text_.capacity());
  }
  /// Removes the first n characters of the old text. Later ones are removed by negative changes of put().
  void skip(size_t n) { advance(n); }
  /// Writes c. `change` is as in text::Changed: 0 replaces the next old character, 1 adds, −n replaces the next 1 + n.
  void put(uint32_t c, int32_t change) {
    char bytes[4];
    putBytes({bytes, size_t(text::encode(c, bytes))}, change);
  }
  /// The same for the UTF-8 of one character.
  void putBytes(std::string_view bytes, int32_t change);
  /// Copies the next n bytes of the old text with their spans.
  void keep(size_t n);
  /// Stores the new text in the NormalizedString. The Rewriter must not be used afterwards.
  void finish();

 private:
  void advance(size_t characters);

  NormalizedString& s_;
  std::string text_;
  std::vector<Span> spans_;
  size_t at_ = 0;  // in the old text
};

}  // namespace wasmformers::tokenizer
