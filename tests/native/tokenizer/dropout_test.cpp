// BPE's dropout is random. So its average number of tokens is compared with the reference's (tokenizers 0.23.3, 20,000
// encodings each), and a seed must make it repeatable.
#include <gtest/gtest.h>

#include "tokenizer/tokenizer.h"
#include "tokenizer_fixtures.h"

namespace wasmformers::tokenizer {
namespace {

constexpr const char* kFixture = "bpe-bytefallback-llamalike.tokenizer.json";

Result<std::unique_ptr<Tokenizer>> made(std::string_view dropout) {
  std::string json;
  EXPECT_TRUE(test::readFile(test::fixture(kFixture), json));
  for (const std::string_view field : {"\"dropout\": null", "\"dropout\":null"}) {
    if (const size_t at = json.find(field); at != json.npos) {
      json.replace(at, field.size(), std::string("\"dropout\":").append(dropout));
      return Tokenizer::fromJson(json, "tokenizer.json");
    }
  }
  ADD_FAILURE() << kFixture << " has no dropout";
  return Status(ErrorClass::Internal, "test", "The fixture has no dropout.");
}

std::vector<uint32_t> encoded(Tokenizer& t, std::string_view text) {
  EncodeInput in;
  in.texts[0] = {text};
  EncodeOptions options;
  options.addSpecialTokens = false;
  EncodedBatch out;
  EXPECT_TRUE(t.encodeBatch({in}, options, out).ok());
  return out.ids;
}

TEST(Dropout, GivesAsManyTokensAsTheReferenceOnAverage) {
  constexpr struct {
    std::string_view dropout, text;
    double tokens;
  } kCases[] = {{"0.1", "the children", 6.010},
                {"0.5", "the children", 6.817},
                {"0.9", "the children", 11.668},
                {"0.3", "Once upon a time there was a king", 14.112},
                {"0.5", "Once upon a time there was a king", 14.577},
                {"0.9", "Once upon a time there was a king", 28.664}};
  for (const auto& [dropout, text, tokens] : kCases) {
    auto t = made(dropout);
    ASSERT_TRUE(t.ok()) << t.status().message();
    double sum = 0;
    constexpr int kTimes = 20'000;
    for (int i = 0; i < kTimes; ++i) sum += double(encoded(**t, text).size());
    EXPECT_NEAR(sum / kTimes, tokens, 0.1 * (tokens - 6) / 6 + 0.03) << dropout << ' ' << text;
  }
}

TEST(Dropout, IsRepeatableWithASeed) {
  auto t = made("0.5");
  ASSERT_TRUE(t.ok());
  const std::string_view text = "Once upon a time there was a king, and the children of the king";
  std::vector<std::vector<uint32_t>> first, second, other;
  for (auto* into : {&first, &second, &other}) {
    (*t)->seed(into == &other ? 8 : 7);
    for (int i = 0; i < 10; ++i) into->push_back(encoded(**t, text));
  }
  EXPECT_EQ(first, second);
  EXPECT_NE(first, other);
  EXPECT_NE(first[0] == first[1] && first[1] == first[2], true);
  for (const auto& ids : first) EXPECT_EQ((*t)->decode(ids.data(), ids.size(), false), text);
}

TEST(Dropout, RatesZeroAndOne) {
  auto none = made("0.0"), all = made("1"), plain = made("null");
  ASSERT_TRUE(none.ok() && all.ok() && plain.ok());
  EXPECT_EQ(encoded(**none, "the children"), encoded(**plain, "the children"));
  EXPECT_EQ(encoded(**all, "the children").size(), 13u);
  EXPECT_GT(encoded(**all, std::string(100'000, 'a')).size(), 100'000u - 1);
  for (const char* wrong : {"-0.1", "1.5", "\"0.5\"", "true"}) {
    auto t = made(wrong);
    ASSERT_FALSE(t.ok()) << wrong;
    EXPECT_EQ(t.status().field(), "model.dropout");
  }
}

}  // namespace
}  // namespace wasmformers::tokenizer
