// See merges.h.
#include "tokenizer/merges.h"

#include "tokenizer/binary_form.h"

namespace wasmformers::tokenizer {

void Merges::reserve(size_t n) {
  size_t slots = 16;
  while (slots < n + n / 2) slots *= 2;
  slots_.edit([&](auto& v) { v.assign(slots, {}); });
  ids_.edit([&](auto& v) { v.clear(), v.reserve(n); });
  mask_ = slots - 1;
}

void Merges::add(uint32_t left, uint32_t right, uint32_t id) {
  size_t at = hash(left, right) & mask_;
  while (slots_[at].rank != kNone && (slots_[at].left != left || slots_[at].right != right)) at = (at + 1) & mask_;
  slots_.at(at) = {left, right, uint32_t(ids_.size())};
  ids_.push_back(id);
}

void Merges::write(BinaryWriter& to) const {
  to.array(slots_);
  to.array(ids_);
}

void Merges::read(BinaryReader& from) {
  from.array(slots_);
  from.array(ids_);
  mask_ = slots_.size() - 1;
  bool free = false;  // somewhere a search has to end
  for (size_t at = 0; !free && at < slots_.size(); ++at) free = slots_[at].rank == kNone;
  from.require(free && !(slots_.size() & mask_));
  if (!from.ok()) reserve(0);
}

}  // namespace wasmformers::tokenizer
