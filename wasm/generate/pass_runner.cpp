// See pass_runner.h.
#include "generate/pass_runner.h"

#include <algorithm>

namespace wasmformers::generate {

void PassRunner::load(const Feed& feed, size_t skip, bool anew) {
  const size_t past = text_.tokens(), limit = model_.recomputeBeyond();
  const bool again = past && (anew || (limit && past <= limit && past + feed.length - skip > limit));
  ids_.clear();
  mask_.clear();
  for (size_t r = 0; r < feed.rows; ++r) {
    if (again) {
      ids_.insert(ids_.end(), text_.row(r).ids.begin(), text_.row(r).ids.end());
      mask_.insert(mask_.end(), text_.row(r).mask.begin(), text_.row(r).mask.end());
    }
    ids_.insert(ids_.end(), feed.ids + r * feed.length + skip, feed.ids + (r + 1) * feed.length);
    if (feed.mask)
      mask_.insert(mask_.end(), feed.mask + r * feed.length + skip, feed.mask + (r + 1) * feed.length);
    else
      mask_.insert(mask_.end(), feed.length - skip, 1);
  }
  prompts_.assign(feed.prompts, feed.prompts + (feed.prompts ? feed.rows : 0));
  rows_ = feed.rows;
  width_ = ids_.size() / rows_;
  done_ = 0;
  if (again) text_.crop(0);
}

void PassRunner::append(const std::vector<int32_t>& ids) {
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  mask_.insert(mask_.end(), ids.size(), 1);
  width_ += ids.size();
}

Status PassRunner::begin(size_t chunk, bool everyScore) {
  chunk_ = chunk;
  everyScore_ = everyScore;
  return beginPass();
}

Status PassRunner::beginPass() {
  const size_t limit = model_.changesBeyond();
  const size_t most = std::min(std::max<size_t>(1, chunk_ / rows_), model_.cache().longestPass());
  length_ = limit && width_ > limit ? width_ : std::min(width_ - done_, most);
  passIds_.clear();
  passMask_.clear();
  for (size_t r = 0; r < rows_; ++r) {
    const ptrdiff_t at = ptrdiff_t(r * width_ + done_), end = at + ptrdiff_t(length_);
    passIds_.insert(passIds_.end(), ids_.begin() + at, ids_.begin() + end);
    passMask_.insert(passMask_.end(), mask_.begin() + at, mask_.begin() + end);
  }
  arena_.reset();
  outputs_.clear();
  arch::Pass pass{kernels_, arena_, noInputs_, outputs_};
  WF_TRY(model_.beginCached({passIds_.data(), passMask_.data(), rows_, length_, done_ + length_ == width_, everyScore_,
                             prompts_.empty() ? nullptr : prompts_.data()},
                            pass));
  step_ = 0;
  return {};
}

Status PassRunner::step() {
  if (step_ == kAgain) return beginPass();
  arch::Pass pass{kernels_, arena_, noInputs_, outputs_};
  WF_TRY(model_.step(step_, pass));
  if (++step_ < model_.steps()) return {};
  text_.recordCached(passIds_.data(), passMask_.data(), prompts_.empty() ? nullptr : prompts_.data(), rows_, length_);
  done_ += length_;
  return done() ? Status() : beginPass();
}

}  // namespace wasmformers::generate
