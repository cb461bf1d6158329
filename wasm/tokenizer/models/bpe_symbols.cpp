// See bpe_symbols.h. A short word is searched for its best pair again after every merge, in an array without links. A
// long one keeps its pairs in a queue, so that a megabyte without a space takes n log n.
#include "tokenizer/models/bpe_symbols.h"

#include <algorithm>
#include <functional>

namespace wasmformers::tokenizer {

void Symbols::mergeBySearch(const Merges& merges) {
  size_t n = list_.size();
  if (n < 2) return;
  Symbol* const s = list_.data();
  uint32_t ranks[kShort];  // of the pair that begins at i
  ranks[n - 1] = Merges::kNone;
  for (size_t i = 0; i + 1 < n; ++i) ranks[i] = merges.rank(s[i].id, s[i + 1].id);
  for (;;) {
    size_t at = 0;
    for (size_t i = 1; i + 1 < n; ++i) {
      if (ranks[i] < ranks[at]) at = i;
    }
    if (ranks[at] == Merges::kNone) break;
    s[at].id = merges.id(ranks[at]);
    s[at].length += s[at + 1].length;
    --n;
    for (size_t i = at + 1; i < n; ++i) s[i] = s[i + 1], ranks[i] = ranks[i + 1];
    ranks[at] = at + 1 < n ? merges.rank(s[at].id, s[at + 1].id) : Merges::kNone;
    if (at) ranks[at - 1] = merges.rank(s[at - 1].id, s[at].id);
  }
  list_.resize(n);
}

void Symbols::mergeByQueue(const Merges& merges, Dropout* dropout) {
  const auto rankAt = [&](int32_t at) {
    const Symbol& s = list_[size_t(at)];
    return s.after < 0 ? Merges::kNone : merges.rank(s.id, list_[size_t(s.after)].id);
  };
  const auto entryAt = [](uint32_t rank, int32_t at) { return uint64_t(rank) << 32 | uint32_t(at); };
  const auto pushPairAt = [&](int32_t at) {
    if (const uint32_t rank = rankAt(at); rank != Merges::kNone) push(entryAt(rank, at));
  };
  queue_.clear();
  for (int32_t at = 0; size_t(at) + 1 < list_.size(); ++at) {
    if (const uint32_t rank = rankAt(at); rank != Merges::kNone) queue_.push_back(entryAt(rank, at));
  }
  std::make_heap(queue_.begin(), queue_.end(), std::greater<>());
  for (uint64_t best; take(dropout, best);) {
    const int32_t at = int32_t(uint32_t(best));
    Symbol& left = list_[size_t(at)];
    const uint32_t rank = left.length ? rankAt(at) : Merges::kNone, id = merges.id(uint32_t(best >> 32));
    if (rank == Merges::kNone || merges.id(rank) != id) continue;  // the pair has changed since it was queued
    Symbol& right = list_[size_t(left.after)];
    left.id = id;
    left.length += right.length;
    right.length = 0;
    left.after = right.after;
    if (left.after >= 0) list_[size_t(left.after)].before = at;
    if (left.before >= 0) pushPairAt(left.before);
    pushPairAt(at);
  }
}

// The best entry that dropout does not skip this time. Skipped ones go back into the queue for the next time.
bool Symbols::take(Dropout* dropout, uint64_t& best) {
  if (!dropout) return pop(best);
  skipped_.clear();
  while (pop(best)) {
    if (!dropout->skips()) {
      for (const uint64_t entry : skipped_) push(entry);
      return true;
    }
    skipped_.push_back(best);
  }
  return false;
}

bool Symbols::pop(uint64_t& best) {
  if (queue_.empty()) return false;
  best = queue_.front();
  std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
  queue_.pop_back();
  return true;
}

void Symbols::push(uint64_t entry) {
  queue_.push_back(entry);
  std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
}

}  // namespace wasmformers::tokenizer
