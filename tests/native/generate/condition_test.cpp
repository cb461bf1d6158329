// The condition belongs to the cache's identity: texts with one prompt and two sources never share keys and values, nor
// do they after park, save, restore or a change of rows. Results are those of an empty cache, always.
#include <gtest/gtest.h>

#include <algorithm>

#include "conditioned_toy.h"
#include "generate/session.h"

namespace wasmformers::testing {
namespace {

using generate::GenerationConfig;
using generate::Session;
using kernels::CacheType;

class Conditioned : public ::testing::Test {
 protected:
  Status begin(const std::vector<uint64_t>& sources, const std::vector<int32_t>& prompt, size_t batch = 1,
               const std::string& more = "") {
    toy.sources = sources;
    auto config = GenerationConfig::parse(R"({"max_new_tokens": 8)" + more + "}");
    EXPECT_TRUE(config.ok()) << more;
    return session.begin(config.take(), prompt.data(), nullptr, batch, prompt.size() / batch, {CacheType::F32});
  }
  std::vector<int32_t> finish() {
    const Status s = session.run(1e18, 0);
    EXPECT_TRUE(s.ok()) << s.message();
    return session.search()->sequences().values;
  }
  std::vector<int32_t> write(const std::vector<uint64_t>& sources, const std::vector<int32_t>& prompt, size_t batch = 1,
                             const std::string& more = "") {
    const Status s = begin(sources, prompt, batch, more);
    EXPECT_TRUE(s.ok()) << s.message();
    return finish();
  }
  std::vector<int32_t> fresh(const std::vector<uint64_t>& sources, const std::vector<int32_t>& prompt, size_t batch = 1,
                             const std::string& more = "") {
    session.crop(0);
    return write(sources, prompt, batch, more);
  }

