// Unigram: of all ways to cut a word into known pieces, the one whose scores sum to the most (Kudo, 2018), by Viterbi
// over byte positions; a character that no piece covers costs ten below the worst score, and unknown ones in a row are
// one token. After tokenizers' models/unigram (encode_optimized), with the pieces in a trie of sorted edges.
#include <algorithm>

#include "text/utf8.h"
#include "tokenizer/model.h"

namespace wasmformers::tokenizer {
namespace {

class Trie {
 public:
  // Builds from the vocabulary, level by level.
  void build(const Vocabulary& v) {
    std::vector<uint32_t> order(v.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = uint32_t(i);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return v.text(a) < v.text(b); });
    struct Range { uint32_t begin, end, depth; };
    std::vector<Range> ranges{{0, uint32_t(order.size()), 0}};
    nodes_.assign(1, {});
    for (size_t n = 0; n < nodes_.size(); ++n) {  // nodes_ and ranges grow together
      Range r = ranges[n];
      if (r.begin < r.end && v.text(order[r.begin]).size() == r.depth) nodes_[n].id = v.id(order[r.begin++]);
      nodes_[n].edges = uint32_t(bytes_.size());
      while (r.begin < r.end) {
        const char byte = v.text(order[r.begin])[r.depth];
        uint32_t end = r.begin + 1;
        while (end < r.end && v.text(order[end])[r.depth] == byte) ++end;
        bytes_.push_back(static_cast<unsigned char>(byte));
        nodes_.push_back({});
        ranges.push_back({r.begin, end, r.depth + 1});
        r.begin = end;
      }
    }
    nodes_.push_back({uint32_t(bytes_.size()), kNoId});  // the end of the last node's edges
  }
  // Edge k leads to node k + 1: children were numbered in the order of their edges.
  uint32_t child(uint32_t node, unsigned char byte) const {
    const auto begin = bytes_.begin() + nodes_[node].edges, end = bytes_.begin() + nodes_[node + 1].edges;
    const auto at = end - begin > 8 ? std::lower_bound(begin, end, byte) : std::find(begin, end, byte);
    return at != end && *at == byte ? uint32_t(at - bytes_.begin()) + 1 : 0;
  }
  uint32_t id(uint32_t node) const { return nodes_[node].id; }

 private:
  struct Node { uint32_t edges = 0, id = kNoId; };
  std::vector<Node> nodes_;
  std::vector<unsigned char> bytes_;
};

class Unigram final : public Model {
 public:
  explicit Unigram(const Component& c) {
    byteFallback_ = c.boolean("byte_fallback", false);
    const Component list = c.member("vocab");
    if (!list.value.isArray()) list.wrongType("an array of [piece, score]");
    scores_.reserve(list.value.size());
    vocabulary_.reserve(list.value.size(), list.value.size() * 8);
    for (json::Value v : list.value.elements()) {
      if (v.size() != 2 || !v.at(0).isString() || !v.at(1).isNumber()) list.fail("wrong_type", "must hold [piece, score] pairs only.");
      vocabulary_.add(v.at(0).asString(), uint32_t(scores_.size()));
      scores_.push_back(v.at(1).asNumber());
    }
    vocabulary_.finish();
    unk_ = c.number("unk_id", kNoId);
    if (unk_ != kNoId && unk_ >= scores_.size()) c.member("unk_id").fail("bad_value", "is not in the vocabulary.");
    if (c.failed()) return;
    const double worst = scores_.empty() ? 0 : *std::min_element(scores_.begin(), scores_.end());
    unkScore_ = worst - 10.0;
    trie_.build(vocabulary_);
    for (uint32_t b = 0; b < 256; ++b) {
      static const char digits[] = "0123456789ABCDEF";
      const char name[] = {'<', '0', 'x', digits[b >> 4], digits[b & 15], '>'};
      bytes_[b] = byteFallback_ ? vocabulary_.find({name, 6}) : kNoId;
    }
  }

  Status tokenize(const PreTokenized& text, Tokens& out) const override {
    for (size_t i = 0; i < text.pieces.size(); ++i) {
      if (addAdded(text, i, out)) continue;
      const Piece& p = text.pieces[i];
      const std::string_view word = text.view(p);
      if (!cut(word)) return missingUnk();
      for (size_t k = cuts_.size() - 1; k > 0; --k) {
        if (!add(word, cuts_[k], cuts_[k - 1], p.begin, i, out)) return missingUnk();
      }
    }
    return {};
  }

 private:
  struct Best { double score = 0; uint32_t start = kNoId, id = 0; };

  static Status missingUnk() {
    return tokenizerError("missing_unk_token", "A word has characters that no piece covers, and the model has no unk_id.", "model.unk_id");
  }

  // Fills cuts_ with the ends of the best pieces, from the last to 0. False: an unknown token is needed and not there.
  bool cut(std::string_view word) const {
    const size_t size = word.size();
    best_.assign(size + 1, {});
    for (size_t at = 0; at < size;) {
      const double here = best_[at].score;
      const size_t width = std::min(size - at, size_t(text::lengthOf(static_cast<unsigned char>(word[at]))));
      bool single = false;
      uint32_t node = 0;
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
    cuts_.assign(1, uint32_t(size));
    bool unkBefore = false;
    for (size_t end = size; end > 0;) {
      const Best& b = best_[end];
      const bool unk = b.id == unk_;
      if (unk && unkBefore) cuts_.back() = b.start;
      else cuts_.push_back(b.start);
      unkBefore = unk;
      end = b.start;
    }
    return true;
  }
  static void relax(Best& b, double score, size_t start, uint32_t id) {
    if (b.start == kNoId || score > b.score) b = {score, uint32_t(start), id};
  }

  bool add(std::string_view word, uint32_t begin, uint32_t end, uint32_t base, size_t index, Tokens& out) const {
    const std::string_view piece = word.substr(begin, end - begin);
    const uint32_t id = vocabulary_.find(piece);
    if (id != kNoId) return out.add(id, base + begin, base + end, index), true;
    bool bytes = byteFallback_;
    for (char c : piece) bytes = bytes && bytes_[static_cast<unsigned char>(c)] != kNoId;
    if (bytes) {
      for (char c : piece) out.add(bytes_[static_cast<unsigned char>(c)], base + begin, base + end, index);
      return true;
    }
    if (unk_ == kNoId) return false;
    if (out.detailed) out.surfaces.push_back({uint32_t(out.ids.size()), std::string(piece)});
    out.add(unk_, base + begin, base + end, index);
    return true;
  }

  std::vector<double> scores_;
  double unkScore_ = 0;
  uint32_t unk_ = kNoId, bytes_[256];
  bool byteFallback_;
  Trie trie_;
  mutable std::vector<Best> best_;
  mutable std::vector<uint32_t> cuts_;
};

}  // namespace

std::unique_ptr<Model> makeUnigram(const Component& c) { return std::make_unique<Unigram>(c); }

}  // namespace wasmformers::tokenizer
