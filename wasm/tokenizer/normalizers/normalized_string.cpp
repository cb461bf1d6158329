// See normalized_string.h; after tokenizers' tokenizer/normalizer.rs (NormalizedString::transform_range).
#include "tokenizer/normalizers/normalized_string.h"

#include <algorithm>

namespace wasmformers::tokenizer {

void NormalizedString::assign(std::string_view part, uint32_t partStart, bool align) {
  text.assign(part);
  start = partStart;
  outcome = regex::Outcome::Done;
  aligned = same = align;
  spans.clear();
}

void NormalizedString::needSpans() {
  if (same) fillSpans(text, start, spans);
  same = false;
}

void fillSpans(std::string_view text, uint32_t start, std::vector<Span>& spans) {
  spans.resize(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t n = size_t(text::lengthOf(static_cast<unsigned char>(text[i])));
    const Span span{start + uint32_t(i), start + uint32_t(i + n)};
    for (const size_t end = std::min(i + n, text.size()); i < end; ++i) spans[i] = span;
  }
}

void Rewriter::advance(size_t characters) {
  for (; characters && at_ < s_.text.size(); --characters) {
    at_ += size_t(text::lengthOf(static_cast<unsigned char>(s_.text[at_])));
  }
}

void Rewriter::putBytes(std::string_view bytes, int32_t change) {
  text_.append(bytes);
  if (!s_.aligned) {
    if (change <= 0) advance(size_t(1 - change));
    return;
  }
  // An added character gets the span of the character before it.
  const size_t from = change > 0 ? at_ - 1 : at_;
  const Span span = from < s_.spans.size() ? s_.spans[from] : Span{s_.start, s_.start};
  spans_.insert(spans_.end(), bytes.size(), span);
  if (change <= 0) advance(size_t(1 - change));
}

void Rewriter::keep(size_t n) {
  n = std::min(n, s_.text.size() - at_);
  text_.append(s_.text, at_, n);
  if (s_.aligned) spans_.insert(spans_.end(), s_.spans.begin() + long(at_), s_.spans.begin() + long(at_ + n));
  at_ += n;
}

void Rewriter::finish() {
  s_.text.swap(text_);
  s_.spans.swap(spans_);
}

}  // namespace wasmformers::tokenizer
