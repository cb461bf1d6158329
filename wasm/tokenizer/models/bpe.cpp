// BPE: a word's characters are joined, pair by pair, always the pair that was learned first (lowest rank, leftmost),
// until no known pair is left. After tokenizers' models/bpe (Sennrich et al., 2016). Short words are searched for the
// best pair, long ones keep a heap, so that a megabyte without a space stays n log n; words seen before come from a
// cache. SentencePiece's texts are one word each, spaces written as ▁: where no merge makes a token with ▁ behind
// another character, nothing is ever joined across the beginning of a run of ▁, and the text is cut there first.
// Byte-level words come as the bytes that they stand for, each of which is a symbol. With dropout (Provilkov et al.,
// 2020) merges are passed over by chance, every time anew: without the cache, in whole words.
#include <algorithm>

#include "text/utf8.h"
#include "tokenizer/binary_form.h"
#include "tokenizer/models/merges.h"
#include "tokenizer/models/model.h"
#include "tokenizer/pre_tokenizers/byte_level.h"

namespace wasmformers::tokenizer {
namespace {

constexpr std::string_view kMark = "\xE2\x96\x81";  // ▁

struct Symbol {
  uint32_t id, length;  // length in bytes; 0: merged away
  int32_t before, after;
};

// Whether ▁ stands in `token` behind another character.
bool marksInside(std::string_view token) {
  for (size_t at = token.find(kMark); at != token.npos; at = token.find(kMark, at + 1)) {
    if (at && !token.substr(0, at).ends_with(kMark)) return true;
  }
  return false;
}

// The end of the run of ▁ at `from` and of what follows it up to the next ▁.
size_t endOfMarked(std::string_view s, size_t from) {
  const auto isMark = [&](size_t at) {
    return s[at] == kMark[0] && s.size() - at >= 3 && s[at + 1] == kMark[1] && s[at + 2] == kMark[2];
  };
  while (from < s.size() && isMark(from)) from += 3;
  while (from < s.size() && !isMark(from)) ++from;
  return from;
}

class Bpe final : public Model {
 public:
  Bpe(const Component& c, Tables* tables) {
    prefix_ = c.string("continuing_subword_prefix", "");
    suffix_ = c.string("end_of_word_suffix", "");
    unkToken_ = c.string("unk_token", "");
    hasUnk_ = !c.member("unk_token").absent();
    fuseUnk_ = c.boolean("fuse_unk", false);
    byteFallback_ = c.boolean("byte_fallback", false);
    ignoreMerges_ = c.boolean("ignore_merges", false);
    readDropout(c.member("dropout"));
    readVocabulary(c.member("vocab"), tables, vocabulary_);
    unk_ = hasUnk_ ? vocabulary_.find(unkToken_) : kNoId;
    if (byteFallback_) readByteTokens(vocabulary_, bytes_);
    const bool affixes = !prefix_.empty() || !suffix_.empty();
    for (uint32_t ch = 0; !affixes && ch < kDirect; ++ch) {
      char utf8[4];
      direct_[ch] = vocabulary_.find({utf8, size_t(text::encode(ch, utf8))});
    }
    takesBytes_ = !affixes;
    for (uint32_t b = 0; takesBytes_ && b < 256; ++b) takesBytes_ = direct_[characterOfByte(uint8_t(b))] != kNoId;
    if (tables && tables->form) {
      merges_.read(*tables->form);
      cutAtMarks_ = tables->form->bytes() == "1" && dropout_ == 0;
      return;
    }
    cutAtMarks_ = dropout_ == 0 && !affixes && !ignoreMerges_ && vocabulary_.find(kMark) != kNoId;
    if (tables)
      tables->unusual |= !readMerges(tables->text->merges);
    else
      readMerges(c.member("merges"));
  }
  void write(BinaryWriter& to) const override {
    Model::write(to);
    merges_.write(to);
    to.bytes(cutAtMarks_ ? "1" : "0");
  }

  bool takesBytes() const override { return takesBytes_; }
  void seed(uint32_t number) override { random_ = (uint64_t(number) + 1) * 0x9E3779B97F4A7C15u; }

