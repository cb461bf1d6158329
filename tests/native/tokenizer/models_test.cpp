// The models' fast implementations (caches, double array, heaps, cuts at marks) against plain ones, written here as in
// the papers, on random words of the fixtures' vocabularies.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>

#include "json/json.h"
#include "text/utf8.h"
#include "tokenizer/models/double_array.h"
#include "tokenizer/models/model.h"
#include "tokenizer_fixtures.h"

namespace wasmformers::tokenizer {
namespace {

struct Loaded {
  std::string json;
  std::optional<json::Document> document;
  Status status;
  std::unique_ptr<Model> model;
  json::Value root() const { return document->root()["model"]; }

  explicit Loaded(const std::string& name) {
    EXPECT_TRUE(test::readFile(test::fixture(name + ".tokenizer.json"), json));
    document = json::Document::parse(json, name, ErrorClass::Tokenizer).take();
    model = makeModel({root(), "model", &status});
    EXPECT_TRUE(status.ok()) << status.message();
  }
};

std::vector<std::string> characters(std::string_view s) {
  std::vector<std::string> out;
  for (const char *p = s.data(), *end = p + s.size(); p < end;) {
    const char* from = p;
    text::decode(p);
    out.emplace_back(from, p);
  }
  return out;
}

using Result3 = std::vector<std::array<uint32_t, 3>>;  // id, begin, end

// BPE without tables: joins the pair of the lowest rank, of these the leftmost, until there is none.
class PlainBpe {
 public:
  explicit PlainBpe(json::Value m) : byteFallback_(m["byte_fallback"].asBool()), fuse_(m["fuse_unk"].asBool()) {
    for (auto [token, id] : m["vocab"].members()) ids_[std::string(token)] = uint32_t(id.asInt());
    uint32_t rank = 0;
    for (json::Value v : m["merges"].elements()) {
      const std::string pair(v.asString());
      if (v.isString())
        ranks_[{pair.substr(0, pair.find(' ')), pair.substr(pair.find(' ') + 1)}] = rank++;
      else
        ranks_[{std::string(v.at(0).asString()), std::string(v.at(1).asString())}] = rank++;
    }
    unk_ = m["unk_token"].asString();
  }
  Result3 operator()(std::string_view word) const {
    struct Piece {
      std::string token;
      uint32_t length;
    };
    std::vector<Piece> pieces;
    bool unkOpen = false;
    for (const std::string& c : characters(word)) {
      if (ids_.count(c)) {
        unkOpen = false;
        pieces.push_back({c, uint32_t(c.size())});
      } else if (byteFallback_) {  // the fixtures have all 256 bytes
        for (unsigned char b : c) {
          char name[8];
          std::snprintf(name, sizeof name, "<0x%02X>", b);
          pieces.push_back({name, 1});
        }
      } else if (!unk_.empty()) {
        if (unkOpen && fuse_)
          pieces.back().length += uint32_t(c.size());
        else
          pieces.push_back({unk_, uint32_t(c.size())});
        unkOpen = true;
      }
    }
    for (;;) {
      uint32_t best = UINT32_MAX;
      size_t at = 0;
      for (size_t i = 0; i + 1 < pieces.size(); ++i) {
        const auto rank = ranks_.find({pieces[i].token, pieces[i + 1].token});
        if (rank != ranks_.end() && rank->second < best) best = rank->second, at = i;
      }
      if (best == UINT32_MAX) break;
      pieces[at].token += pieces[at + 1].token;
      pieces[at].length += pieces[at + 1].length;
      pieces.erase(pieces.begin() + long(at) + 1);
    }
    Result3 out;
    uint32_t from = 0;
    for (const Piece& p : pieces) {
      out.push_back({ids_.at(p.token), from, from + p.length});
      from += p.length;
    }
    return out;
  }

