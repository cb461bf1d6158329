// Words seen before and their tokens: a table of hashes over one block of records, both of bounded size, forgotten
// together when full. A record is its word's length and number of tokens, the word in whole eights of bytes, the ids,
// then begin and end of each token as bytes. What a model answers for a word must depend on the word alone.
#pragma once

#include <string_view>
#include <vector>

#include "tokenizer/bytes.h"
#include "tokenizer/pre_tokenized.h"

namespace wasmformers::tokenizer {

/// A token of a word: its id and its bytes there.
struct Part { uint32_t id, begin, end; };

class WordCache {
 public:
  static constexpr size_t kLongest = 96;  // bytes of a word that is kept

  /// A word's tokens, valid until the next put().
  class Entry {
   public:
    explicit Entry(const char* record) : record_(record) {}
    explicit operator bool() const { return record_ != nullptr; }
    size_t count() const { return size_t(static_cast<unsigned char>(record_[1])); }
    const uint32_t* ids() const { return reinterpret_cast<const uint32_t*>(record_ + idsAt(static_cast<unsigned char>(record_[0]))); }
    Span range(size_t i) const {
      const auto* r = reinterpret_cast<const unsigned char*>(ids() + count()) + 2 * i;
      return {r[0], r[1]};
    }

   private:
    const char* record_;
  };

  /// Never for words longer than kLongest.
  Entry find(std::string_view word, uint32_t hash) const {
    if (slots_.empty()) return Entry(nullptr);
    const Slot& s = slots_[hash >> (32 - kSlotBits)];
    if (s.hash != hash || s.at == kNone) return Entry(nullptr);
    const char* record = reinterpret_cast<const char*>(records_.data() + s.at);
    const bool same = static_cast<unsigned char>(record[0]) == word.size() && equalBytes(record + 4, word.data(), word.size());
    return Entry(same ? record : nullptr);
  }

  void put(std::string_view word, uint32_t hash, const std::vector<Part>& parts) {
    if (word.size() > kLongest || parts.size() > kLongest || (!parts.empty() && parts.back().end > 255)) return;
    const size_t bytes = idsAt(word.size()) + parts.size() * 6, words = (bytes + 7) / 8;
    if (slots_.empty() || records_.size() + words > kMostWords) {
      slots_.assign(size_t(1) << kSlotBits, {});
      records_.clear();
    }
    const size_t at = records_.size();
    records_.resize(at + words);
    char* record = reinterpret_cast<char*>(records_.data() + at);
    record[0] = char(word.size());
    record[1] = char(parts.size());
    std::memcpy(record + 4, word.data(), word.size());
    char* to = record + idsAt(word.size());
    for (const Part& p : parts) std::memcpy(to, &p.id, 4), to += 4;
    for (const Part& p : parts) *to++ = char(p.begin), *to++ = char(p.end);
    slots_[hash >> (32 - kSlotBits)] = {hash, uint32_t(at)};
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr int kSlotBits = 16;
  static constexpr size_t kMostWords = size_t(1) << 19;  // 4 MB of records
  static size_t idsAt(size_t length) { return 4 + (length + 3) / 4 * 4; }
  struct Slot { uint32_t hash = 0, at = kNone; };
  std::vector<Slot> slots_;
  std::vector<uint64_t> records_;
};

}  // namespace wasmformers::tokenizer
