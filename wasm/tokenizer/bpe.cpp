// BPE: a word's characters are joined, pair by pair, always the pair that was learned first (lowest rank, leftmost),
// until no known pair is left. After tokenizers' models/bpe (Sennrich et al., 2016). Pairs of ids find their merge in
// one flat hash table; short words are searched for the best pair, long ones keep a heap, so that a megabyte without a
// space stays n log n; words seen before come from a cache. Dropout is training's and not done.
#include <algorithm>

#include "text/utf8.h"
#include "tokenizer/model.h"

namespace wasmformers::tokenizer {
namespace {

struct Merge { uint32_t rank = kNoId, id = 0; };

// (left id, right id) → merge.
class Merges {
 public:
  void reserve(size_t n) {
    size_t slots = 16;
    while (slots < n * 2) slots *= 2;
    slots_.assign(slots, {});
  }
  void add(uint32_t left, uint32_t right, Merge m) { slot(left, right) = {key(left, right), m}; }
  Merge find(uint32_t left, uint32_t right) const { return const_cast<Merges*>(this)->slot(left, right).merge; }

 private:
  struct Slot {
    uint64_t key = UINT64_MAX;
    Merge merge;
  };
  static uint64_t key(uint32_t left, uint32_t right) { return uint64_t(left) << 32 | right; }
  Slot& slot(uint32_t left, uint32_t right) {
    const uint64_t k = key(left, right);
    size_t at = size_t((k * 0x9E3779B97F4A7C15u) >> 32) & (slots_.size() - 1);
    while (slots_[at].key != k && slots_[at].key != UINT64_MAX) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }
  std::vector<Slot> slots_;
};

struct Symbol {
  uint32_t id, length;  // length in bytes; 0: merged away
  int32_t before, after;
};

class Bpe final : public Model {
 public:
  explicit Bpe(const Component& c) {
    prefix_ = c.string("continuing_subword_prefix", "");
    suffix_ = c.string("end_of_word_suffix", "");
    unkToken_ = c.string("unk_token", "");
    hasUnk_ = !c.member("unk_token").absent();
    fuseUnk_ = c.boolean("fuse_unk", false);
    byteFallback_ = c.boolean("byte_fallback", false);
    ignoreMerges_ = c.boolean("ignore_merges", false);
    readVocabulary(c.member("vocab"), vocabulary_);
    readMerges(c.member("merges"));
    unk_ = hasUnk_ ? vocabulary_.find(unkToken_) : kNoId;
    for (uint32_t b = 0; byteFallback_ && b < 256; ++b) {
      static const char digits[] = "0123456789ABCDEF";
      const char name[] = {'<', '0', 'x', digits[b >> 4], digits[b & 15], '>'};
      bytes_[b] = vocabulary_.find({name, 6});
    }
    if (prefix_.empty() && suffix_.empty()) {
      for (uint32_t ch = 0; ch < kDirect; ++ch) {
        char utf8[4];
        direct_[ch] = vocabulary_.find({utf8, size_t(text::encode(ch, utf8))});
      }
    }
  }

  Status tokenize(const PreTokenized& text, Tokens& out) const override {
    for (size_t i = 0; i < text.pieces.size(); ++i) {
      if (addAdded(text, i, out)) continue;
      const Piece& p = text.pieces[i];
      const std::string_view word = text.view(p);
      const uint32_t hash = hashBytes(word.data(), word.size());
      const CacheEntry* known = word.size() <= kCachedBytes ? cached(word, hash) : nullptr;
      if (!known) {
        if (!split(word)) return missingUnkToken(unkToken_);
        if (word.size() <= kCachedBytes) remember(word, hash);
        uint32_t at = p.begin;
        for (const Symbol& s : symbols_) {
          if (s.length) out.add(s.id, at, at + s.length, i), at += s.length;
        }
        continue;
      }
      uint32_t at = p.begin;
      for (uint32_t k = known->first; k < known->last; ++k) {
        out.add(cacheIds_[k].id, at, at + cacheIds_[k].length, i);
        at += cacheIds_[k].length;
      }
    }
    return {};
  }

 private:
  static constexpr uint32_t kDirect = 0x400;      // characters whose ids are looked up once
  static constexpr size_t kCachedBytes = 64;      // longest word in the cache
  static constexpr size_t kCacheSlots = 1 << 14;
  static constexpr size_t kShort = 48;            // symbols up to which the best pair is searched for