 private:
  std::map<std::string, uint32_t> ids_;
  std::map<std::pair<std::string, std::string>, uint32_t> ranks_;
  std::string unk_;
  bool byteFallback_, fuse_;
};

// Viterbi over characters; every substring is looked up in a map.
class PlainUnigram {
 public:
  explicit PlainUnigram(json::Value m) : unk_(uint32_t(m["unk_id"].asInt())) {
    double worst = 0;
    for (json::Value v : m["vocab"].elements()) {
      scores_[std::string(v.at(0).asString())] = {uint32_t(scores_.size()), v.at(1).asNumber()};
      worst = std::min(worst, v.at(1).asNumber());
    }
    unkScore_ = worst - 10;
  }
  Result3 operator()(std::string_view word) const {
    std::vector<uint32_t> ends{0};
    for (const std::string& c : characters(word)) ends.push_back(ends.back() + uint32_t(c.size()));
    struct Best {
      double score = -1e300;
      size_t from = 0;
      uint32_t id = 0;
    };
    std::vector<Best> best(ends.size());
    best[0].score = 0;
    for (size_t a = 0; a + 1 < ends.size(); ++a) {
      bool single = false;
      const auto relax = [&](size_t b, double score, uint32_t id) {
        if (best[a].score + score > best[b].score) best[b] = {best[a].score + score, a, id};
      };
      for (size_t b = a + 1; b < ends.size(); ++b) {
        const auto piece = scores_.find(std::string(word.substr(ends[a], ends[b] - ends[a])));
        if (piece == scores_.end()) continue;
        relax(b, piece->second.second, piece->second.first);
        single |= b == a + 1;
      }
      if (!single) relax(a + 1, unkScore_, unk_);
    }
    Result3 out;
    for (size_t b = ends.size() - 1; b > 0; b = best[b].from) {
      if (best[b].id == unk_ && !out.empty() && out.back()[0] == unk_)
        out.back()[1] = ends[best[b].from];
      else
        out.push_back({best[b].id, ends[best[b].from], ends[b]});
    }
    return {out.rbegin(), out.rend()};
  }

 private:
  std::map<std::string, std::pair<uint32_t, double>> scores_;
  uint32_t unk_;
  double unkScore_;
};

Result3 answer(const Model& model, const std::string& word) {
  PreTokenized text;
  text.text = word;
  text.pieces.push_back({0, uint32_t(word.size()), -1});
  Tokens tokens;
  tokens.clear(true);
  EXPECT_TRUE(model.tokenize(text, tokens).ok());
  Result3 out;
  for (size_t i = 0; i < tokens.ids.size(); ++i)
    out.push_back({tokens.ids[i], tokens.ranges[i].begin, tokens.ranges[i].end});
  Tokens plain;
  plain.clear(false);
  EXPECT_TRUE(model.tokenize(text, plain).ok());
  EXPECT_EQ(plain.ids, tokens.ids);
  return out;
}

template <class Plain>
void compare(const Loaded& l, const Plain& plain, const std::vector<std::string>& alphabet, int rounds) {
  std::mt19937 random(11);
  for (int round = 0; round < rounds; ++round) {
    std::string word;
    // Mostly short words, so that the cache has them again; some too long to be cached or searched linearly.
    for (size_t n = 1 + random() % (round % 50 ? 7 : 180); n; --n) word += alphabet[random() % alphabet.size()];
    const Result3 want = plain(word);
    ASSERT_EQ(answer(*l.model, word), want) << word;
    ASSERT_EQ(answer(*l.model, word), want) << word << ", again";
  }
}

std::vector<std::string> alphabetOf(const Vocabulary& v, std::initializer_list<const char*> more) {
  std::vector<std::string> out(more.begin(), more.end());
  for (size_t e = 0; e < v.size(); e += 3) out.emplace_back(v.text(e));
  return out;
}

TEST(Models, BpeEqualsThePlainOne) {
  for (const char* name :
       {"bpe-bytefallback-llamalike", "bpe-fuseunk-metaspace", "bpe-metaspace-never", "bytelevel-gpt2like"}) {
    SCOPED_TRACE(name);
    const Loaded l(name);
    compare(l, PlainBpe(l.root()),
            alphabetOf(l.model->vocabulary(), {"\xE2\x96\x81", "\xE2\x96\x81", "\xE2\x96\x81\xE2\x96\x81", "a", "e",
                                               "th", "\xE6\x97\xA5", "\xF0\x9F\x98\x80"}),
            3000);
  }
}

TEST(Models, UnigramEqualsThePlainOne) {
  const Loaded l("unigram-metaspace");
  compare(l, PlainUnigram(l.root()),
          alphabetOf(l.model->vocabulary(), {"\xE2\x96\x81", "e", "n", "\xE6\x97\xA5", "\xF0\x9F\x98\x80", "\xD0\xB6"}),
          4000);
}

// A merge makes a token with ▁ inside: then texts must not be cut at marks.
TEST(Models, BpeJoinsAcrossMarksWhereMergesDo) {
  const std::string json = R"({"type":"BPE","vocab":{"a":0,"b":1,"▁":2,"▁b":3,"a▁b":4},"merges":["▁ b","a ▁b"]})";
  auto document = json::Document::parse(json, "model", ErrorClass::Tokenizer);
  ASSERT_TRUE(document.ok());
  Status status;
  const auto model = makeModel({document->root(), "model", &status});
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(answer(*model,
                   "a\xE2\x96\x81"
                   "ba"),
            (Result3{{4, 0, 5}, {0, 5, 6}}));
}

// Pieces that are no tokens take part in merging, and become the unknown token where they are left.
TEST(Models, BpeJoinsPiecesThatTheVocabularyLacks) {
  const std::string json = R"({"type":"BPE","unk_token":"?","end_of_word_suffix":"</w>","vocab":{"?":7,"t@@":1,"the":2},
      "pieces":{"?":7,"t":1,"h":7,"th":7,"e</w>":7,"the</w>":2},"merges":["t h","th e</w>"]})";
  auto document = json::Document::parse(json, "model", ErrorClass::Tokenizer);
  ASSERT_TRUE(document.ok());
  Status status;
  const auto model = makeModel({document->root(), "model", &status});
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(answer(*model, "the"), (Result3{{2, 0, 3}}));
  EXPECT_EQ(answer(*model, "the"), (Result3{{2, 0, 3}})) << "from the cache";
  EXPECT_EQ(answer(*model, "tthe"), (Result3{{1, 0, 1}, {2, 1, 4}}));
  EXPECT_EQ(answer(*model, "thx"), (Result3{{7, 0, 2}, {7, 2, 3}}));
  EXPECT_EQ(answer(*model, "te"), (Result3{{1, 0, 1}, {7, 1, 2}}));
}

