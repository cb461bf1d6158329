// Tokens that are added after the file: ones with other flags change those of a token, or leave them alone.
#include <gtest/gtest.h>

#include "tokenizer/tokenizer.h"
#include "tokenizer_fixtures.h"

namespace wasmformers::tokenizer {
namespace {

TEST(AddedTokens, ThoseThatAreThereKeepTheirFlagsWhereOnlyNewOnesAreAdded) {
  std::string json;
  EXPECT_TRUE(test::readFile(test::fixture("wordpiece-uncased.tokenizer.json"), json));
  auto made = Tokenizer::fromJson(json, "tokenizer.json");
  ASSERT_TRUE(made.ok());
  const std::unique_ptr<Tokenizer> t = made.take();
  AddedToken mask{"[MASK]"}, fresh{"<new>"};
  const uint32_t id = t->tokenToId("[MASK]");
  t->addTokens({mask, fresh}, true);
  EXPECT_TRUE(t->added().tokens().at(id).special);
  EXPECT_NE(t->tokenToId("<new>"), kNoId);
  mask.special = true;
  mask.lstrip = true;
  t->addTokens({mask});
  EXPECT_TRUE(t->added().tokens().at(id).lstrip);
  EXPECT_EQ(t->tokenToId("[MASK]"), id);
}

}  // namespace
}  // namespace wasmformers::tokenizer