  Status tokenize(const PreTokenized& text, Tokens& out) const override {
    inBytes_ = text.bytes;
    for (size_t i = 0; i < text.pieces.size(); ++i) {
      if (addAdded(text, i, out)) continue;
      const Piece& p = text.pieces[i];
      const std::string_view word = text.view(p);
      if (!cutAtMarks_ || text.bytes) {
        if (!addWord(word, p.begin, i, out)) return missingUnkToken(unkToken_);
        continue;
      }
      for (size_t from = 0; from < word.size();) {
        const size_t end = endOfMarked(word, from);
        if (!addWord(word.substr(from, end - from), p.begin + uint32_t(from), i, out))
          return missingUnkToken(unkToken_);
        from = end;
      }
    }
    return {};
  }

 private:
  static constexpr uint32_t kDirect = 0x400;  // characters whose ids are looked up once
  static constexpr size_t kShort = 48;        // symbols up to which the best pair is searched for

  [[gnu::cold]] [[gnu::noinline]] void readDropout(const Component& c) {
    if (c.absent()) return;
    dropout_ = float(c.value.asNumber(-1));
    if (!(dropout_ >= 0 && dropout_ <= 1)) c.fail("bad_value", "must be a number from 0 to 1.");
    ignoreMerges_ = ignoreMerges_ && dropout_ == 0;  // as the reference
  }

  [[gnu::cold]] [[gnu::noinline]] void readMerges(const Component& c) {
    merges_.reserve(c.value.size());
    if (!c.value.isArray()) c.wrongType("an array");
    const char* wrong = nullptr;
    size_t n = 0;
    for (json::Value v : c.value.elements()) {
      std::string_view left = v.at(0).asString(), right = v.at(1).asString();
      if (v.isString() && !cutPair(v.asString(), left, right))
        wrong = " no two tokens with a space between them.";
      else if (!v.isString() && (v.size() != 2 || !v.at(0).isString() || !v.at(1).isString()))
        wrong = " no two tokens.";
      Spelling parts[2];
      parts[0].set(left.data(), left.size(), false);
      parts[1].set(right.data(), right.size(), false);
      if (!wrong && !addMerges(parts, 2))
        return void(c.fail("bad_merge", "joins at " + std::to_string(n) + " tokens that are not in the vocabulary."));
      if (wrong) return void(c.fail("bad_merge", "has at " + std::to_string(n) + wrong));
      ++n;
    }
  }
  // As they stand in the file. False where they are not written so.
  bool readMerges(std::string_view text) {
    TextScanner s(text);
    if (!s.take('[')) return false;
    if (s.take(']')) return merges_.reserve(0), s.atEnd();
    const bool pairs = text.substr(1, 64).find('[') < text.substr(1, 64).find('"');
    const size_t strings = countStrings(text);
    merges_.reserve(pairs ? strings / 2 : strings);
    for (bool more = true; more;) {
      if (!readSome(s, pairs, more)) return false;
    }
    return s.take(']') && s.atEnd();
  }
  // Many at a time; see model.cpp's.
  [[gnu::noinline]] bool readSome(TextScanner& s, bool pairs, bool& more) {
    Spelling waiting[Vocabulary::kMany];
    size_t n = pairs ? s.plainLists(waiting, Vocabulary::kMany) : s.plainPairs(waiting, Vocabulary::kMany);
    more = true;
    if (!n) {
      std::string_view left, right;
      if (pairs ? !s.take('[') || !s.string(left, 0) || !s.take(',') || !s.string(right, 1) || !s.take(']')
                : !s.pair(left, right) && (!s.string(left) || !cutPair(left, left, right))) {
        return false;
      }
      waiting[n++].set(left.data(), left.size(), false);
      waiting[n++].set(right.data(), right.size(), false);
      more = s.take(',');
    }
    return addMerges(waiting, n);
  }
  bool addMerges(const Spelling* parts, size_t n) {
    uint32_t ids[Vocabulary::kMany];
    vocabulary_.findMany(parts, n, ids);
    for (size_t i = 0; i < n; i += 2)
      lookedAt_ += merges_.peek(ids[i], ids[i + 1]);  // waits for memory together, as well
    for (size_t i = 0; i < n; i += 2) {
      if (merges_.full() || !addMerge(parts[i], parts[i + 1], ids[i], ids[i + 1])) return false;
    }
    return true;
  }
  static bool cutPair(std::string_view pair, std::string_view& left, std::string_view& right) {
    const size_t space = pair.find(' ');
    if (space == pair.npos || pair.find(' ', space + 1) != pair.npos) return false;
    left = pair.substr(0, space);
    right = pair.substr(space + 1);
    return true;
  }
  // False where a token is not in the vocabulary.
  bool addMerge(const Spelling& left, const Spelling& right, uint32_t a, uint32_t b) {
    const uint32_t id = findNear(left, right);
    if (a == kNoId || b == kNoId || id == kNoId) return false;
    cutAtMarks_ = cutAtMarks_ && !marksInside(made(left, right));
    merges_.add(a, b, id);
    lastMade_ = id;
    return true;
  }
  // What both parts make. Files list merges in the order of that: the next one is looked for first.
  uint32_t findNear(const Spelling& left, const Spelling& right) {
    for (uint32_t guess = lastMade_; prefix_.empty() && guess < lastMade_ + 2; ++guess) {
      if (vocabulary_.isMadeOf(guess, left, right)) return guess;
    }
    return vocabulary_.find(made(left, right));
  }
  std::string_view made(const Spelling& left, const Spelling& right) {
    const size_t cut = std::min(prefix_.size(), size_t(right.size));
    return affixed_.assign(left.data, left.size).append(right.data + cut, right.size - cut);
  }