  ConditionedToy toy;
  Arena arena;
  std::vector<arch::Output> outputs;
  Session session{toy, kernels::fast(), arena, outputs};
};
const std::vector<int32_t> kPrompt = {5, 6, 7};

TEST_F(Conditioned, TwoSourcesShareNothing) {
  const auto one = fresh({1}, kPrompt), two = fresh({2}, kPrompt), none = fresh({}, kPrompt);
  EXPECT_NE(one, two);
  EXPECT_NE(one, none);
  EXPECT_EQ(write({1}, kPrompt), one);
  EXPECT_EQ(session.reusedTokens(), 0u);
  EXPECT_EQ(write({1}, kPrompt), one);
  EXPECT_EQ(session.reusedTokens(), 2u);  // the last token is run for its scores
  EXPECT_EQ(write({2}, kPrompt), two);
  EXPECT_EQ(session.reusedTokens(), 0u);
  EXPECT_EQ(write({}, kPrompt), none);
  EXPECT_EQ(session.reusedTokens(), 0u);
  // A text that goes on: only with its own source from the cache.
  fresh({1}, kPrompt);
  auto longer = one;
  longer.push_back(9);
  const auto more = write({1}, longer);
  EXPECT_EQ(session.reusedTokens(), one.size() - 1);
  const auto other = write({2}, longer);
  EXPECT_EQ(session.reusedTokens(), 0u);
  EXPECT_EQ(fresh({1}, longer), more);
  EXPECT_EQ(fresh({2}, longer), other);
}

TEST_F(Conditioned, EveryRowHasItsOwn) {
  std::vector<int32_t> both = kPrompt;
  both.insert(both.end(), kPrompt.begin(), kPrompt.end());
  for (const std::string more :
       {"", R"(, "num_beams": 3)", R"(, "do_sample": true, "num_return_sequences": 2, "seed": 4)",
        R"(, "guidance_scale": 2)", R"(, "eos_token_id": [1, 5, 11, 20, 30])"}) {
    SCOPED_TRACE(more);
    const auto all = fresh({1, 2}, both, 2, more);
    if (more.find("eos") == std::string::npos && more.find("sample") == std::string::npos) {
      const auto one = fresh({1}, kPrompt, 1, more), two = fresh({2}, kPrompt, 1, more);
      EXPECT_TRUE(std::equal(one.begin(), one.end(), all.begin()));
      EXPECT_TRUE(std::equal(two.begin(), two.end(), all.begin() + ptrdiff_t(one.size())));
    }
    EXPECT_EQ(fresh({1, 2}, both, 2, more), all);
    EXPECT_EQ(write({1, 2}, both, 2, more), all);
    EXPECT_NE(write({2, 1}, both, 2, more), all);
    EXPECT_EQ(session.reusedTokens(), 0u);
  }
  // One of several rows goes on, if its source is the same.
  fresh({1, 2}, both, 2);
  EXPECT_EQ(write({2}, kPrompt), fresh({2}, kPrompt));
  fresh({1, 2}, both, 2);
  ASSERT_TRUE(begin({2}, kPrompt).ok());
  EXPECT_EQ(session.reusedTokens(), 2u);
  fresh({1, 2}, both, 2);
  ASSERT_TRUE(begin({3}, kPrompt).ok());
  EXPECT_EQ(session.reusedTokens(), 0u);
  EXPECT_EQ(begin({1, 2, 3}, both, 2).code(), "rows_mismatch");
}

TEST_F(Conditioned, ParkedAndResumedUnderItsOwn) {
  const auto one = fresh({1}, kPrompt), two = fresh({2}, kPrompt);
  for (size_t steps : {0, 1, 4}) {
    session.crop(0);
    ASSERT_TRUE(begin({1}, kPrompt).ok());
    if (steps) {
      ASSERT_TRUE(session.run(1e18, steps).ok());
    }
    auto parked = session.park();
    EXPECT_EQ(write({2}, kPrompt), two);
    toy.sources = {1};  // whoever resumes has given the model its source again
    ASSERT_TRUE(session.resume(std::move(parked)).ok());
    EXPECT_EQ(session.reusedTokens(), 0u);
    EXPECT_EQ(finish(), one);
  }
  // Under another source it does not go on, before a pass or between two tokens.
  ASSERT_TRUE(begin({1}, kPrompt).ok());
  ASSERT_TRUE(session.run(1e18, 2).ok());
  auto parked = session.park();
  toy.sources = {2};
  EXPECT_EQ(session.resume(std::move(parked)).code(), "other_condition");
  EXPECT_TRUE(session.finished());
  ASSERT_TRUE(begin({1}, kPrompt).ok());
  ASSERT_TRUE(session.run(1e18, 2).ok());
  session.interrupt();
  toy.sources = {2};
  EXPECT_EQ(session.run(1e18, 0).code(), "other_condition");
  EXPECT_EQ(write({2}, kPrompt), two);
}

TEST_F(Conditioned, SavedAndRestoredWithIt) {
  const auto one = fresh({1}, kPrompt), two = fresh({2}, kPrompt);
  fresh({1}, kPrompt);
  auto saved = session.save(9);
  ASSERT_TRUE(saved.ok());
  for (const uint64_t source : {1, 2}) {
    session.crop(0);
    toy.sources = {source};
    ASSERT_TRUE(session.restore(saved->data(), saved->size(), 9).ok());
    EXPECT_EQ(session.text().tokens(), one.size() - 1);
    EXPECT_EQ(write({source}, kPrompt), source == 1 ? one : two);
    EXPECT_EQ(session.reusedTokens(), source == 1 ? 2u : 0u);
  }
  // Bytes of the format before, which had no conditions.
  std::vector<std::byte> old(saved->data(), saved->data() + saved->size());
  ASSERT_EQ(old[7], std::byte('3'));
  old[7] = std::byte('2');
  EXPECT_EQ(session.restore(old.data(), old.size(), 9).code(), "bad_cache");
}

// The decoder without a search: passes that the caller asks for give the scores that a search would pick from.
TEST_F(Conditioned, PassesWithoutASearch) {
  const auto want = fresh({1}, kPrompt);
  session.crop(0);
  toy.sources = {1};
  std::vector<int32_t> got = kPrompt, next = kPrompt;
  while (got.size() < want.size()) {
    ASSERT_TRUE(session.beginPass({next.data(), nullptr, 1, next.size()}, CacheType::F32).ok());
    EXPECT_EQ(session.scores(), nullptr);
    while (!session.passDone()) ASSERT_TRUE(session.stepPass().ok());
    ASSERT_EQ(session.scoreRows(), 1u);
    const float* scores = session.scores();
    next = {int32_t(std::max_element(scores, scores + toy.vocabulary()) - scores)};
    got.push_back(next[0]);
  }
  EXPECT_EQ(got, want);
  EXPECT_EQ(session.text().tokens(), want.size() - 1);
  // One row becomes three, which outgrow their room.
  const uint32_t three[] = {0, 0, 0};
  ASSERT_TRUE(session.reorder(three, 3).ok());
  EXPECT_EQ(session.text().rows(), 3u);
  toy.sources = {1, 1, 1};
  std::vector<float> last;
  for (int32_t token = 0; token < 60; ++token) {
    const std::vector<int32_t> same(3, token % 40);
    ASSERT_TRUE(session.beginPass({same.data(), nullptr, 3, 1}, CacheType::F32).ok());
    while (!session.passDone()) ASSERT_TRUE(session.stepPass().ok());
    const float* scores = session.scores();
    for (size_t r = 1; r < 3; ++r)
      EXPECT_TRUE(std::equal(scores, scores + toy.vocabulary(), scores + r * toy.vocabulary()));
  }
  EXPECT_EQ(session.text().tokens(), want.size() - 1 + 60);
  EXPECT_EQ(session.beginPass({kPrompt.data(), nullptr, 1, 3}, CacheType::F32).code(), "rows_mismatch");
  // A search that runs is over then; the next one goes on from the cache.
  ASSERT_TRUE(begin({1}, kPrompt).ok());
  ASSERT_TRUE(session.run(1e18, 1).ok());
  ASSERT_TRUE(session.beginPass({kPrompt.data(), nullptr, 1, 3}, CacheType::F32).ok());
  EXPECT_TRUE(session.finished());
  EXPECT_EQ(session.acceptScores().code(), "no_scores");
  while (!session.passDone()) ASSERT_TRUE(session.stepPass().ok());
  EXPECT_EQ(session.acceptScores().code(), "no_scores");
  EXPECT_EQ(write({1}, kPrompt), want);
}

}  // namespace
}  // namespace wasmformers::testing
