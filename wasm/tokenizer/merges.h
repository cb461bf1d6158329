// BPE's merges: (left id, right id) → rank, in one flat hash table, and rank → id of what the pair becomes.
#pragma once

#include "tokenizer/vocabulary.h"

namespace wasmformers::tokenizer {

class Merges {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;  // later than every rank

  void reserve(size_t n);
  /// The next rank's pair; a pair that was there before gets the new rank.
  void add(uint32_t left, uint32_t right, uint32_t id);

  size_t size() const { return ids_.size(); }
  uint32_t rank(uint32_t left, uint32_t right) const {
    for (size_t at = hash(left, right) & mask_;; at = (at + 1) & mask_) {
      const Slot& s = slots_[at];
      if (s.left == left && s.right == right) return s.rank;
      if (s.rank == kNone) return kNone;
    }
  }
  /// What a pair of this rank becomes.
  uint32_t id(uint32_t rank) const { return rank < ids_.size() ? ids_[rank] : 0; }

  void write(BinaryWriter& to) const;
  void read(BinaryReader& from);

 private:
  struct Slot { uint32_t left = 0, right = 0, rank = kNone; };  // the last: nothing there
  static size_t hash(uint32_t left, uint32_t right) { return size_t(((uint64_t(left) << 32 | right) * 0x9E3779B97F4A7C15u) >> 32); }
  Flat<Slot> slots_;
  Flat<uint32_t> ids_;
  size_t mask_ = 0;
};

}  // namespace wasmformers::tokenizer
