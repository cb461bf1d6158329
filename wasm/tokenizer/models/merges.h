// BPE's merges: (left id, right id) → rank, and rank → id of what the pair becomes. Pairs are stored by rank, each as
// one number of 64 bits where the ids allow it, as those of every known tokenizer do. A flat hash table holds ranks
// and, in the bits above them, the rest of the hash.
#pragma once

#include "tokenizer/models/vocabulary.h"

namespace wasmformers::tokenizer {

class Merges {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;  // later than every rank

  /// Removes all merges and makes room for `n`, which must then be added.
  void reserve(size_t n);
  bool full() const { return size_ == pairs_.size() + wide_.size(); }
  /// Adds the pair of the next rank. A pair that was added before gets the new rank.
  void add(uint32_t left, uint32_t right, uint32_t id) {
    if ((left | right | id) >> kIdBits || !wide_.empty()) return addWide(left, right, id);
    const uint64_t key = keyOf(left, right);
    pairs_.at(size_) = key << kIdBits | id;
    put(hash(left, right), [&](uint32_t rank) { return pairs_[rank] >> kIdBits == key; });
  }

  /// Reads the memory that add() and rank() will need, so that it is in the cache.
  uint64_t peek(uint32_t left, uint32_t right) const { return slots_.empty() ? 0 : slots_[hash(left, right) & mask_]; }

  size_t size() const { return size_; }
  uint32_t rank(uint32_t left, uint32_t right) const {
    if (!wide_.empty()) return wideRank(left, right);
    if ((left | right) >> kIdBits) return kNone;
    const uint64_t key = keyOf(left, right);
    const uint32_t h = hash(left, right);
    for (uint32_t at = h & mask_;; at = (at + 1) & mask_) {
      const uint32_t slot = slots_[at], rank = slot & mask_;
      if (slot == kFree) return kNone;
      if (!((slot ^ h) & ~mask_) && rank < size_ && pairs_[rank] >> kIdBits == key) return rank;
    }
  }
  /// The id of what a pair of this rank becomes.
  uint32_t id(uint32_t rank) const {
    if (rank >= size_) return 0;
    return wide_.empty() ? uint32_t(pairs_[rank]) & ((1u << kIdBits) - 1) : wide_[rank].id;
  }

  void write(BinaryWriter& to) const;
  void read(BinaryReader& from);

 private:
  static constexpr int kIdBits = 21;  // of left, right and id
  static constexpr uint32_t kFree = UINT32_MAX;
  struct Wide {
    uint32_t left, right, id;
  };
  static uint32_t hash(uint32_t left, uint32_t right) {
    return uint32_t(((uint64_t(left) << 32 | right) * 0x9E3779B97F4A7C15u) >> 32);
  }
  static uint64_t keyOf(uint32_t left, uint32_t right) { return uint64_t(left) << kIdBits | right; }
  [[gnu::cold]] [[gnu::noinline]] uint32_t wideRank(uint32_t left, uint32_t right) const;
  [[gnu::cold]] [[gnu::noinline]] void addWide(uint32_t left, uint32_t right, uint32_t id);

  // Stores the next rank in the slot of an earlier rank of the same pair, else in a free slot.
  template <class Same>
  void put(uint32_t h, Same same) {
    uint32_t at = h & mask_;
    for (;; at = (at + 1) & mask_) {
      const uint32_t slot = slots_[at];
      if (slot == kFree || (!((slot ^ h) & ~mask_) && same(slot & mask_))) break;
    }
    slots_.at(at) = (h & ~mask_) | size_++;
  }

  Flat<uint32_t> slots_;
  Flat<uint64_t> pairs_;
  Flat<Wide> wide_;  // if not empty, used instead of pairs_
  uint32_t mask_ = 0, size_ = 0;
};

}  // namespace wasmformers::tokenizer
