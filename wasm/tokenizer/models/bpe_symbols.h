// BPE's algorithm: the symbols of one word are joined, pair by pair, until no known pair is left.
// After tokenizers' models/bpe/word.rs (Sennrich et al., 2016); dropout after Provilkov et al., 2020.
#pragma once

#include <cstdint>
#include <vector>

#include "tokenizer/models/bpe_dropout.h"
#include "tokenizer/models/merges.h"

namespace wasmformers::tokenizer {

/// A part of a word that is one token so far.
struct Symbol {
  uint32_t id;
  uint32_t length;        // in bytes; 0: joined to the symbol before it
  int32_t before, after;  // indices of the neighbours, -1 where there is none
};

/// The symbols of one word, from left to right. Working memory is kept from word to word.
class Symbols {
 public:
  void clear() { list_.clear(); }
  void add(uint32_t id, uint32_t length) {
    const int32_t n = int32_t(list_.size());
    if (n) list_.back().after = n;
    list_.push_back({id, length, n - 1, -1});
  }

  /// Joins the adjacent pair that was learned first (lowest rank, the leftmost of equal ones) until no pair has a rank.
  void merge(const Merges& merges) {
    if (list_.size() <= kShort)
      mergeBySearch(merges);
    else
      mergeByQueue(merges, nullptr);
  }
  /// The same, but each time a pair is chosen, dropout may pass over it.
  void merge(const Merges& merges, Dropout& dropout) { mergeByQueue(merges, &dropout); }

  /// After merge(), symbols of length 0 are to be ignored.
  std::vector<Symbol>::const_iterator begin() const { return list_.begin(); }
  std::vector<Symbol>::const_iterator end() const { return list_.end(); }

 private:
  static constexpr size_t kShort = 48;  // symbols up to which searching all pairs is faster than a queue

  void mergeBySearch(const Merges& merges);
  void mergeByQueue(const Merges& merges, Dropout* dropout);
  bool take(Dropout* dropout, uint64_t& best);
  bool pop(uint64_t& best);
  void push(uint64_t entry);

  std::vector<Symbol> list_;
  std::vector<uint64_t> queue_;    // a heap of rank << 32 | index of the left symbol, the smallest on top
  std::vector<uint64_t> skipped_;  // by dropout
};

}  // namespace wasmformers::tokenizer
