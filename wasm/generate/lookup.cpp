// See lookup.h.
#include "generate/lookup.h"

#include <algorithm>

namespace wasmformers::generate {
namespace {

/// A guess of n tokens adds kPass + n · kToken to a pass, in passes of one token (measured with SmolLM2-135M's shape on
/// one thread: 0.8 + 0.2 n in q8, 0.3 + 0.4 n in q4; kernels run several rows in another way). Each written token adds
/// kEarned to the credit. Guesses shorter than kShort do not pay; beyond kLongestGuess tokens do not get cheaper.
constexpr double kPass = 0.6, kToken = 0.3, kEarned = 0.015, kMostCredit = 8;
constexpr size_t kShort = 4;
constexpr size_t kLongestGuess = 32;

double costOf(size_t tokens) { return kPass + kToken * double(tokens); }

}  // namespace

void Lookup::set(size_t tokens, size_t ngram) {
  tokens_ = std::min(tokens, kLongestGuess);
  ngram_ = ngram;
  credit_ = costOf(kShort);  // for the first guess
}

const std::vector<int32_t>& Lookup::guess(const std::vector<int32_t>& text, size_t most) {
  guess_.clear();
  credit_ = std::min(credit_ + kEarned, kMostCredit);
  most = std::min(most, tokens_);
  if (most == 0 || credit_ < costOf(std::min(most, kShort))) return guess_;
  most = std::min(most, size_t((credit_ - kPass) / kToken + 1e-6));
  const size_t length = text.size();
  // One equal token is a weak sign, unless the text has repeated before.
  const size_t least = credit_ < kMostCredit / 2 ? std::min<size_t>(2, ngram_) : 1;
  for (size_t n = std::min(ngram_, length - 1); n >= least && n > 0; --n) {
    // The latest copy resembles what comes most. The guess may go on into itself, as in a loop.
    const auto end = text.end() - ptrdiff_t(n);
    for (size_t at = length - n; at-- > 0;) {
      if (!std::equal(end, text.end(), text.begin() + ptrdiff_t(at))) continue;
      for (size_t from = at + n; guess_.size() < most; ++from)
        guess_.push_back(from < length ? text[from] : guess_[from - length]);
      return guess_;
    }
  }
  return guess_;
}

void Lookup::learn(size_t guessed, size_t right) { credit_ += double(right) - costOf(guessed); }

}  // namespace wasmformers::generate
