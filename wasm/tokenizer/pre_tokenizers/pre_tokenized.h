// A text that is cut into pieces, on its way from the pre-tokenizer to the model. The pieces are ranges of one buffer,
// so cutting copies nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "regex/regex.h"
#include "tokenizer/normalizers/normalized_string.h"

namespace wasmformers::tokenizer {

/// A piece of the normalized text, or an added token found in it.
struct Piece {
  uint32_t begin, end;  // bytes of PreTokenized::text
  int32_t added;        // id of the added token, or -1
};

struct PreTokenized {
  std::string text;
  std::vector<Span> spans;  // per byte, where `aligned`
  bool aligned = false;
  bool same = false;   // aligned, and the text is unchanged: spans are not stored
  bool bytes = false;  // pieces stand for their byte-level forms (byte_alphabet.h), which are not written out
  std::vector<Piece> pieces;
  regex::Outcome outcome = regex::Outcome::Done;  // not Done: a pattern gave up, and pieces are missing

  std::string_view view(const Piece& p) const { return {text.data() + p.begin, p.end - p.begin}; }
  void clear(bool align) {
    text.clear();
    spans.clear();
    pieces.clear();
    aligned = same = align;
    bytes = false;
    outcome = regex::Outcome::Done;
  }
  /// Appends a normalized part, whose text may be moved away. Returns where it begins; the caller adds its pieces.
  uint32_t append(NormalizedString& part);
  /// Stores the spans of an aligned text, if they are not stored yet.
  void needSpans();

  /// Cuts every piece that is no added token. cut(view, emit) must call emit(begin, end), with offsets in the view, for
  /// the parts that stay, in order. Empty parts are dropped.
  template <class Cut>
  void split(Cut cut) {
    next_.clear();
    for (const Piece& p : pieces) {
      if (p.added >= 0) {
        next_.push_back(p);
        continue;
      }
      cut(view(p), [&](size_t begin, size_t end) {
        if (begin < end) next_.push_back({p.begin + uint32_t(begin), p.begin + uint32_t(end), -1});
      });
    }
    pieces.swap(next_);
  }

  /// Replaces everything: build(next) must fill the text, the spans (where aligned) and the pieces of an empty one.
  template <class Build>
  void rebuild(Build build) {
    needSpans();
    if (!spare_) spare_ = std::make_unique<PreTokenized>();
    spare_->clear(aligned);
    spare_->same = false;
    build(*spare_);
    text.swap(spare_->text);
    spans.swap(spare_->spans);
    pieces.swap(spare_->pieces);
  }

 private:
  // Working memory.
  std::vector<Piece> next_;
  std::unique_ptr<PreTokenized> spare_;
};

}  // namespace wasmformers::tokenizer
