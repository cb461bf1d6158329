// Guesses (generate/lookup.h, speculation.h): on every tiny decoder of tests/fixtures/lm a text with guesses is the
// text without, with any processors and interruptions; guesses save passes, and wrong ones cost little.
#include <algorithm>

#include "generate/lookup.h"
#include "generate/session.h"
#include "lm_runner.h"

namespace wasmformers::testing {
namespace {

using generate::GenerationConfig;
using generate::Lookup;
using generate::Session;
using generate::SessionOptions;
using kernels::CacheType;

TEST(Lookup, GuessesWhatFollowedLastTime) {
  Lookup lookup;
  EXPECT_FALSE(lookup.on());
  lookup.set(3, 2);
  EXPECT_TRUE(lookup.on());
  EXPECT_EQ(lookup.guess({1, 2, 3, 4, 9, 1, 2}, 10), (std::vector<int32_t>{3, 4, 9}));
  EXPECT_EQ(lookup.guess({1, 2, 3, 4, 9, 1, 2}, 1), (std::vector<int32_t>{3}));
  EXPECT_EQ(lookup.guess({1, 2, 3, 4, 9, 1, 2}, 0), std::vector<int32_t>());
  EXPECT_EQ(lookup.guess({1, 2, 5, 1, 2, 6, 1, 2}, 1), (std::vector<int32_t>{6}));  // the latest
  EXPECT_EQ(lookup.guess({7, 2, 3, 4, 8, 2}, 2), std::vector<int32_t>());           // one token alike, not two
  lookup.learn(3, 8);
  EXPECT_EQ(lookup.guess({7, 2, 3, 4, 8, 2}, 2), (std::vector<int32_t>{3, 4}));  // enough where guesses were right
  EXPECT_EQ(lookup.guess({5, 7, 7}, 10), (std::vector<int32_t>{7, 7, 7}));       // a loop, on into the guess
  EXPECT_EQ(lookup.guess({5, 7, 8, 7, 8}, 10), (std::vector<int32_t>{7, 8, 7}));
  EXPECT_EQ(lookup.guess({1, 2, 3}, 10), std::vector<int32_t>());
  EXPECT_EQ(lookup.guess({1}, 10), std::vector<int32_t>());
}

TEST(Lookup, WrongGuessesCostLittle) {
  Lookup lookup;
  lookup.set(10, 2);
  size_t wrong = 0;
  const std::vector<int32_t> text = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2};
  for (size_t step = 0; step < 1000; ++step) {
    const size_t n = lookup.guess(text, 100).size();
    wrong += n;
    if (n) lookup.learn(n, 0);
  }
  EXPECT_GT(wrong, 10u);
  EXPECT_LT(wrong, 70u);                       // of 1000 tokens, in guesses of four: 3 % of the time
  for (size_t step = 0; step < 200; ++step) {  // 1.8 at 0.015 a token until the next guess
    const size_t n = lookup.guess(text, 100).size();
    if (n) lookup.learn(n, n);
  }
  EXPECT_EQ(lookup.guess(text, 100).size(), 10u);  // and right ones are believed
}

class LookupOf : public ::testing::TestWithParam<std::string> {
 protected:
  void load(const std::string& name, kernels::Format format = kernels::Format::F32) {
    const Status s = runner.loadCase(name, format);
    ASSERT_TRUE(s.ok()) << s.message();
    session.emplace(runner.lm(), *runner.kernels, runner.arena, runner.outputs);
    prompt = runner.ids(0, runner.length());
    prompt.resize(runner.length());  // the first row
    std::replace(prompt.begin(), prompt.end(), 0, 5);
  }
  struct Written {
    std::vector<int32_t> ids;
    std::vector<float> logprobs;
    size_t passes = 0;
  };
  Written write(const std::string& options, const SessionOptions& o, double slice = 1e18, size_t tokens = 0) {
    Written out;
    auto config = GenerationConfig::parse("{" + options + "}");
    EXPECT_TRUE(config.ok()) << options << config.status().message();
    session->crop(0);
    const Status s = session->begin(config.take(), prompt.data(), nullptr, 1, prompt.size(), o);
    EXPECT_TRUE(s.ok()) << s.message();
    if (!s.ok()) return out;
    size_t before = 0;
    while (!session->finished()) {
      EXPECT_TRUE(session->run(slice, tokens).ok());
      if (o.pauseAtScores && session->scores()) {
        EXPECT_TRUE(session->acceptScores().ok());
      }
      out.passes += session->text().tokens() != before;
      before = session->text().tokens();
    }
    out.ids = session->search()->sequences().values;
    out.logprobs = session->search()->logprobs().picked;
    EXPECT_LT(session->text().tokens(), out.ids.size());
    return out;
  }

