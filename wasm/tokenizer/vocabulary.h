// Token ↔ id: one block of token bytes, one flat hash table (open addressing, hash beside the entry), and a table of
// entries by id. Made for speed of find(): a word costs one hash of its bytes and about one cache line.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "tokenizer/bytes.h"
#include "tokenizer/flat.h"

namespace wasmformers::tokenizer {

class BinaryReader;
class BinaryWriter;

constexpr uint32_t kNoId = UINT32_MAX;

class Vocabulary {
 public:
  void reserve(size_t tokens, size_t bytes);
  /// Adds or, for a token that is there already, renumbers. Returns the token's entry.
  uint32_t add(std::string_view token, uint32_t id) { return add(token, id, hashBytes(token.data(), token.size())); }
  uint32_t add(std::string_view token, uint32_t id, uint32_t hash);
  /// The same for `n` tokens, at most kMany: they wait for memory together, not one after the other.
  void addMany(const std::string_view* tokens, const uint32_t* ids, size_t n);
  /// Must follow the last add(): makes the table by id.
  void finish();

  size_t size() const { return ends_.size(); }
  /// One more than the highest id.
  uint32_t idEnd() const { return idEnd_; }
  size_t longestToken() const { return longest_; }  // bytes

  uint32_t find(std::string_view token) const { return find(token, hashBytes(token.data(), token.size())); }
  uint32_t find(std::string_view token, uint32_t hash) const {
    const uint32_t entry = entryOf(token, hash);
    return entry == kNoId ? kNoId : ids_[entry];
  }

  /// For `n` tokens, as addMany().
  void findMany(const std::string_view* tokens, size_t n, uint32_t* ids) const;
  static constexpr size_t kMany = 64;

  /// The token of an id; `found` false for ids that are not there.
  std::string_view token(uint32_t id, bool& found) const;

  // Entries in the order in which they were added.
  std::string_view text(size_t entry) const {
    const uint32_t begin = entry ? ends_[entry - 1] : 0;
    return {bytes_.data() + begin, ends_[entry] - begin};
  }
  uint32_t id(size_t entry) const { return ids_[entry]; }
  /// A token's entry by its id, kNoId where there is none.
  uint32_t entry(uint32_t id) const;

  void write(BinaryWriter& to) const;
  /// Takes what write() wrote; reading fails where it does not hold together.
  void read(BinaryReader& from);

 private:
  struct Slot { uint32_t hash, entry; };
  void grow(size_t slots);
  bool hasFree() const;
  uint32_t entryOf(std::string_view token, uint32_t hash) const {
    if (slots_.empty()) return kNoId;
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& s = slots_[at];
      if (s.entry == kNoId) return kNoId;
      if (s.hash != hash || s.entry >= ends_.size()) continue;
      const std::string_view have = text(s.entry);
      if (have.size() == token.size() && equalBytes(have.data(), token.data(), token.size())) return s.entry;
    }
  }

  Flat<char> bytes_;
  Flat<uint32_t> ends_, ids_;
  Flat<Slot> slots_;
  size_t mask_ = 0, longest_ = 0, lookedAt_ = 0;
  uint32_t idEnd_ = 0;
  Flat<uint32_t> dense_;                       // id -> entry, where ids are close to each other
  struct ById { uint32_t id, entry; };
  Flat<ById> sparse_;                          // sorted by id, where they are not
};

}  // namespace wasmformers::tokenizer