TEST(Models, AMegabyteWithoutASpace) {
  const Loaded bpe("bpe-bytefallback-llamalike"), unigram("unigram-metaspace");
  for (const Loaded* l : {&bpe, &unigram}) {
    for (const char* unit : {"a", "the", "\xE2\x96\x81", "\xE6\x97\xA5"}) {
      std::string word;
      while (word.size() < (size_t(1) << 20)) word += unit;
      const Result3 out = answer(*l->model, word);
      EXPECT_EQ(out.back()[2], word.size());
    }
  }
}

TEST(Models, ResultsStayTheSameWhenCachesAreEmptied) {
  const Loaded l("bpe-bytefallback-llamalike");
  const PlainBpe plain(l.root());
  const auto wordOf = [](uint32_t i) { return "w" + std::to_string(i * 2654435761u) + std::to_string(i); };
  for (uint32_t i = 0; i < 200000; ++i) answer(*l.model, wordOf(i));  // more than the cache holds
  for (uint32_t i = 0; i < 200000; i += 977) EXPECT_EQ(answer(*l.model, wordOf(i)), plain(wordOf(i)));
}

TEST(Models, DoubleArrayHoldsExactlyItsStrings) {
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    Vocabulary v;
    const uint32_t letters = round % 2 ? 3 : 256;
    const auto string = [&] {
      std::string s;
      for (size_t n = random() % 6; n; --n) s += char(random() % letters);
      return s;
    };
    for (uint32_t i = 0; i < 3000; ++i) v.add(string(), i);
    v.finish();
    DoubleArray trie;
    trie.build(v);
    const auto find = [&](const std::string& s) {
      uint32_t node = DoubleArray::kRoot;
      for (char c : s) {
        node = trie.child(node, static_cast<unsigned char>(c));
        if (!node) return kNoId;
      }
      return s.empty() ? kNoId : trie.id(node);
    };
    for (size_t e = 0; e < v.size(); ++e) EXPECT_EQ(find(std::string(v.text(e))), v.text(e).empty() ? kNoId : v.id(e));
    for (int i = 0; i < 3000; ++i) {
      const std::string s = string();
      EXPECT_EQ(find(s), s.empty() ? kNoId : v.find(s));
    }
  }
}

}  // namespace
}  // namespace wasmformers::tokenizer
