// See lookup.h.
#include "generate/lookup.h"

#include <algorithm>

namespace wasmformers::generate {
namespace {

/// What a guessed token adds to a pass, in passes of one token (SmolLM2-135M's shape on one thread: 0.2 in q8, 0.4 in q4), what
/// a token that is written adds to the credit, how much there is at first and at most. Beyond kMost a pass gets no cheaper by the token.
constexpr double kCost = 0.4, kEarned = 0.03, kFirst = 1.2, kMostCredit = 8;
constexpr size_t kMost = 32;

}  // namespace

void Lookup::set(size_t tokens, size_t ngram) {
  tokens_ = std::min(tokens, kMost);
  ngram_ = ngram;
  credit_ = kFirst;
}

const std::vector<int32_t>& Lookup::guess(const std::vector<int32_t>& text, size_t most) {
  guess_.clear();
  credit_ = std::min(credit_ + kEarned, kMostCredit);
  most = std::min({most, tokens_, size_t(credit_ / kCost)});
  if (most == 0) return guess_;
  const size_t length = text.size();
  for (size_t n = std::min(ngram_, length - 1); n > 0; --n) {
    // The latest place: what was written last is more like what comes. It may reach into the guess itself, as in a loop.
    const auto end = text.end() - ptrdiff_t(n);
    for (size_t at = length - n; at-- > 0;) {
      if (!std::equal(end, text.end(), text.begin() + ptrdiff_t(at))) continue;
      for (size_t from = at + n; guess_.size() < most; ++from) guess_.push_back(from < length ? text[from] : guess_[from - length]);
      return guess_;
    }
  }
  return guess_;
}

void Lookup::learn(size_t guessed, size_t right) { credit_ += double(right) - kCost * double(guessed); }

}  // namespace wasmformers::generate
