// The sections of a tokenizer.json that are read from its text: with any tokens and any indentation they give the same
// tables as the whole file, parsed into a tree (as a file with a byte order mark is).
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "json/write.h"
#include "tokenizer/models/model_text.h"
#include "tokenizer/models/text_scanner.h"
#include "tokenizer/tokenizer.h"

namespace wasmformers::tokenizer {
namespace {

struct Style {
  const char *before, *deeper, *colon;
};
constexpr Style kStyles[] = {
    {"", "", ":"}, {"\n      ", "\n        ", ": "}, {"\n\t", " ", " :  "}, {"\r\n                      ", "", ": "}};

// A BPE of random tokens, which contain the bytes that end blocks and strings, at every place.
struct Random {
  explicit Random(uint32_t seed) : random(seed) {
    for (const char* s : {"a", "b", "\"", "\\", "{", "}", "[", "]", ",", ":", "\xC3\xA9", "\xE2\x96\x81", "\n", "\x01",
                          "\xF0\x9F\x98\x80"})
      add(s);
    while (tokens.size() < 1200) {
      // Mostly plain tokens; else nearly every block would have a backslash.
      const size_t most = random() % 8 ? 2 : tokens.size();
      const std::string left = tokens[random() % (random() % 4 ? tokens.size() : most)],
                        right = tokens[random() % most];
      if (left.size() + right.size() <= 80 && add(left + right)) merges.push_back({left, right});
    }
    merges.push_back(merges[7]);  // the later rank counts
  }
  bool add(const std::string& token) { return known.insert(token).second && (tokens.push_back(token), true); }

  std::string vocab(const Style& s, bool shuffled) {
    std::vector<size_t> order(tokens.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    if (shuffled) std::shuffle(order.begin(), order.end(), random);
    std::string out = "{";
    for (size_t i : order) {
      if (out.size() > 1) out += ',';
      json::writeString(tokens[i], out += s.before);
      out.append(s.colon).append(std::to_string(i));
    }
    return out + s.before + "}";
  }
  std::string list(const Style& s, bool pairs) {
    std::string out = "[";
    for (const auto& [left, right] : merges) {
      if (out.size() > 1) out += ',';
      out += s.before;
      if (!pairs) {
        json::writeString(left + " " + right, out);
        continue;
      }
      json::writeString(left, (out += '[') += s.deeper);
      json::writeString(right, (out += ',') += s.deeper);
      (out += s.before) += ']';
    }
    return out + s.before + "]";
  }

  std::mt19937 random;
  std::vector<std::string> tokens;
  std::set<std::string> known;
  std::vector<std::pair<std::string, std::string>> merges;
};

std::string tablesOf(const std::string& json) {
  auto made = Tokenizer::fromJson(json, "tokenizer.json");
  EXPECT_TRUE(made.ok()) << made.status().message();
  return made.ok() ? (*made)->toBinary().substr(48) : std::string();
}

TEST(ModelText, GivesTheTablesOfTheTree) {
  for (uint32_t seed = 0; seed < 8; ++seed) {
    Random made(seed);
    for (const Style& style : kStyles) {
      for (const int way : {0, 1, 2, 3}) {
        const std::string vocab = made.vocab(style, way & 1), merges = made.list(style, way & 2);
        const std::string json = "{\"model\":{\"type\":\"BPE\",\"vocab\":" + vocab + ",\"merges\":" + merges + "}}";
        ModelText text;
        ASSERT_TRUE(text.find(json));
        EXPECT_EQ(text.vocab, vocab);
        EXPECT_EQ(text.merges, merges);
        EXPECT_EQ(text.vocabCommas, made.tokens.size() - 1);
        EXPECT_EQ(countStrings(merges), made.merges.size() * (way & 2 ? 2 : 1));
        EXPECT_EQ(tablesOf(json), tablesOf("\xEF\xBB\xBF" + json)) << seed << " " << way;
      }
    }
  }
}

TEST(ModelText, FlatAndValueEndAtTheSamePlace) {
  std::mt19937 random(5);
  for (int round = 0; round < 4000; ++round) {
    std::string json(1, "{["[random() % 2]);
    bool quoted = false;
    for (size_t n = random() % 300; n; --n) {
      const char c = "\"\"\\{}[],,:ab   "[random() % 15];
      if (!quoted && (c == '\\' || (std::string_view("{}[]").find(c) != std::string_view::npos && random() % 64)))
        continue;
      if (c == '"') quoted = !quoted;
      json += c;
      if (c == '\\') json += "\"\\n"[random() % 3];
    }
    if (quoted) json += '"';
    json += json[0] == '{' ? "} ," : "] ,";
    std::string_view want, have;
    size_t commas = 0;
    TextScanner slow(json), quick(json);
    const bool whole = slow.value(want);
    if (!quick.flat(have, commas)) continue;
    EXPECT_TRUE(whole) << json;
    EXPECT_EQ(have, want) << json;
    size_t expected = 0;
    quoted = false;
    for (size_t i = 0; i < want.size(); ++i) {
      if (want[i] == '\\' && quoted)
        ++i;
      else if (want[i] == '"')
        quoted = !quoted;
      else
        expected += !quoted && want[i] == ',';
    }
    EXPECT_EQ(commas, expected) << json;
  }
}

}  // namespace
}  // namespace wasmformers::tokenizer
