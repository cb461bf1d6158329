// BPE's merges: (left id, right id) → rank, in one flat hash table, and rank → id of what the pair becomes. A slot is
// one number of 64 bits where the ids and ranks allow it, as in every tokenizer known, and a wide one where not.
#pragma once

#include "tokenizer/vocabulary.h"

namespace wasmformers::tokenizer {

class Merges {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;  // later than every rank

  void reserve(size_t n);
  /// The next rank's pair; a pair that was there before gets the new rank.
  void add(uint32_t left, uint32_t right, uint32_t id);

  /// Touches the memory that add() and rank() will need.
  uint64_t peek(uint32_t left, uint32_t right) const { return slots_.empty() ? 0 : slots_[hash(left, right) & mask_]; }

  size_t size() const { return ids_.size(); }
  uint32_t rank(uint32_t left, uint32_t right) const {
    if (!wide_.empty()) return wideRank(left, right);
    if ((left | right) >> kIdBits) return kNone;
    const uint64_t key = keyOf(left, right);
    for (size_t at = hash(left, right) & mask_;; at = (at + 1) & mask_) {
      const uint64_t s = slots_[at];
      if ((s ^ key) >> kRankBits == 0) return uint32_t(s) & kNoRank;
      if (s == kFree) return kNone;
    }
  }
  /// What a pair of this rank becomes.
  uint32_t id(uint32_t rank) const { return rank < ids_.size() ? ids_[rank] : 0; }

  void write(BinaryWriter& to) const;
  void read(BinaryReader& from);

 private:
  // left, right, rank; the highest of each is none.
  static constexpr int kIdBits = 21, kRankBits = 22;
  static constexpr uint32_t kNoRank = (1u << kRankBits) - 1, kNoneId = (1u << kIdBits) - 1;
  static constexpr uint64_t kFree = UINT64_MAX;
  struct Wide { uint32_t left = 0, right = 0, rank = kNone; };
  static size_t hash(uint32_t left, uint32_t right) { return size_t(((uint64_t(left) << 32 | right) * 0x9E3779B97F4A7C15u) >> 32); }
  static uint64_t keyOf(uint32_t left, uint32_t right) { return uint64_t(left) << (kIdBits + kRankBits) | uint64_t(right) << kRankBits; }
  [[gnu::cold]] [[gnu::noinline]] uint32_t wideRank(uint32_t left, uint32_t right) const;
  [[gnu::cold]] [[gnu::noinline]] void widen();

  Flat<uint64_t> slots_;
  Flat<Wide> wide_;  // used instead of them where it is not empty
  Flat<uint32_t> ids_;
  size_t mask_ = 0;
};

}  // namespace wasmformers::tokenizer
