// A guess under way: tokens that lookup.h found run in one pass behind the picked token. Their scores are then read one
// by one while the search picks what was guessed; the rest leaves the cache.
#pragma once

#include "generate/lookup.h"

namespace wasmformers::generate {

class Speculation {
 public:
  /// As Lookup::set().
  void set(size_t tokens, size_t ngram) { lookup_.set(tokens, ngram); }
  bool on() const { return lookup_.on(); }

  /// Begins a guess: up to `most` tokens that may follow `text` and `picked`. Empty: none.
  const std::vector<int32_t>& begin(const std::vector<int32_t>& text, int32_t picked, size_t most) {
    text_ = text;
    text_.push_back(picked);
    guess_ = lookup_.guess(text_, most);
    return guess_;
  }
  bool active() const { return !guess_.empty(); }
  /// Whether the search picked the next guessed token; that counts as verified then.
  bool verify(int32_t picked) {
    if (verified_ == guess_.size() || guess_[verified_] != picked) return false;
    ++verified_;
    return true;
  }
  /// The whole guess has been read, or the search picked another token: earns or costs credit.
  void learn() { lookup_.learn(guess_.size(), verified_); }
  /// Ends the guess; returns how many of its tokens were not verified.
  size_t end() {
    const size_t wrong = guess_.size() - verified_;
    guess_.clear();
    verified_ = 0;
    return wrong;
  }

 private:
  Lookup lookup_;
  std::vector<int32_t> text_, guess_;
  size_t verified_ = 0;
};

}  // namespace wasmformers::generate
