// A session that guesses: tokens that are looked up (lookup.h) run in one pass behind the one that was picked, and
// their scores are gone through as if they had come one by one, while the generation picks what was guessed. The rest
// is cropped.
#include <algorithm>

#include "generate/session.h"

namespace wasmformers::generate {

/// Appends a guess to what is run next, the only row's only token.
void Session::guess() {
  guessed_ = taken_ = 0;
  const size_t length = cachedTokens() + 1;  // of the text
  if (!lookup_.on() || !feed_.ids || feed_.rows != 1 || feed_.length != 1 || width_ != 1) return;
  size_t most = generation_->maxLength() - 1 - std::min(length, generation_->maxLength() - 1);
  most = std::min({most, chunk() - 1, model_.cache().longestPass() - 1});
  // Rotations that change with the length are each token's own.
  for (size_t limit : {model_.changesBeyond(), model_.recomputeBeyond()}) {
    if (limit) most = std::min(most, limit - std::min(limit, length));
  }
  text_ = held_[0];
  text_.push_back(ids_[0]);
  const std::vector<int32_t>& more = lookup_.guess(text_, most);
  ids_.insert(ids_.end(), more.begin(), more.end());
  mask_.insert(mask_.end(), more.size(), 1);
  width_ += more.size();
  guessed_ = more.size();
}

/// After a token was picked: on to the scores of the next place if it is what was guessed, else the guess is over.
Status Session::nextGuess() {
  if (!guessed_) return {};
  if (taken_ < guessed_ && !generation_->finished() && generation_->feed().ids[0] == ids_[1 + taken_]) {
    ++taken_;
    logits_ += generation_->vocabulary();
    logitsRows_ = generation_->fold(logits_, 1);
    state_ = State::Scored;
    return options_.pauseAtLogits ? scored() : Status();
  }
  lookup_.learn(guessed_, taken_);
  keepGuessed(taken_);
  return {};
}

/// The guess is over, and so many of it stay in the cache.
void Session::keepGuessed(size_t right) {
  const size_t wanted = cachedTokens() - (guessed_ - right);
  guessed_ = taken_ = 0;
  crop(wanted);
  if (cachedTokens() < wanted) generation_->replay();  // a window has left what it would need
}

/// Scores that will not be looked at; the last token that was picked is run again.
void Session::dropGuess() {
  if (guessed_ && state_ == State::Scored) {
    state_ = State::Idle;
    logits_ = nullptr;
    ++guessed_;
    keepGuessed(taken_);
  }
  guessed_ = 0;
}

}  // namespace wasmformers::generate
