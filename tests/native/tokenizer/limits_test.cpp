// Padding and overflow that would not fit into memory are errors before memory is asked for.
#include <gtest/gtest.h>

#include "tokenizer/tokenizer.h"
#include "tokenizer_fixtures.h"

namespace wasmformers::tokenizer {
namespace {

std::unique_ptr<Tokenizer> wordpiece() {
  std::string json;
  EXPECT_TRUE(test::readFile(test::fixture("wordpiece-uncased.tokenizer.json"), json));
  auto made = Tokenizer::fromJson(json, "tokenizer.json");
  EXPECT_TRUE(made.ok());
  return made.take();
}

Status encode(Tokenizer& t, std::string_view text, const EncodeOptions& options, EncodedBatch& out, size_t texts = 1) {
  EncodeInput in;
  in.texts[0] = {text};
  return t.encodeBatch(std::vector<EncodeInput>(texts, in), options, out);
}

TEST(Limits, PaddingIsCheckedBeforeMemoryIsAskedFor) {
  const auto t = wordpiece();
  EncodedBatch out;
  for (const bool details : {false, true}) {
    EncodeOptions options;
    options.details = details;
    options.padding.strategy = PaddingStrategy::Longest;
    for (const uint32_t multiple : {uint32_t(kMostPaddedTokens) + 1, 0x7fffffffu, 0xffffffffu}) {
      options.padding.multipleOf = multiple;
      const Status status = encode(*t, "the man", options, out);
      EXPECT_EQ(status.code(), "too_much_padding") << multiple;
      EXPECT_EQ(status.field(), "pad_to_multiple_of");
    }
    options.padding.multipleOf = 0;
    options.padding.strategy = PaddingStrategy::Fixed;
    options.padding.length = 0x7fffffff;
    EXPECT_EQ(encode(*t, "the man", options, out).field(), "max_length");
    options.padding.length = uint32_t(kMostPaddedTokens / 100);
    EXPECT_EQ(encode(*t, "the man", options, out, 101).code(), "too_much_padding");
    options.padding.length = 1000;
    ASSERT_TRUE(encode(*t, "the man", options, out, 3).ok());
    EXPECT_EQ(out.ids.size(), 3000u);
    EXPECT_EQ(out.offsets.size(), details ? 6000u : 0u);
  }
}

TEST(Limits, OverflowIsCheckedBeforeMemoryIsAskedFor) {
  const auto t = wordpiece();
  EncodedBatch out;
  EncodeOptions options;
  options.overflow = true;
  options.truncation = {TruncationStrategy::LongestFirst, 12002, 11999, false};
  std::string text;
  for (int i = 0; i < 24000; ++i) text += "the ";
  for (const bool left : {false, true}) {
    options.truncation.fromLeft = left;
    const Status status = encode(*t, text, options, out);
    EXPECT_EQ(status.code(), "too_much_overflow");
    EXPECT_EQ(status.field(), "stride");
  }
  options.truncation = {TruncationStrategy::LongestFirst, 12, 9, false};
  text.resize(4000);
  EXPECT_TRUE(encode(*t, text, options, out, 2).ok());
  EXPECT_EQ(encode(*t, text, options, out, 1000).code(), "too_much_overflow");
}

}  // namespace
}  // namespace wasmformers::tokenizer