  void readMerges(const Component& c) {
    const size_t n = c.value.size();
    merges_.reserve(n + 1);
    if (!c.value.isArray()) c.wrongType("an array");
    uint32_t rank = 0;
    std::string whole;
    for (json::Value v : c.value.elements()) {
      std::string_view left, right;
      if (v.isString()) {
        const std::string_view pair = v.asString();
        const size_t space = pair.find(' ');
        if (space != pair.npos && pair.find(' ', space + 1) == pair.npos) left = pair.substr(0, space), right = pair.substr(space + 1);
        else return void(c.fail("bad_merge", "has at " + std::to_string(rank) + " no two tokens with a space between them."));
      } else {
        left = v.at(0).asString(), right = v.at(1).asString();
        if (v.size() != 2 || !v.at(0).isString() || !v.at(1).isString()) return void(c.fail("bad_merge", "has at " + std::to_string(rank) + " no two tokens."));
      }
      whole.assign(left).append(right.substr(std::min(prefix_.size(), right.size())));
      const uint32_t a = vocabulary_.find(left), b = vocabulary_.find(right), id = vocabulary_.find(whole);
      if (a == kNoId || b == kNoId || id == kNoId) {
        return void(c.fail("bad_merge", "joins at " + std::to_string(rank) + " tokens that are not in the vocabulary."));
      }
      merges_.add(a, b, {rank++, id});
    }
  }

  // --- one word ---------------------------------------------------------------------------------------------------

  // Fills symbols_. False: an unknown token is needed and not there.
  bool split(std::string_view word) const {
    symbols_.clear();
    if (ignoreMerges_) {
      if (const uint32_t id = vocabulary_.find(word); id != kNoId) {
        addSymbol(id, uint32_t(word.size()));
        return true;
      }
    }
    uint32_t unkLength = 0;  // of an unknown token that is not added yet; it may grow
    bool pending = false;
    const char *p = word.data(), *end = p + word.size();
    while (p < end) {
      const char* from = p;
      const uint32_t c = text::decode(p);
      const uint32_t length = uint32_t(p - from);
      const uint32_t id = idOf(c, {from, length}, from == word.data(), p == end);
      if (id != kNoId) {
        if (pending) addSymbol(unk_, unkLength), pending = false;
        addSymbol(id, length);
        continue;
      }
      if (byteFallback_ && addBytes()) continue;  // without adding the pending one first, as the reference
      if (!hasUnk_) continue;
      if (unk_ == kNoId) return false;
      if (pending && fuseUnk_) {
        unkLength += length;
        continue;
      }
      if (pending) addSymbol(unk_, unkLength);
      pending = true;
      unkLength = length;
    }
    if (pending) addSymbol(unk_, unkLength);
    if (symbols_.size() <= kShort) mergeShort();
    else mergeLong();
    return true;
  }

  uint32_t idOf(uint32_t c, std::string_view bytes, bool first, bool last) const {
    if (prefix_.empty() && suffix_.empty()) {
      if (c < kDirect) {
        piece_ = bytes;
        return direct_[c];
      }
      piece_ = bytes;
      return vocabulary_.find(bytes);
    }
    affixed_.clear();
    if (!first) affixed_ += prefix_;
    affixed_ += bytes;
    if (last) affixed_ += suffix_;
    piece_ = affixed_;
    return vocabulary_.find(affixed_);
  }

  // The bytes of piece_ as tokens, if all of them are there.
  bool addBytes() const {
    for (char c : piece_) {
      if (bytes_[static_cast<unsigned char>(c)] == kNoId) return false;
    }
    for (char c : piece_) addSymbol(bytes_[static_cast<unsigned char>(c)], 1);
    return true;
  }

  void addSymbol(uint32_t id, uint32_t length) const {
    const int32_t n = int32_t(symbols_.size());
    if (n) symbols_.back().after = n;
    symbols_.push_back({id, length, n - 1, -1});
  }

