// Damaged SentencePiece models and tiktoken ranks give a named error or JSON that parses, and never a read outside the
// file.
#include <gtest/gtest.h>

#include <random>

#include "json/json.h"
#include "tokenizer/legacy/sentencepiece.h"
#include "tokenizer/legacy/tiktoken.h"
#include "tokenizer_fixtures.h"

namespace wasmformers::tokenizer {
namespace {

std::string oldFile(const std::string& name) {
  std::string bytes;
  EXPECT_TRUE(test::readFile(test::fixture("../old-formats/" + name), bytes)) << name;
  return bytes;
}

template <class Read>
void changeAndRead(const std::string& file, Read read, const std::string& code, int rounds) {
  std::mt19937 random(5);
  for (int round = 0; round < rounds; ++round) {
    std::string bad = file;
    for (int n = 1 + int(random() % 4); n; --n) {
      const size_t at = random() % bad.size();
      if (random() % 4 == 0)
        bad.resize(std::max<size_t>(1, at));
      else if (random() % 4 == 0)
        bad.erase(at, random() % 9);
      else
        bad[at] = char(random());
      if (bad.empty()) bad = " ";
    }
    auto made = read(bad, "file");
    if (!made.ok()) {
      EXPECT_EQ(made.status().code(), code);
      EXPECT_EQ(made.status().file(), "file");
      continue;
    }
    auto parsed = json::Document::parse(*made, "file", ErrorClass::Internal);
    EXPECT_TRUE(parsed.ok()) << parsed.status().message();
  }
}

TEST(Legacy, ChangedModelsAreErrorsOrJson) {
  for (const char* name : {"unigram.model", "bpe.model"}) {
    const std::string model = oldFile(name);
    ASSERT_TRUE(readSentencePiece(model, name).ok());
    changeAndRead(model, readSentencePiece, "bad_sentencepiece_model", 400);
    for (size_t size = 0; size < model.size(); size += 37) {
      auto made = readSentencePiece(std::string_view(model).substr(0, size), "file");
      EXPECT_EQ(made.status().code(), made.ok() ? "" : "bad_sentencepiece_model");
    }
  }
}

TEST(Legacy, ChangedRanksAreErrorsOrJson) {
  const std::string ranks = oldFile("small.tiktoken");
  ASSERT_TRUE(readTiktoken(ranks, "file").ok());
  changeAndRead(ranks, readTiktoken, "bad_tiktoken_ranks", 400);
  for (const char* bad :
       {"", "\n", "IQ==", "IQ== ", "IQ== -1", "IQ== 1 2", "IQ== 4294967296", "IQ== 99999999999999999999", "!! 0", " 0"})
    EXPECT_FALSE(readTiktoken(bad, "file").ok()) << bad;
}

TEST(Legacy, RanksInAnyOrderAndWithWindowsLineEnds) {
  auto a = readTiktoken("YQ== 0\nYg== 1\nYWI= 2\n", "file"), b = readTiktoken("YWI= 2\r\nYg== 1\r\n\r\nYQ== 0", "file");
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(*a, *b);
  EXPECT_EQ(*a, R"({"vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]})");
}

}  // namespace
}  // namespace wasmformers::tokenizer
