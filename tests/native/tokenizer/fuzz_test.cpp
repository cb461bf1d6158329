// A small fuzz test with fixed seeds. Files with a changed byte give a named error or a tokenizer; texts of random
// bytes are encoded and decoded. The build with sanitizers finds errors of memory; the tests check that results are
// consistent.
#include <gtest/gtest.h>

#include <random>

#include "tokenizer/tokenizer.h"
#include "tokenizer_fixtures.h"

namespace wasmformers::tokenizer {
namespace {

const char* const kTokenizers[] = {
    "wordpiece-uncased", "wordpiece-whitespace-added", "wordlevel-digits",      "bytelevel-prefix-roberta",
    "unigram-metaspace", "bpe-bytefallback-llamalike", "bpe-fuseunk-metaspace", "bpe-metaspace-never"};

std::string randomText(std::mt19937& random) {
  std::string s;
  const size_t n = random() % 60;
  while (s.size() < n) {
    switch (random() % 6) {
      case 0: s += char(random()); break;  // any byte
      case 1: s += " \t\n.!'-[]"[random() % 9]; break;
      case 2: text::append(s, 0x300 + uint32_t(random() % 0x70)); break;  // marks
      case 3: text::append(s, uint32_t(random() % 0xD800)); break;
      case 4: s += random() % 2 ? "[MASK]" : "<s>"; break;
      default: s += char('a' + random() % 26);
    }
  }
  return s;
}

void expectSound(Tokenizer& t, std::mt19937& random, int rounds) {
  EncodedBatch out;
  for (int i = 0; i < rounds; ++i) {
    const std::string a = randomText(random), b = randomText(random);
    EncodeInput in;
    in.texts[0] = {a};
    in.pair = random() % 3 == 0;
    if (in.pair) in.texts[1] = {b};
    EncodeOptions options;
    options.details = random() % 4;
    options.utf16 = random() % 2;
    options.overflow = random() % 2;
    options.addSpecialTokens = random() % 2;
    if (random() % 2)
      options.truncation = {TruncationStrategy(random() % 4), uint32_t(random() % 20), uint32_t(random() % 3),
                            random() % 2 == 0};
    if (random() % 3 == 0) options.padding.strategy = PaddingStrategy::Longest;
    const Status s = t.encodeBatch({in, in}, options, out);
    if (!s.ok()) {
      EXPECT_FALSE(s.code().empty() || s.message().empty());
      continue;
    }
    ASSERT_EQ(out.rowStarts.size(), out.rows() + 1);
    ASSERT_EQ(out.rowStarts.back(), out.ids.size());
    ASSERT_EQ(out.typeIds.size(), out.ids.size());
    ASSERT_EQ(out.attentionMask.size(), out.ids.size());
    if (options.details) {
      ASSERT_EQ(out.offsets.size(), out.ids.size() * 2);
      ASSERT_EQ(out.words.size(), out.ids.size());
      ASSERT_EQ(out.special.size(), out.ids.size());
      ASSERT_EQ(out.sequences.size(), out.ids.size());
      for (size_t k = 0; k < out.ids.size(); ++k) {
        // Ill-formed bytes become U+FFFD, three bytes each, before offsets are counted.
        EXPECT_LE(out.offsets[2 * k + 1], 3 * std::max(a.size(), b.size()));
      }
    }
    EXPECT_TRUE(text::isValid(t.decode(out.ids.data(), out.ids.size(), random() % 2)));
    const uint32_t wild[] = {uint32_t(random()), UINT32_MAX, 0};
    EXPECT_TRUE(text::isValid(t.decode(wild, 3, false)));
  }
}

TEST(TokenizerFuzz, RandomBytes) {
  std::mt19937 random(1);
  for (const char* name : kTokenizers) {
    std::string json;
    ASSERT_TRUE(test::readFile(test::fixture(name + std::string(".tokenizer.json")), json));
    auto t = Tokenizer::fromJson(json, name);
    ASSERT_TRUE(t.ok()) << t.status().message();
    expectSound(**t, random, 300);
  }
}

TEST(TokenizerFuzz, ChangedFiles) {
  std::mt19937 random(2);
  for (const char* name : kTokenizers) {
    std::string json;
    ASSERT_TRUE(test::readFile(test::fixture(name + std::string(".tokenizer.json")), json));
    // The settings are before the vocabulary: most changes are made there.
    const size_t head = std::min(json.find("\"vocab\""), json.size());
    for (int i = 0; i < 150; ++i) {
      std::string f = json;
      const size_t at = random() % (i % 3 ? head : f.size());
      switch (random() % 4) {
        case 0: f[at] = char(random()); break;
        case 1: f.erase(at, 1 + random() % 5); break;
        case 2: f.insert(at, 1, "0123456789\"{}[],:ntf"[random() % 20]); break;
        default: f.resize(at);
      }
      auto t = Tokenizer::fromJson(f, name);
      if (t.ok()) {
        expectSound(**t, random, 2);
      } else {
        EXPECT_EQ(t.status().errorClass(), ErrorClass::Tokenizer);
        EXPECT_FALSE(t.status().code().empty());
        EXPECT_EQ(t.status().file(), name);
      }
    }
  }
}

TEST(TokenizerFuzz, AMegabyteWithoutASpace) {
  for (const char* name : kTokenizers) {
    std::string json;
    ASSERT_TRUE(test::readFile(test::fixture(name + std::string(".tokenizer.json")), json));
    auto t = Tokenizer::fromJson(json, name).take();
    for (std::string_view unit : {"a", "ab", "\xcc\x81", "\xe4\xb8\xad", "."}) {
      std::string text;
      while (text.size() < (1u << 18)) text += unit;
      EncodeInput in;
      in.texts[0] = {text};
      EncodedBatch out;
      ASSERT_TRUE(t->encodeBatch({in}, {}, out).ok()) << name;  // a quadratic algorithm would take minutes
    }
  }
}

}  // namespace
}  // namespace wasmformers::tokenizer
