// Token ↔ id. The bytes of all tokens are one block. A flat hash table with open addressing finds a token's entry; a
// slot of 32 bits is an entry and, in the bits above it, the rest of the hash. Where ids are not 0, 1, 2, … in the
// order of the entries, there are ids by entry and a hash table by id. Made for fast find(): a word costs one hash of
// its bytes and about one cache line.
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
  /// Makes room for so many tokens of about so many bytes in all.
  void reserve(size_t tokens, size_t bytes);
  /// Adds a token, or changes the id of one that is there. Returns the token's entry.
  uint32_t add(std::string_view token, uint32_t id);
  uint32_t add(std::string_view token, uint32_t id, uint32_t hash);
  /// The same for `n` tokens, at most kMany. Their accesses to memory overlap, so this is faster than one by one.
  void addMany(const Spelling* tokens, const uint32_t* ids, size_t n);
  /// Must be called after the last add(). Makes the table by id.
  void finish();

  size_t size() const { return size_; }
  /// One more than the highest id.
  uint32_t idEnd() const { return idEnd_; }
  size_t longestToken() const { return longest_; }  // bytes

  uint32_t find(std::string_view token) const { return find(token, hashBytes(token.data(), token.size())); }
  uint32_t find(std::string_view token, uint32_t hash) const {
    if (slots_.empty()) return kNoId;
    uint32_t at;
    const uint32_t entry = search(token, hash, at);
    return entry == kNoId ? kNoId : id(entry);
  }

  /// The ids of `n` tokens, at most kMany, as addMany().
  void findMany(const Spelling* tokens, size_t n, uint32_t* ids) const;
  static constexpr size_t kMany = 64;
  /// Whether the token of an id is `left` followed by `right`. After finish().
  bool isMadeOf(uint32_t id, const Spelling& left, const Spelling& right) const {
    const uint32_t e = entry(id);
    if (e == kNoId || starts_[e + 1] - starts_[e] != left.size + right.size) return false;
    const char* have = bytes_.data() + starts_[e];
    return left.isAt(have) && right.isAt(have + left.size);
  }

  /// The token of an id. `found` is false where there is none.
  std::string_view token(uint32_t id, bool& found) const {
    const uint32_t e = entry(id);
    found = e != kNoId;
    return found ? text(e) : std::string_view();
  }

  // Entries in the order in which they were added.
  std::string_view text(size_t entry) const {
    return {bytes_.data() + starts_[entry], starts_[entry + 1] - starts_[entry]};
  }
  uint32_t id(size_t entry) const { return ids_.empty() ? uint32_t(entry) : ids_[entry]; }
  /// The entry of the token with this id, kNoId where there is none.
  uint32_t entry(uint32_t id) const {
    if (ids_.empty()) return id < size_ ? id : kNoId;
    return otherEntry(id);
  }

  void write(BinaryWriter& to) const;
  /// Reads what write() wrote. The reader fails where the tables contradict each other.
  void read(BinaryReader& from);

 private:
  static constexpr uint32_t kFree = UINT32_MAX;
  void grow(size_t slots);
  void setId(uint32_t entry, uint32_t id);
  uint32_t otherEntry(uint32_t id) const;
  uint32_t placeOf(uint32_t id) const;
  // The token's entry, or kNoId; then `at` is the free slot for it.
  uint32_t search(std::string_view token, uint32_t hash, uint32_t& at) const {
    for (at = hash & mask_;; at = (at + 1) & mask_) {
      const uint32_t slot = slots_[at], entry = slot & mask_;
      if (slot == kFree) return kNoId;
      if ((slot ^ hash) & ~mask_ || entry >= size_) continue;
      const std::string_view have = text(entry);
      if (have.size() == token.size() && equalBytes(have.data(), token.data(), token.size())) return entry;
    }
  }

  Flat<char> bytes_;       // after finish(), Spelling::kReadable zeros follow the last token
  Flat<uint32_t> starts_;  // of each entry, and the end of the last one
  Flat<uint32_t> ids_;     // by entry; empty: an entry's id is its number
  Flat<uint32_t> slots_;
  uint32_t mask_ = 0, size_ = 0, idEnd_ = 0;
  size_t longest_ = 0;
  uint64_t lookedAt_ = 0;
  Flat<uint32_t> byId_;  // a hash table of entries by id; empty where ids_ is
};

}  // namespace wasmformers::tokenizer
