// Unigram: of all ways to cut a word into known pieces, the one with the largest sum of scores (Kudo, 2018), by Viterbi
// over byte positions. A character that no piece covers scores ten less than the worst piece; unknown characters in a
// row are one token. After tokenizers' models/unigram (encode_optimized), with the pieces in a double array. The tokens
// of words that were seen before come from a cache.
#include <algorithm>
#include <limits>

#include "text/utf8.h"
#include "tokenizer/binary_form.h"
#include "tokenizer/models/double_array.h"
#include "tokenizer/models/model.h"

namespace wasmformers::tokenizer {
namespace {

class Unigram final : public Model {
 public:
  Unigram(const Component& c, Tables* tables) {
    BinaryReader* form = tables ? tables->form : nullptr;
    byteFallback_ = c.boolean("byte_fallback", false);
    unk_ = c.number("unk_id", kNoId);
    if (form) {
      vocabulary_.read(*form);
      form->array(scores_);
      form->require(vocabulary_.idEnd() <= scores_.size());
      trie_.read(*form, vocabulary_.idEnd());
    } else {
      readVocab(c.member("vocab"));
    }
    if (unk_ != kNoId && unk_ >= scores_.size()) c.member("unk_id").fail("bad_value", "is not in the vocabulary.");
    if (c.failed()) return;
    const double worst = scores_.empty() ? 0 : *std::min_element(scores_.begin(), scores_.end());
    unkScore_ = worst - 10.0;
    if (!form) trie_.build(vocabulary_);
    if (byteFallback_) readByteTokens(vocabulary_, bytes_);
  }
  void write(BinaryWriter& to) const override {
    Model::write(to);
    to.array(scores_);
    trie_.write(to);
  }

  Status tokenize(const PreTokenized& text, Tokens& out) const override {
    for (size_t i = 0; i < text.pieces.size(); ++i) {
      if (addAdded(text, i, out)) continue;
      const Piece& p = text.pieces[i];
      const std::string_view word = text.view(p);
      const size_t before = out.ids.size();
      const bool cached = word.size() <= WordCache::kLongest;
      const uint32_t hash = cached ? hashBytes(word.data(), word.size()) : 0;
      if (const WordCache::Entry known = cached ? cache_.find(word, hash) : WordCache::Entry(nullptr)) {
        out.add(known, p.begin, i);
      } else {
        if (!cut(word) || !name(word)) {
          return tokenizerError("missing_unk_token",
                                "A word has characters that no piece covers, and the model has no unk_id.",
                                "model.unk_id");
        }
        if (cached) cache_.put(word, hash, parts_);
        out.add(parts_, p.begin, i);
      }
      for (size_t k = before; out.detailed && k < out.ids.size(); ++k) {  // an unknown token's text is its piece
        if (out.ids[k] != unk_) continue;
        const Span r = out.ranges[k];
        out.surfaces.push_back({uint32_t(k), text.text.substr(r.begin, r.end - r.begin)});
      }
    }
    return {};
  }

 private:
  // The best way to a byte position: its score, and its last piece.
  struct Best {
    double score;
    uint32_t start;  // of the last piece; kNoId: no way leads here
    uint32_t id;
  };

  void readVocab(const Component& list) {
    if (!list.value.isArray()) list.wrongType("an array of [piece, score]");
    std::vector<double> scores;
    scores.reserve(list.value.size());
    vocabulary_.reserve(list.value.size(), list.value.size() * 8);
    for (json::Value v : list.value.elements()) {
      const double score = v.at(1).asNumber(std::numeric_limits<double>::quiet_NaN());  // which no number is
      if (v.size() != 2 || !v.at(0).isString() || score != score)
        list.fail("wrong_type", "must hold [piece, score] pairs only.");
      vocabulary_.add(v.at(0).asString(), uint32_t(scores.size()));
      scores.push_back(score);
    }
    vocabulary_.finish();
    scores_.own(std::move(scores));
  }

  // Fills best_ for every position. False: the unknown token is needed and there is none.
  bool cut(std::string_view word) const {
    const size_t size = word.size();
    best_.assign(size + 1, {0, kNoId, 0});
    for (size_t at = 0; at < size;) {
      const double here = best_[at].score;
      const size_t width = std::min(size - at, size_t(text::lengthOf(static_cast<unsigned char>(word[at]))));
      bool single = false;
      uint32_t node = DoubleArray::kRoot;
      for (size_t end = at; end < size && (node = trie_.child(node, static_cast<unsigned char>(word[end])));) {
        ++end;
        const uint32_t id = trie_.id(node);
        if (id == kNoId) continue;
        relax(best_[end], here + scores_[id], at, id);
        single |= end - at == width;
      }
      if (!single) {
        Best& target = best_[at + width];
        if (unk_ == kNoId && (target.start == kNoId || here + unkScore_ > target.score)) return false;
        relax(target, here + unkScore_, at, unk_);
      }
      at += width;
    }
    return true;
  }
  static void relax(Best& b, double score, size_t start, uint32_t id) {
    if (b.start == kNoId || score > b.score) b = {score, uint32_t(start), id};
  }

  // Fills parts_ with the tokens of the best way. Unknown pieces in a row are joined; the result may be a known piece,
  // or becomes its bytes or the unknown token. False as above.
  bool name(std::string_view word) const {
    cuts_.clear();
    for (size_t end = word.size(); end > 0; end = best_[end].start) {
      const Best& b = best_[end];
      const bool unk = b.id == unk_;
      if (unk && !cuts_.empty() && cuts_.back().id == unk_)
        cuts_.back().begin = b.start;
      else
        cuts_.push_back({b.id, b.start, uint32_t(end)});
    }
    parts_.clear();
    for (size_t k = cuts_.size(); k-- > 0;) {
      const Part& part = cuts_[k];
      if (part.id != unk_) {
        parts_.push_back(part);
        continue;
      }
      const std::string_view piece = word.substr(part.begin, part.end - part.begin);
      const uint32_t id = vocabulary_.find(piece);
      if (id == kNoId && addBytes(piece, part)) continue;
      if (id == kNoId && unk_ == kNoId) return false;
      parts_.push_back({id == kNoId ? unk_ : id, part.begin, part.end});
    }
    return true;
  }

  // Adds the piece's bytes as tokens, each with the range of the whole piece, if the vocabulary has all of them.
  bool addBytes(std::string_view piece, const Part& part) const {
    if (!byteFallback_) return false;
    for (char c : piece) {
      if (bytes_[static_cast<unsigned char>(c)] == kNoId) return false;
    }
    for (char c : piece) parts_.push_back({bytes_[static_cast<unsigned char>(c)], part.begin, part.end});
    return true;
  }

  Flat<double> scores_;
  double unkScore_ = 0;
  uint32_t unk_ = kNoId, bytes_[256];
  bool byteFallback_;
  DoubleArray trie_;

  // Working memory and cache: a tokenizer belongs to one thread.
  mutable std::vector<Best> best_;
  mutable std::vector<Part> cuts_, parts_;
  mutable WordCache cache_;
};

}  // namespace

std::unique_ptr<Model> makeUnigram(const Component& c, Tables* tables) { return std::make_unique<Unigram>(c, tables); }

}  // namespace wasmformers::tokenizer
