// See merges.h.
#include "tokenizer/merges.h"

#include "tokenizer/binary_form.h"

namespace wasmformers::tokenizer {

void Merges::reserve(size_t n) {
  size_t slots = 16;
  while (slots < n + n / 2) slots *= 2;
  wide_ = {};
  slots_.own(std::vector<uint64_t>(slots, kFree));
  ids_.edit([&](auto& v) { v.clear(), v.reserve(n); });
  mask_ = slots - 1;
}

void Merges::add(uint32_t left, uint32_t right, uint32_t id) {
  const uint32_t rank = uint32_t(ids_.size());
  if (wide_.empty() && (left >= kNoneId || right >= kNoneId || rank >= kNoRank)) widen();
  size_t at = hash(left, right) & mask_;
  if (wide_.empty()) {
    const uint64_t key = keyOf(left, right);
    while (slots_[at] != kFree && (slots_[at] ^ key) >> kRankBits) at = (at + 1) & mask_;
    slots_.at(at) = key | rank;
  } else {
    while (wide_[at].rank != kNone && (wide_[at].left != left || wide_[at].right != right)) at = (at + 1) & mask_;
    wide_.at(at) = {left, right, rank};
  }
  ids_.push_back(id);
}

void Merges::widen() {
  std::vector<Wide> wide(slots_.size());
  for (size_t at = 0; at < slots_.size(); ++at) {
    const uint64_t s = slots_[at];
    if (s != kFree) wide[at] = {uint32_t(s >> (kIdBits + kRankBits)), uint32_t(s >> kRankBits) & kNoneId, uint32_t(s) & kNoRank};
  }
  wide_.own(std::move(wide));
  slots_ = {};
}

uint32_t Merges::wideRank(uint32_t left, uint32_t right) const {
  for (size_t at = hash(left, right) & mask_;; at = (at + 1) & mask_) {
    const Wide& s = wide_[at];
    if (s.rank == kNone) return kNone;
    if (s.left == left && s.right == right) return s.rank;
  }
}

void Merges::write(BinaryWriter& to) const {
  to.array(slots_);
  to.array(wide_);
  to.array(ids_);
}

void Merges::read(BinaryReader& from) {
  from.array(slots_);
  from.array(wide_);
  from.array(ids_);
  const size_t n = wide_.empty() ? slots_.size() : wide_.size();
  mask_ = n - 1;
  bool free = false;  // somewhere a search has to end
  for (size_t at = 0; !free && at < n; ++at) free = wide_.empty() ? slots_[at] == kFree : wide_[at].rank == kNone;
  from.require(free && !(n & mask_));
  if (!from.ok()) reserve(0);
}

}  // namespace wasmformers::tokenizer
