// A cache of words and their tokens. A model may use it where the tokens of a word depend on the word alone. It is a
// hash table over one block of records; both have a bounded size and are emptied together when the block is full. A
// word has four places in the table, so few words evict each other; a place is a record's number and the rest of the
// hash. A record is the word's length and its number of tokens (a byte each), the word, padded to four bytes, the ids,
// then begin and end of each token, a byte each.
#pragma once

#include <string_view>
#include <vector>

#include "tokenizer/bytes.h"
#include "tokenizer/pre_tokenizers/pre_tokenized.h"

namespace wasmformers::tokenizer {

/// A token of a word: its id, and its bytes in the word.
struct Part {
  uint32_t id, begin, end;
};

class WordCache {
 public:
  static constexpr size_t kLongest = 128;  // bytes of the longest word that is cached

  /// A word's tokens, or false. Valid until the next put().
  class Entry {
   public:
    explicit Entry(const char* record) : record_(record) {}
    explicit operator bool() const { return record_ != nullptr; }
    size_t count() const { return size_t(static_cast<unsigned char>(record_[1])); }
    const uint32_t* ids() const {
      return reinterpret_cast<const uint32_t*>(record_ + idsAt(static_cast<unsigned char>(record_[0])));
    }
    Span range(size_t i) const {
      const auto* r = reinterpret_cast<const unsigned char*>(ids() + count()) + 2 * i;
      return {r[0], r[1]};
    }

   private:
    const char* record_;
  };

  /// `word` must not be longer than kLongest; `hash` is hashBytes(word).
  Entry find(std::string_view word, uint32_t hash) const {
    if (places_.empty()) return Entry(nullptr);
    const uint32_t* p = &places_[hash >> (32 - kSetBits) << 2];
    for (int way = 0; way < 4; ++way) {
      if ((p[way] ^ hash << kNumberBits) >> kNumberBits) continue;
      const char* record = at(p[way] & kMostWords);
      if (static_cast<unsigned char>(record[0]) == word.size() && equalBytes(record + 4, word.data(), word.size()))
        return Entry(record);
    }
    return Entry(nullptr);
  }

  void put(std::string_view word, uint32_t hash, const std::vector<Part>& parts) {
    if (word.size() > kLongest || parts.size() > kLongest || (!parts.empty() && parts.back().end > 255)) return;
    const size_t bytes = idsAt(word.size()) + parts.size() * 6, words = (bytes + 7) / 8;
    if (places_.empty() || records_.size() + words > kMostWords) {
      places_.assign(size_t(4) << kSetBits, 0);
      records_.assign(1, UINT64_MAX);  // the record of empty places; no word has its length
    }
    const size_t number = records_.size();
    records_.resize(number + words);
    char* record = reinterpret_cast<char*>(&records_[number]);
    record[0] = char(word.size());
    record[1] = char(parts.size());
    std::memcpy(record + 4, word.data(), word.size());
    char* to = record + idsAt(word.size());
    for (const Part& p : parts) std::memcpy(to, &p.id, 4), to += 4;
    for (const Part& p : parts) *to++ = char(p.begin), *to++ = char(p.end);
    uint32_t* p = &places_[hash >> (32 - kSetBits) << 2];
    for (int way = 3; way > 0; --way) p[way] = p[way - 1];
    p[0] = hash << kNumberBits | uint32_t(number);
  }

 private:
  static constexpr int kSetBits = 14, kNumberBits = 19;
  static constexpr uint32_t kMostWords = (1u << kNumberBits) - 1;  // 4 MB of records
  static size_t idsAt(size_t length) { return 4 + (length + 3) / 4 * 4; }
  const char* at(size_t number) const { return reinterpret_cast<const char*>(&records_[number]); }
  std::vector<uint32_t> places_;
  std::vector<uint64_t> records_;
};

}  // namespace wasmformers::tokenizer
