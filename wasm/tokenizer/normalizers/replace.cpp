// The normalizer Replace: replaces the matches of a pattern by a text. What tokenizers 0.23.3 does
// (normalizers/replace.rs).
// Optimize: speed
#include <algorithm>

#include "tokenizer/normalizers/normalizer.h"
#include "tokenizer/patterns/pattern.h"

namespace wasmformers::tokenizer {
namespace {

class Replace final : public Normalizer {
 public:
  Replace(Pattern pattern, std::string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}
  void normalize(NormalizedString& s) const override {
    if (pattern_.character() >= 0) return replaceCharacter(s, char(pattern_.character()));
    text_.clear();
    spans_.clear();
    size_t last = 0;
    bool any = false;
    s.outcome = pattern_.forMatches(s.text, [&](size_t begin, size_t end) {
      if (!any) s.needSpans();
      any = true;
      keep(s, last, begin);
      text_ += content_;
      // Its span is that of the last byte that it replaces or, where it replaces none, follows.
      if (s.aligned) spans_.insert(spans_.end(), content_.size(), end ? s.spans[end - 1] : Span{s.start, s.start});
      last = end;
    });
    if (!any) return;
    keep(s, last, s.text.size());
    s.text.swap(text_);
    s.spans.swap(spans_);
  }

 private:
  // The pattern is one ASCII character, as SentencePiece's space is: one pass over the bytes, without searching.
  void replaceCharacter(NormalizedString& s, char c) const {
    const size_t n = size_t(std::count(s.text.begin(), s.text.end(), c)), length = content_.size();
    if (!n) return;
    s.needSpans();
    text_.resize(s.text.size() - n + n * length);
    const char *from = s.text.data(), *end = from + s.text.size(), *with = content_.data();
    char* to = text_.data();
    if (s.aligned) {
      spans_.resize(text_.size());
      Span* spans = spans_.data();
      for (const Span span : s.spans) spans = std::fill_n(spans, *from++ == c ? length : 1, span);
      from = s.text.data();
    }
    for (; from < end; ++from) {
      if (*from != c)
        *to++ = *from;
      else
        for (size_t k = 0; k < length; ++k) *to++ = with[k];
    }
    s.text.swap(text_);
    s.spans.swap(spans_);
  }
  void keep(const NormalizedString& s, size_t begin, size_t end) const {
    text_.append(s.text, begin, end - begin);
    if (s.aligned) spans_.insert(spans_.end(), s.spans.begin() + long(begin), s.spans.begin() + long(end));
  }

  Pattern pattern_;
  std::string content_;
  // Working memory.
  mutable std::string text_;
  mutable std::vector<Span> spans_;
};

}  // namespace

std::unique_ptr<Normalizer> makeReplace(const Component& c) {
  Pattern pattern(c);
  return std::unique_ptr<Normalizer>(new Replace(std::move(pattern), c.string("content")));
}

}  // namespace wasmformers::tokenizer