  void mergeShort() const {
    size_t n = symbols_.size();
    Merge best[kShort];  // of the pair that begins at i
    for (size_t i = 0; i + 1 < n; ++i) best[i] = merges_.find(symbols_[i].id, symbols_[i + 1].id);
    while (n > 1) {
      size_t at = 0;
      for (size_t i = 1; i + 1 < n; ++i) {
        if (best[i].rank < best[at].rank) at = i;
      }
      if (best[at].rank == kNoId) break;
      symbols_[at].id = best[at].id;
      symbols_[at].length += symbols_[at + 1].length;
      symbols_.erase(symbols_.begin() + long(at) + 1);
      for (size_t i = at + 1; i + 2 < n; ++i) best[i] = best[i + 1];
      --n;
      if (at + 1 < n) best[at] = merges_.find(symbols_[at].id, symbols_[at + 1].id);
      if (at) best[at - 1] = merges_.find(symbols_[at - 1].id, symbols_[at].id);
    }
  }

  void mergeLong() const {
    // Entries are rank and place; one whose pair has changed since is passed over.
    std::vector<std::pair<uint64_t, uint32_t>> heap;  // (rank << 32 | place, id), smallest first
    const auto later = [](const auto& a, const auto& b) { return a.first > b.first; };
    const auto push = [&](int32_t at) {
      const Symbol& s = symbols_[size_t(at)];
      if (s.after < 0) return;
      const Merge m = merges_.find(s.id, symbols_[size_t(s.after)].id);
      if (m.rank == kNoId) return;
      heap.push_back({uint64_t(m.rank) << 32 | uint32_t(at), m.id});
      std::push_heap(heap.begin(), heap.end(), later);
    };
    for (size_t i = 0; i + 1 < symbols_.size(); ++i) push(int32_t(i));
    while (!heap.empty()) {
      std::pop_heap(heap.begin(), heap.end(), later);
      const auto [rankAndPlace, id] = heap.back();
      heap.pop_back();
      Symbol& s = symbols_[uint32_t(rankAndPlace)];
      if (!s.length || s.after < 0) continue;
      Symbol& right = symbols_[size_t(s.after)];
      const Merge m = merges_.find(s.id, right.id);
      if (m.rank == kNoId || m.id != id) continue;
      s.id = id;
      s.length += right.length;
      right.length = 0;
      s.after = right.after;
      if (s.after >= 0) symbols_[size_t(s.after)].before = int32_t(uint32_t(rankAndPlace));
      if (s.before >= 0) push(s.before);
      push(int32_t(uint32_t(rankAndPlace)));
    }
  }

  // --- cache ------------------------------------------------------------------------------------------------------

  struct CacheEntry { uint32_t hash = 0, text = 0, length = 0, first = 0, last = 0; };
  struct CachedId { uint32_t id, length; };

  const CacheEntry* cached(std::string_view word, uint32_t hash) const {
    if (cache_.empty()) return nullptr;
    const CacheEntry& e = cache_[hash % kCacheSlots];
    return e.length == word.size() && e.hash == hash && std::string_view(cacheText_).substr(e.text, e.length) == word ? &e : nullptr;
  }
  void remember(std::string_view word, uint32_t hash) const {
    if (cacheText_.size() > kCacheSlots * 32 || cache_.empty()) {  // a new beginning, rather than growing for ever
      cache_.assign(kCacheSlots, {});
      cacheText_.clear();
      cacheIds_.clear();
    }
    CacheEntry& e = cache_[hash % kCacheSlots];
    e = {hash, uint32_t(cacheText_.size()), uint32_t(word.size()), uint32_t(cacheIds_.size()), 0};
    cacheText_.append(word);
    for (const Symbol& s : symbols_) {
      if (s.length) cacheIds_.push_back({s.id, s.length});
    }
    e.last = uint32_t(cacheIds_.size());
  }

  std::string suffix_, unkToken_;
  bool hasUnk_, fuseUnk_, byteFallback_, ignoreMerges_;
  uint32_t unk_ = kNoId;
  uint32_t bytes_[256] = {}, direct_[kDirect];
  Merges merges_;

  // Working memory and cache: a tokenizer belongs to one thread.
  mutable std::vector<Symbol> symbols_;
  mutable std::string affixed_;
  mutable std::string_view piece_;
  mutable std::vector<CacheEntry> cache_;
  mutable std::string cacheText_;
  mutable std::vector<CachedId> cacheIds_;
};

}  // namespace

std::unique_ptr<Model> makeBpe(const Component& c) { return std::make_unique<Bpe>(c); }

}  // namespace wasmformers::tokenizer
