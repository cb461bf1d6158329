// See guidance.h.
#include "generate/guidance.h"

#include <algorithm>

#include "generate/select.h"

namespace wasmformers::generate {

Status Guidance::begin(const GenerationConfig& c, const std::vector<int32_t>& ids, size_t batch, size_t length,
                       size_t vocabulary) {
  scale_ = c.guidanceScale;
  prompt_ = length;
  vocabulary_ = vocabulary;
  const auto& negative = c.negativePrompts;
  if (negative.size() > 1 && negative.size() != batch) {
    return Status(ErrorClass::Input, "contradiction",
                  "There are " + std::to_string(negative.size()) + " negative prompts for " + std::to_string(batch) +
                      " prompts.")
        .atField("negative_prompt_ids");
  }
  for (const auto& row : negative) {
    for (int32_t id : row) {
      if (size_t(id) < vocabulary) continue;
      return Status(ErrorClass::Input, "token_out_of_range",
                    "negative_prompt_ids has the token " + std::to_string(id) + "; the model's vocabulary has " +
                        std::to_string(vocabulary) + ".")
          .atField("negative_prompt_ids");
    }
  }
  for (size_t b = 0; b < batch; ++b) {
    // Without a negative prompt: the prompt's last token.
    if (negative.empty())
      others_.push_back({ids[(b + 1) * length - 1]});
    else
      others_.push_back(negative[negative.size() == 1 ? 0 : b]);
    longest_ = std::max(longest_, others_.back().size());
  }
  wider_ = longest_ > length ? longest_ - length : 0;
  return {};
}

Feed Guidance::widen(const Feed& feed, bool whole) {
  const size_t rows = feed.rows, more = whole ? feed.length - prompt_ : 0, width = whole ? feed.length + wider_ : 1;
  ids_.clear();
  mask_.clear();
  from_.clear();
  const auto add = [&](const int32_t* ids, const uint8_t* mask, size_t count) {
    ids_.insert(ids_.end(), ids, ids + count);
    if (mask)
      mask_.insert(mask_.end(), mask, mask + count);
    else
      mask_.insert(mask_.end(), count, 1);
  };
  const auto pad = [&](size_t count) {
    ids_.insert(ids_.end(), count, 0);
    mask_.insert(mask_.end(), count, 0);
  };
  for (size_t r = 0; r < rows; ++r) {
    pad(width - feed.length);
    add(feed.ids + r * feed.length, feed.mask + r * feed.length, feed.length);
  }
  for (size_t r = 0; r < rows; ++r) {
    const auto& other = others_[feed.prompts[r]];
    if (whole) {
      pad(width - other.size() - more);
      add(other.data(), nullptr, other.size());
    }
    add(feed.ids + (r + 1) * feed.length - (whole ? more : 1), nullptr, whole ? more : 1);
  }
  for (size_t r = 0; !whole && r < 2 * rows; ++r) {
    const uint32_t from = feed.from ? feed.from[r % rows] : uint32_t(r % rows);
    from_.push_back(uint32_t(r < rows ? from : lastRows_ + from));
  }
  prompts_.assign(feed.prompts, feed.prompts + rows);
  prompts_.insert(prompts_.end(), feed.prompts, feed.prompts + rows);
  lastRows_ = rows;
  return {ids_.data(), mask_.data(), 2 * rows, width, whole ? nullptr : from_.data(), prompts_.data()};
}

void Guidance::merge(float* scores, size_t rows) const {
  for (size_t r = 0; r < rows; ++r) {
    float* const with = scores + r * vocabulary_;
    float* const without = scores + (rows + r) * vocabulary_;
    logSoftmax(with, vocabulary_);
    logSoftmax(without, vocabulary_);
    const float scale = float(scale_);
    for (size_t i = 0; i < vocabulary_; ++i) with[i] = scale * (with[i] - without[i]) + without[i];
  }
}

}  // namespace wasmformers::generate
