// See merges.h.
#include "tokenizer/models/merges.h"

#include <algorithm>

#include "tokenizer/binary_form.h"

namespace wasmformers::tokenizer {

void Merges::reserve(size_t n) {
  size_t slots = 16;
  while (slots * 2 < n * 3) slots *= 2;
  wide_ = {};
  slots_.own(std::vector<uint32_t>(slots, kFree));
  pairs_.own(std::vector<uint64_t>(n));
  mask_ = uint32_t(slots - 1);
  size_ = 0;
}

void Merges::addWide(uint32_t left, uint32_t right, uint32_t id) {
  if (wide_.empty()) {
    std::vector<Wide> wide(pairs_.size());
    constexpr uint32_t all = (1u << kIdBits) - 1;
    for (size_t rank = 0; rank < size_; ++rank) {
      const uint64_t p = pairs_[rank];
      wide[rank] = {uint32_t(p >> 2 * kIdBits), uint32_t(p >> kIdBits) & all, uint32_t(p) & all};
    }
    wide_.own(std::move(wide));
    pairs_ = {};
  }
  wide_.at(size_) = {left, right, id};
  put(hash(left, right), [&](uint32_t rank) { return wide_[rank].left == left && wide_[rank].right == right; });
}

uint32_t Merges::wideRank(uint32_t left, uint32_t right) const {
  const uint32_t h = hash(left, right);
  for (uint32_t at = h & mask_;; at = (at + 1) & mask_) {
    const uint32_t slot = slots_[at], rank = slot & mask_;
    if (slot == kFree) return kNone;
    if (!((slot ^ h) & ~mask_) && rank < size_ && wide_[rank].left == left && wide_[rank].right == right) return rank;
  }
}

void Merges::write(BinaryWriter& to) const {
  to.array(slots_);
  to.array(pairs_);
  to.array(wide_);
}

void Merges::read(BinaryReader& from) {
  from.array(slots_);
  from.array(pairs_);
  from.array(wide_);
  mask_ = uint32_t(slots_.size() - 1);
  size_ = uint32_t(wide_.empty() ? pairs_.size() : wide_.size());
  const bool free = std::find(slots_.begin(), slots_.end(), kFree) != slots_.end();  // else a search would not end
  from.require(free && !(slots_.size() & mask_) && (wide_.empty() || pairs_.empty()));
  if (!from.ok()) reserve(0);
}

}  // namespace wasmformers::tokenizer