  LmRunner runner;
  std::optional<Session> session;
  std::vector<int32_t> prompt;
};

TEST_P(LookupOf, WritesTheSame) {
  load(GetParam());
  if (HasFatalFailure()) return;
  const std::string all[] = {
      R"("eos_token_id": null)",
      R"("eos_token_id": null, "repetition_penalty": 1.3, "no_repeat_ngram_size": 4)",
      R"("eos_token_id": null, "do_sample": true, "top_k": 3, "temperature": 0.5, "seed": 7, "logprobs": 2)",
      R"("eos_token_id": [3, 9, 20], "min_new_tokens": 6)",
  };
  for (const std::string& options : all) {
    const std::string lengths = R"("max_new_tokens": 40, )" + options;
    for (CacheType type : {CacheType::F32, CacheType::Q8}) {
      const Written plain = write(lengths, {type});
      for (const char* guess : {R"(, "prompt_lookup_num_tokens": 10)",
                                R"(, "prompt_lookup_num_tokens": 3, "max_matching_ngram_size": 1)"}) {
        SCOPED_TRACE(lengths + guess);
        EXPECT_EQ(write(lengths + guess, {type}).ids, plain.ids);
        EXPECT_EQ(write(lengths + guess, {type}, 0).ids, plain.ids) << "a layer at a time";
        EXPECT_EQ(write(lengths + guess, {type, 4}).ids, plain.ids) << "in pieces of four";
        const Written paused = write(lengths + guess, {type, 0, true});
        EXPECT_EQ(paused.ids, plain.ids) << "with a look at all scores";
        ASSERT_EQ(paused.logprobs.size(), plain.logprobs.size());
        for (size_t i = 0; i < plain.logprobs.size(); ++i) EXPECT_NEAR(paused.logprobs[i], plain.logprobs[i], 1e-3);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, LookupOf, ::testing::ValuesIn(lmCases()), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

using LlamaLookup = LookupOf;

TEST_F(LlamaLookup, TakesFewerPassesWhereTheTextRepeats) {
  load("llama-generate-lm");
  if (HasFatalFailure()) return;
  // A bias makes a loop of the text.
  const std::string loop =
      R"("max_new_tokens": 60, "eos_token_id": null, "sequence_bias": [[[7, 8], 1000], [[8, 9], 1000], [[9, )"
      R"(7], 1000], [[7], 500]])";
  const Written plain = write(loop, {CacheType::F32}, 1e18, 1),
                guessed = write(loop + R"(, "prompt_lookup_num_tokens": 10)", {CacheType::F32}, 1e18, 1);
  EXPECT_EQ(guessed.ids, plain.ids);
  EXPECT_GT(plain.passes, 55u);
  EXPECT_LT(guessed.passes, 20u);
}

TEST_F(LlamaLookup, IsLeftInTheMiddle) {
  load("llama-generate-lm");
  if (HasFatalFailure()) return;
  const std::string loop =
      R"("max_new_tokens": 60, "eos_token_id": null, "prompt_lookup_num_tokens": 10, "sequence_bias": [[[7, )"
      R"(8], 1000], [[8, 9], 1000], [[9, 7], 1000], [[7], 500]])";
  const Written whole = write(loop, {CacheType::F32});
  for (size_t step : {1, 2, 5, 9, 17, 30, 44}) {
    // After so many tokens: parked and resumed, interrupted by a forward pass, stopped.
    const auto begin = [&] {
      session->crop(0);
      ASSERT_TRUE(session
                      ->begin(GenerationConfig::parse("{" + loop + "}").take(), prompt.data(), nullptr, 1,
                              prompt.size(), {CacheType::F32})
                      .ok());
      for (size_t i = 0; i < step; ++i) ASSERT_TRUE(session->run(1e18, 1).ok());
    };
    begin();
    session->interrupt();
    auto parked = session->park();
    ASSERT_TRUE(session->resume(std::move(parked)).ok());
    ASSERT_TRUE(session->run(1e18, 0).ok());
    EXPECT_EQ(session->search()->sequences().values, whole.ids) << step;
    begin();
    session->interrupt();
    runner.arena.reset();
    ASSERT_TRUE(session->run(1e18, 0).ok());
    EXPECT_EQ(session->search()->sequences().values, whole.ids) << step;
    begin();
    ASSERT_TRUE(session->search()->stopRow(0, generate::Ending::Stop));
    ASSERT_TRUE(session->run(1e18, 0).ok());
    const auto cut = session->search()->sequences().values;
    EXPECT_EQ(cut.size(), prompt.size() + step);
    EXPECT_LE(session->text().tokens(), cut.size());
    // The cache has the text's beginning: the next call reuses it.
    std::vector<int32_t> next = cut;
    next.push_back(5);
    ASSERT_TRUE(
        session->begin(GenerationConfig::parse("{}").take(), next.data(), nullptr, 1, next.size(), {CacheType::F32})
            .ok());
    EXPECT_GE(session->reusedTokens(), cut.size() - 2);
  }
}

TEST_F(LlamaLookup, IsForOneSequence) {
  load("llama-generate-lm");
  if (HasFatalFailure()) return;
  for (const char* options :
       {R"("num_beams": 2)", R"("do_sample": true, "num_return_sequences": 2)", R"("guidance_scale": 2)"}) {
    EXPECT_EQ(
        GenerationConfig::parse(std::string(R"({"prompt_lookup_num_tokens": 3, )") + options + "}").status().code(),
        "contradiction")
        << options;
  }
  for (const char* wrong : {"0", "-1", "1.5", "\"10\""})
    EXPECT_EQ(GenerationConfig::parse(std::string(R"({"prompt_lookup_num_tokens": )") + wrong + "}").status().code(),
              "bad_option");
  const int32_t two[] = {1, 2, 3, 4};
  EXPECT_EQ(session->begin(GenerationConfig::parse(R"({"prompt_lookup_num_tokens": 3})").take(), two, nullptr, 2, 2, {})
                .code(),
            "contradiction");
}

}  // namespace
}  // namespace wasmformers::testing
