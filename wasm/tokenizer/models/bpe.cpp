// BPE (byte-pair encoding): a word's characters are joined, pair by pair, in the order in which the pairs were learned.
// After tokenizers' models/bpe/model.rs (Sennrich et al., 2016). A word goes through these files:
//   bpe_alphabet   its characters as symbols; byte fallback, unknown tokens
//   bpe_symbols    merging them by rank; bpe_dropout.h skips merges at random
//   word_cache.h   the tokens of words that were seen before
// merges.h holds the ranks, bpe_merges_reader reads them. space_marks.h tells where a text without words may be cut.
//
// `pieces` is our own field, for classes whose merges make pieces that the vocabulary lacks, or spells otherwise: each
// piece of the merges with the id that it has when merging ends, which is the unknown token's for one that is no token.
#include "tokenizer/binary_form.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/models/bpe_alphabet.h"
#include "tokenizer/models/bpe_dropout.h"
#include "tokenizer/models/bpe_merges_reader.h"
#include "tokenizer/models/bpe_symbols.h"
#include "tokenizer/models/merges.h"
#include "tokenizer/models/model.h"
#include "tokenizer/models/space_marks.h"

namespace wasmformers::tokenizer {
namespace {

class Bpe final : public Model {
 public:
  Bpe(const Component& c, Tables* tables) : alphabet_(c), ignoreMerges_(c.boolean("ignore_merges", false)) {
    prefix_ = alphabet_.prefix();
    readDropout(c.member("dropout"));
    readVocabulary(c.member("vocab"), tables, vocabulary_);
    readPieces(c.member("pieces"));
    const Vocabulary& symbols = tokens_.empty() ? vocabulary_ : pieces_;
    alphabet_.bind(symbols);
    if (tables && tables->form) {
      merges_.read(*tables->form);
      cutsAtMarks_ = tables->form->bytes() == "1" && !dropout_.on();
      return;
    }
    cutsAtMarks_ = !dropout_.on() && !alphabet_.hasAffixes() && !ignoreMerges_ && symbols.find(kSpaceMark) != kNoId;
    if (!tables)
      readMerges(c.member("merges"), symbols, prefix_, merges_, cutsAtMarks_);
    else if (!readMerges(tables->text->merges, symbols, prefix_, merges_, cutsAtMarks_))
      tables->unusual = true;
  }
  void write(BinaryWriter& to) const override {
    Model::write(to);
    merges_.write(to);
    to.bytes(cutsAtMarks_ ? "1" : "0");
  }

  bool takesBytes() const override { return alphabet_.takesBytes(); }
  void seed(uint32_t number) override { dropout_.seed(number); }

  Status tokenize(const PreTokenized& text, Tokens& out) const override {
    for (size_t i = 0; i < text.pieces.size(); ++i) {
      if (addAdded(text, i, out)) continue;
      const Piece& p = text.pieces[i];
      const std::string_view word = text.view(p);
      if (!cutsAtMarks_ || text.bytes) {
        if (!addWord(word, text.bytes, p.begin, i, out)) return missingUnkToken(alphabet_.unkToken());
        continue;
      }
      for (size_t from = 0; from < word.size();) {
        const size_t end = endOfMarkedPart(word, from);
        if (!addWord(word.substr(from, end - from), false, p.begin + uint32_t(from), i, out))
          return missingUnkToken(alphabet_.unkToken());
        from = end;
      }
    }
    return {};
  }

 private:
  [[gnu::cold]] [[gnu::noinline]] void readDropout(const Component& c) {
    if (c.absent()) return;
    const float rate = float(c.value.asNumber(-1));
    if (!(rate >= 0 && rate <= 1)) c.fail("bad_value", "must be a number from 0 to 1.");
    dropout_ = Dropout(rate);
    ignoreMerges_ = ignoreMerges_ && rate == 0;  // as the reference
  }

  // Pieces are numbered as they come: a merge must tell them apart, though many may have the unknown token's id.
  [[gnu::cold]] [[gnu::noinline]] void readPieces(const Component& c) {
    if (c.absent()) return;
    tokens_ = readTokenIds(c, pieces_, true);
    ignoreMerges_ = false;  // the vocabulary spells its tokens otherwise
  }

  // Appends the tokens of a word, which depend on the word alone. `bytes`: the word stands for its byte-level form.
  // False: the unknown token is needed and the vocabulary lacks it.
  bool addWord(std::string_view word, bool bytes, uint32_t base, size_t index, Tokens& out) const {
    const bool cached = word.size() <= WordCache::kLongest && !dropout_.on();
    uint32_t hash = 0;
    if (cached) {
      hash = hashBytes(word.data(), word.size());
      if (const WordCache::Entry known = cache_.find(word, hash)) return out.add(known, base, index), true;
    }
    if (!tokenizeWord(word, bytes)) return false;
    parts_.clear();
    uint32_t at = 0;
    for (const Symbol& s : symbols_) {
      if (s.length) parts_.push_back({s.id, at, at + s.length});
      at += s.length;
    }
    if (!tokens_.empty()) {
      for (Part& p : parts_) p.id = p.id < tokens_.size() ? tokens_[p.id] : kNoId;  // a damaged binary form has others
    }
    if (cached) cache_.put(word, hash, parts_);
    out.add(parts_, base, index);
    return true;
  }

  // Fills symbols_ with the word's tokens. False as above.
  bool tokenizeWord(std::string_view word, bool bytes) const {
    symbols_.clear();
    if (ignoreMerges_) {  // a word that is a token is not split
      if (const uint32_t id = vocabulary_.find(bytes ? byteLevelForm(word) : word); id != kNoId) {
        symbols_.add(id, uint32_t(word.size()));
        return true;
      }
    }
    if (bytes)
      alphabet_.splitBytes(word, symbols_);
    else if (!alphabet_.split(word, symbols_))
      return false;
    if (dropout_.on())
      symbols_.merge(merges_, dropout_);
    else
      symbols_.merge(merges_);
    return true;
  }
  std::string_view byteLevelForm(std::string_view word) const {
    form_.resize(word.size() * 2);  // no byte takes more than two
    return {form_.data(), size_t(writeByteLevel(word, form_.data()) - form_.data())};
  }

  BpeAlphabet alphabet_;
  Vocabulary pieces_;
  std::vector<uint32_t> tokens_;  // by piece; empty where the pieces are the vocabulary's tokens
  bool ignoreMerges_, cutsAtMarks_ = false;
  Merges merges_;

  // Working memory, cache and random numbers: a tokenizer belongs to one thread.
  mutable Dropout dropout_;
  mutable Symbols symbols_;
  mutable std::vector<Part> parts_;
  mutable std::string form_;
  mutable WordCache cache_;
};

}  // namespace

std::unique_ptr<Model> makeBpe(const Component& c, Tables* tables) { return std::make_unique<Bpe>(c, tables); }

}  // namespace wasmformers::tokenizer
