// Property: the pieces of decoding token by token, joined, equal decoding all tokens; every piece is valid UTF-8.
#include "tokenizer/decoders/decode_stream.h"

#include <gtest/gtest.h>

#include <random>

#include "text/utf8.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer_fixtures.h"

namespace wasmformers::tokenizer {
namespace {

const char* const kNames[] = {"wordpiece-uncased",          "wordpiece-whitespace-added", "wordlevel-digits",
                              "bytelevel-prefix-roberta",   "bytelevel-gpt2like",         "unigram-metaspace",
                              "bpe-bytefallback-llamalike", "bpe-fuseunk-metaspace",      "bpe-metaspace-never"};

TEST(DecodeStream, RandomIds) {
  std::mt19937 random(7);
  for (const char* name : kNames) {
    std::string json;
    ASSERT_TRUE(test::readFile(test::fixture(name + std::string(".tokenizer.json")), json));
    auto made = Tokenizer::fromJson(json, name);
    ASSERT_TRUE(made.ok()) << made.status().message();
    const Tokenizer& t = **made;
    DecodeStream stream(t.decoder());
    for (int round = 0; round < 2000; ++round) {
      std::vector<uint32_t> ids(random() % 40);
      // Often from a narrow range, because the ids of bytes and of special tokens are next to each other.
      const uint32_t from = random() % t.idEnd(), width = random() % 3 ? t.idEnd() + 3 : 1 + random() % 20;
      for (uint32_t& id : ids) id = (from + random() % width) % (t.idEnd() + 3);
      const bool skip = random() % 2;
      std::string together, piece;
      std::string_view token;
      for (uint32_t id : ids) {
        if (!t.decodedToken(id, skip, token)) continue;
        piece.clear();
        stream.push(token, piece);
        ASSERT_TRUE(text::isValid(piece)) << name;
        together += piece;
      }
      piece.clear();
      stream.end(piece);
      ASSERT_EQ(together + piece, t.decode(ids.data(), ids.size(), skip)) << name << ", round " << round;
    }
  }
}

TEST(DecodeStream, EmitsCharactersAsSoonAsTheyAreComplete) {
  std::string json;
  ASSERT_TRUE(test::readFile(test::fixture("bytelevel-gpt2like.tokenizer.json"), json));
  auto made = Tokenizer::fromJson(json, "");
  ASSERT_TRUE(made.ok());
  DecodeStream stream((*made)->decoder());
  std::string out;
  stream.push("a", out);
  EXPECT_EQ(out, "a");
  stream.push("\xC3\xB0\xC5\x81", out);  // the bytes F0 9F as byte-level characters
  EXPECT_EQ(out, "a");
  stream.push("\xC4\xBA", out);  // 98
  EXPECT_EQ(out, "a");
  stream.push("\xC4\xA2", out);  // 80
  EXPECT_EQ(out, "a\xF0\x9F\x98\x80");
  stream.push("\xC3\xB0", out);  // F0, never completed
  stream.push("b", out);
  EXPECT_EQ(out,
            "a\xF0\x9F\x98\x80\xEF\xBF\xBD"
            "b");
}

}  // namespace
}  // namespace wasmformers::tokenizer
