// A prompt whose results are settled leaves the batch. The results of all prompts are those of a search that keeps
// every prompt to the end, as one does whose scores are edited.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "toy_model.h"

namespace wasmformers::testing {
namespace {

using generate::GenerationConfig;
using generate::Search;

std::unique_ptr<Search> begin(const std::string& options, const std::vector<int32_t>& ids, size_t batch) {
  auto parsed = GenerationConfig::parse("{" + options + "}");
  EXPECT_TRUE(parsed.ok()) << options << parsed.status().message();
  auto made = Search::create(parsed.take(), ids.data(), nullptr, batch, ids.size() / batch, kToyVocabulary, 0);
  EXPECT_TRUE(made.ok()) << made.status().message();
  return made.take();
}

TEST(Beams, SettledPromptsLeaveTheBatch) {
  const size_t batch = 5;
  std::vector<int32_t> ids;
  for (int32_t b = 0; b < int32_t(batch); ++b) ids.insert(ids.end(), {b + 1, 2 * b % 13, 7 * b % 13});
  size_t saved = 0, all = 0;
  for (const std::string more :
       {"", R"(, "early_stopping": true)", R"(, "early_stopping": "never")", R"(, "length_penalty": -1)",
        R"(, "length_penalty": 2.5, "early_stopping": true)", R"(, "repetition_penalty": 1.3)",
        R"(, "do_sample": true, "seed": 4)", R"(, "num_return_sequences": 3, "no_repeat_ngram_size": 2)"}) {
    for (float scale : {1.f, 3.f, 6.f}) {
      for (const std::string eos : {"3", "[3, 8]", "[1, 5, 11]"}) {
        const std::string options =
            R"("num_beams": 3, "max_new_tokens": 24, "pad_token_id": 0, "eos_token_id": )" + eos + more;
        SCOPED_TRACE(options + " " + std::to_string(scale));
        auto plain = begin(options, ids, batch), watched = begin(options, ids, batch);
        watched->editScores();
        ToyModel toy(scale), other(scale);
        size_t steps = 0;
        while (!plain->finished()) {
          const generate::Feed feed = plain->feed();
          if (steps++) {
            ASSERT_EQ(feed.rows % 3, 0u);
            saved += batch * 3 - feed.rows;
            all += batch * 3;
          }
          auto logits = toy.answer(feed);
          ASSERT_TRUE(plain->accept(logits.data()).ok());
        }
        size_t whole = 0;
        for (; !watched->finished(); ++whole) {
          const generate::Feed feed = watched->feed();
          auto logits = other.answer(feed);
          std::vector<float> spread(batch * 3 * kToyVocabulary);
          if (watched->rowsPerScore() > 1) {
            watched->expandScores(logits.data(), spread.data());
            logits = spread;
          }
          EXPECT_EQ(logits.size(), spread.size());
          ASSERT_TRUE(watched->accept(logits.data()).ok());
        }
        EXPECT_EQ(steps, whole);
        EXPECT_EQ(plain->sequences().values, watched->sequences().values);
        EXPECT_EQ(plain->sequencesScores(), watched->sequencesScores());
        EXPECT_EQ(plain->newTokens(), watched->newTokens());
        EXPECT_EQ(plain->endings(), watched->endings());
      }
    }
  }
  EXPECT_GT(saved, all / 20) << saved << " of " << all << " rows";
}

// Options that may lift a score above all others keep every prompt in the batch.
TEST(Beams, NoPromptLeavesWhereScoresMayRise) {
  std::vector<int32_t> ids = {1, 2, 3, 4, 5, 6};
  for (const std::string more : {R"(, "sequence_bias": [[[4], 3]])", R"(, "logit_bias": {"4": 3})",
                                 R"(, "presence_penalty": -2)", R"(, "output_scores": true)"}) {
    auto g = begin(R"("num_beams": 2, "max_new_tokens": 20, "eos_token_id": [3, 8])" + more, ids, 3);
    ToyModel toy(4);
    std::set<size_t> rows;
    for (size_t steps = 0; !g->finished(); ++steps) {
      const generate::Feed feed = g->feed();
      if (steps) rows.insert(feed.rows);
      auto logits = toy.answer(feed);
      ASSERT_TRUE(g->accept(logits.data()).ok());
    }
    EXPECT_EQ(rows, std::set<size_t>{6}) << more;
  }
}

}  // namespace
}  // namespace wasmformers::testing
