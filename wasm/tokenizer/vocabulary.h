// Token ↔ id: one block of token bytes, one flat hash table (open addressing, hash beside the entry), and a table of
// entries by id. Made for speed of find(): a word costs one hash of its bytes and about one cache line.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace wasmformers::tokenizer {

constexpr uint32_t kNoId = UINT32_MAX;

/// A short string's hash: eight bytes at a time, multiply and fold. Not for hostile keys in maps that must not
/// degrade; here a bad vocabulary only slows its own owner.
inline uint32_t hashBytes(const char* p, size_t n) {
  constexpr uint64_t k = 0x9E3779B97F4A7C15u;
  uint64_t h = n * k;
  uint64_t x;
  for (; n > 8; p += 8, n -= 8) {
    std::memcpy(&x, p, 8);
    h = (h ^ x) * k;
    h ^= h >> 32;
  }
  x = 0;
  if (n >= 4) {
    uint32_t a, b;
    std::memcpy(&a, p, 4);
    std::memcpy(&b, p + n - 4, 4);
    x = uint64_t(a) << 32 | b;
  } else if (n) {
    x = uint64_t(static_cast<unsigned char>(p[0])) << 16 | uint64_t(static_cast<unsigned char>(p[n / 2])) << 8 |
        static_cast<unsigned char>(p[n - 1]);
  }
  h = (h ^ x) * k;
  h ^= h >> 29;
  h *= k;
  return uint32_t(h >> 32);
}

class Vocabulary {
 public:
  void reserve(size_t tokens, size_t bytes);
  /// Adds or, for a token that is there already, renumbers.
  void add(std::string_view token, uint32_t id);
  /// Must follow the last add(): makes the table by id.
  void finish();

  size_t size() const { return ends_.size(); }
  /// One more than the highest id.
  uint32_t idEnd() const { return idEnd_; }
  size_t longestToken() const { return longest_; }  // bytes

  uint32_t find(std::string_view token) const { return find(token, hashBytes(token.data(), token.size())); }
  uint32_t find(std::string_view token, uint32_t hash) const {
    if (slots_.empty()) return kNoId;
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& s = slots_[at];
      if (s.entry == kNoId) return kNoId;
      if (s.hash == hash && text(s.entry) == token) return ids_[s.entry];
    }
  }

  /// The token of an id; `found` false for ids that are not there.
  std::string_view token(uint32_t id, bool& found) const;

  // Entries in the order in which they were added.
  std::string_view text(size_t entry) const {
    const uint32_t begin = entry ? ends_[entry - 1] : 0;
    return {bytes_.data() + begin, ends_[entry] - begin};
  }
  uint32_t id(size_t entry) const { return ids_[entry]; }

 private:
  struct Slot { uint32_t hash, entry; };
  void grow(size_t slots);
  uint32_t entryOf(std::string_view token, uint32_t hash) const;

  std::string bytes_;
  std::vector<uint32_t> ends_, ids_;
  std::vector<Slot> slots_;
  size_t mask_ = 0, longest_ = 0;
  uint32_t idEnd_ = 0;
  std::vector<uint32_t> dense_;                        // id -> entry, where ids are close to each other
  std::vector<std::pair<uint32_t, uint32_t>> sparse_;  // (id, entry) sorted, where they are not
};

}  // namespace wasmformers::tokenizer