  // --- one word ---------------------------------------------------------------------------------------------------

  // Appends the tokens of a word that nothing before or behind it has to do with. False: an unknown token is needed
  // and not there.
  bool addWord(std::string_view word, uint32_t base, size_t index, Tokens& out) const {
    const bool cached = word.size() <= WordCache::kLongest && dropout_ == 0;
    uint32_t hash = 0;
    if (cached) {
      hash = hashBytes(word.data(), word.size());
      if (const WordCache::Entry known = cache_.find(word, hash)) return out.add(known, base, index), true;
    }
    if (!split(word)) return false;
    parts_.clear();
    uint32_t at = 0;
    for (const Symbol& s : symbols_) {
      if (s.length) parts_.push_back({s.id, at, at + s.length});
      at += s.length;
    }
    if (cached) cache_.put(word, hash, parts_);
    out.add(parts_, base, index);
    return true;
  }

  // Fills symbols_. False: an unknown token is needed and not there.
  bool split(std::string_view word) const {
    symbols_.clear();
    if (ignoreMerges_) {
      if (const uint32_t id = vocabulary_.find(inBytes_ ? byteLevel(word) : word); id != kNoId) {
        addSymbol(id, uint32_t(word.size()));
        return true;
      }
    }
    if (inBytes_) {
      for (char b : word) addSymbol(direct_[characterOfByte(uint8_t(b))], 1);
      merge();
      return true;
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
    merge();
    return true;
  }
  void merge() const {
    if (symbols_.size() <= kShort && dropout_ == 0)
      mergeShort();
    else
      mergeLong();
  }
  std::string_view byteLevel(std::string_view word) const {
    affixed_.resize(word.size() * 2);
    return {affixed_.data(), size_t(writeByteLevel(word, affixed_.data()) - affixed_.data())};
  }

  uint32_t idOf(uint32_t c, std::string_view bytes, bool first, bool last) const {
    if (prefix_.empty() && suffix_.empty()) {
      piece_ = bytes;
      return c < kDirect ? direct_[c] : vocabulary_.find(bytes);
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
    if (n < 2) return;
    uint32_t ranks[kShort];  // of the pair that begins at i
    ranks[n - 1] = Merges::kNone;
    for (size_t i = 0; i + 1 < n; ++i) ranks[i] = merges_.rank(symbols_[i].id, symbols_[i + 1].id);
    for (;;) {
      size_t at = 0;
      for (size_t i = 1; i + 1 < n; ++i) {
        if (ranks[i] < ranks[at]) at = i;
      }
      if (ranks[at] == Merges::kNone) break;
      symbols_[at].id = merges_.id(ranks[at]);
      symbols_[at].length += symbols_[at + 1].length;
      --n;
      for (size_t i = at + 1; i < n; ++i) symbols_[i] = symbols_[i + 1], ranks[i] = ranks[i + 1];
      ranks[at] = at + 1 < n ? merges_.rank(symbols_[at].id, symbols_[at + 1].id) : Merges::kNone;
      if (at) ranks[at - 1] = merges_.rank(symbols_[at - 1].id, symbols_[at].id);
    }
    symbols_.resize(n);
  }

  void mergeLong() const {
    // Entries are rank << 32 | place, smallest first; one whose pair has changed since is passed over.
    heap_.clear();
    const auto later = [](uint64_t a, uint64_t b) { return a > b; };
    const auto rankAt = [&](int32_t at) {
      const Symbol& s = symbols_[size_t(at)];
      return s.after < 0 ? Merges::kNone : merges_.rank(s.id, symbols_[size_t(s.after)].id);
    };
    const auto push = [&](int32_t at) {
      const uint32_t rank = rankAt(at);
      if (rank == Merges::kNone) return;
      heap_.push_back(uint64_t(rank) << 32 | uint32_t(at));
      std::push_heap(heap_.begin(), heap_.end(), later);
    };
    for (size_t i = 0; i + 1 < symbols_.size(); ++i) {
      const uint32_t rank = rankAt(int32_t(i));
      if (rank != Merges::kNone) heap_.push_back(uint64_t(rank) << 32 | i);
    }
    std::make_heap(heap_.begin(), heap_.end(), later);
    passed_.clear();
    while (!heap_.empty()) {
      const uint64_t top = heap_.front();
      std::pop_heap(heap_.begin(), heap_.end(), later);
      heap_.pop_back();
      if (dropout_ > 0) {  // passed over, until a merge that is not
        if (draw() < dropout_) {
          passed_.push_back(top);
          continue;
        }
        for (const uint64_t again : passed_) {
          heap_.push_back(again);
          std::push_heap(heap_.begin(), heap_.end(), later);
        }
        passed_.clear();
      }
      const int32_t at = int32_t(uint32_t(top));
      Symbol& s = symbols_[size_t(at)];
      if (!s.length) continue;
      const uint32_t rank = rankAt(at), id = merges_.id(uint32_t(top >> 32));
      if (rank == Merges::kNone || merges_.id(rank) != id) continue;
      Symbol& right = symbols_[size_t(s.after)];
      s.id = id;
      s.length += right.length;
      right.length = 0;
      s.after = right.after;
      if (s.after >= 0) symbols_[size_t(s.after)].before = at;
      if (s.before >= 0) push(s.before);
      push(at);
    }
  }

  // From 0 to 1; Marsaglia's xorshift64 with the multiplier of Vigna's "An experimental exploration of xorshift".
  float draw() const {
    random_ ^= random_ >> 12;
    random_ ^= random_ << 25;
    random_ ^= random_ >> 27;
    return float(random_ * 0x2545F4914F6CDD1Du >> 40) * 0x1p-24f;
  }

  std::string suffix_, unkToken_;
  float dropout_ = 0;
  bool hasUnk_, fuseUnk_, byteFallback_, ignoreMerges_, cutAtMarks_ = false, takesBytes_ = false;
  uint32_t unk_ = kNoId, lastMade_ = 0;
  uint32_t bytes_[256] = {}, direct_[kDirect];
  Merges merges_;
  uint64_t lookedAt_ = 0;

  // Working memory and cache: a tokenizer belongs to one thread.
  mutable std::vector<Symbol> symbols_;
  mutable std::vector<Part> parts_;
  mutable std::vector<uint64_t> heap_, passed_;
  mutable uint64_t random_ = 1;
  mutable std::string affixed_;
  mutable std::string_view piece_;
  mutable bool inBytes_ = false;
  mutable WordCache cache_;
};

}  // namespace

std::unique_ptr<Model> makeBpe(const Component& c, Tables* tables) { return std::make_unique<Bpe>(c, tables); }

}  // namespace wasmformers::tokenizer
