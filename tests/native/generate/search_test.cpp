// Search as a machine: what it refuses, what chance does with a fixed seed, rows that end, streams of tokens.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "generate/search.h"
#include "generate/select.h"
#include "generate/warpers.h"
#include "toy_model.h"

namespace wasmformers::testing {
namespace {

using generate::Candidate;
using generate::Ending;
using generate::GenerationConfig;
using generate::Grid;
using generate::Search;

Status refused(const std::string& options) {
  auto parsed = GenerationConfig::parse(options);
  EXPECT_FALSE(parsed.ok()) << options;
  return parsed.takeStatus();
}

struct Made {
  std::unique_ptr<Search> search;
  Status status;
  Search* operator->() { return search.get(); }
  Search& operator*() { return *search; }
};
Made make(const std::string& options, std::vector<int32_t> ids = {5, 9}, std::vector<uint8_t> mask = {},
          size_t batch = 1, size_t vocabulary = kToyVocabulary, size_t context = 0, Search::Clock clock = {}) {
  auto parsed = GenerationConfig::parse(options);
  EXPECT_TRUE(parsed.ok()) << options << parsed.status().message();
  auto made = Search::create(parsed.take(), ids.data(), mask.empty() ? nullptr : mask.data(), batch, ids.size() / batch,
                             vocabulary, context, std::move(clock));
  if (!made.ok()) return {nullptr, made.takeStatus()};
  return {made.take(), {}};
}

TEST(GenerationConfig, NamesWhatIsWrong) {
  const std::vector<std::array<std::string, 3>> cases = {
      {R"({"temprature": 1})", "unknown_option", "temprature"},
      {R"({"num_beam_groups": 2})", "unsupported_option", "num_beam_groups"},
      {R"({"penalty_alpha": 0.6, "top_k": 4})", "unsupported_option", "penalty_alpha"},
      {R"({"max_new_tokens": 0})", "bad_option", "max_new_tokens"},
      {R"({"max_new_tokens": 1.5})", "bad_option", "max_new_tokens"},
      {R"({"max_new_tokens": "9"})", "bad_option", "max_new_tokens"},
      {R"({"max_new_tokens": 99999999999})", "bad_option", "max_new_tokens"},
      {R"({"do_sample": 1})", "bad_option", "do_sample"},
      {R"({"do_sample": true, "temperature": 0})", "bad_option", "temperature"},
      {R"({"do_sample": true, "temperature": -1})", "bad_option", "temperature"},
      {R"({"top_p": 1.1})", "bad_option", "top_p"},
      {R"({"top_p": -0.1})", "bad_option", "top_p"},
      {R"({"typical_p": 0})", "bad_option", "typical_p"},
      {R"({"min_p": 2})", "bad_option", "min_p"},
      {R"({"top_k": -1})", "bad_option", "top_k"},
      {R"({"repetition_penalty": 0})", "bad_option", "repetition_penalty"},
      {R"({"early_stopping": "always"})", "bad_option", "early_stopping"},
      {R"({"eos_token_id": ["a"]})", "bad_option", "eos_token_id"},
      {R"({"bad_words_ids": [1]})", "bad_option", "bad_words_ids"},
      {R"({"bad_words_ids": [[]]})", "bad_option", "bad_words_ids"},
      {R"({"sequence_bias": [[1, 2]]})", "bad_option", "sequence_bias"},
      {R"({"logit_bias": {"x": 1}})", "bad_option", "logit_bias"},
      {R"({"logit_bias": [1]})", "bad_option", "logit_bias"},
      {R"({"num_return_sequences": 2})", "contradiction", "num_return_sequences"},
      {R"({"num_return_sequences": 3, "num_beams": 2})", "contradiction", "num_return_sequences"},
      {R"({"min_new_tokens": 5, "max_new_tokens": 4})", "contradiction", "min_new_tokens"},
      {R"({"min_new_tokens": 21})", "contradiction", "min_new_tokens"},
      {R"({"min_length": 9, "max_length": 8})", "contradiction", "min_length"},
      {R"({"suppress_tokens": [4], "forced_eos_token_id": 4})", "contradiction", "forced_eos_token_id"},
      {R"({"logprobs": 2, "num_beams": 2})", "contradiction", "logprobs"},
      {R"({"logprobs": "all"})", "bad_option", "logprobs"},
      {R"({"exponential_decay_length_penalty": 2})", "bad_option", "exponential_decay_length_penalty"},
      {R"([1])", "bad_option", "options"},
      {R"({"a")", "invalid_json", ""},
  };
  for (const auto& [options, code, field] : cases) {
    const Status s = refused(options);
    EXPECT_EQ(s.errorClass(), ErrorClass::Input) << options;
    EXPECT_EQ(s.code(), code) << options << s.message();
    EXPECT_EQ(s.field(), field) << options << s.message();
  }
  EXPECT_NE(refused(R"({"temprature": 1})").message().find("temperature"), std::string::npos);
}

TEST(GenerationConfig, TakesWhatTheHubHas) {
  auto parsed = GenerationConfig::parse(
      R"({"_from_model_config": true, "bos_token_id": 1, "eos_token_id": [2, 7], "pad_token_id": -1,
      "transformers_version": "4.40",
      "num_beam_groups": 1, "diversity_penalty": 0.0, "guidance_scale": null,
      "cache_implementation": "hybrid", "top_k": null, "temperature": 0, "stop_strings": null})");
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ(parsed->eos, (std::vector<int32_t>{2, 7}));
  EXPECT_FALSE(parsed->pad);
  EXPECT_EQ(parsed->topK, 50);
}

TEST(Search, NamesWhatIsWrong) {
  EXPECT_EQ(make("{}", {5, 13}).status.code(), "token_out_of_range");
  EXPECT_EQ(make("{}", {5, -1}).status.code(), "token_out_of_range");
  EXPECT_EQ(make("{}", {}, {}, 1).status.code(), "empty_input");
  EXPECT_EQ(make("{}", {5, 9}, {1, 0}).status.code(), "right_padding");
  EXPECT_EQ(make("{}", {5, 9}, {0, 0}).status.code(), "empty_input");
  EXPECT_EQ(make(R"({"max_length": 2})").status.code(), "prompt_too_long");
  EXPECT_EQ(make("{}", {5, 9}, {}, 1, 13, 2).status.code(), "prompt_too_long");
  EXPECT_EQ(make(R"({"bad_words_ids": [[13]]})").status.code(), "token_out_of_range");
  EXPECT_EQ(make(R"({"logit_bias": {"13": 1}})").status.code(), "token_out_of_range");
  EXPECT_EQ(make(R"({"forced_bos_token_id": 13})").status.code(), "token_out_of_range");
  EXPECT_EQ(make(R"({"min_new_tokens": 5, "max_length": 4})").status.field(), "min_new_tokens");
  EXPECT_EQ(make(R"({"max_new_tokens": 2000000000, "num_beams": 9})").status.errorClass(), ErrorClass::Memory);
  EXPECT_EQ(make(R"({"num_beams": 2, "eos_token_id": [0, 1]})", {0, 1}, {}, 1, 2).status.code(), "contradiction");
}

TEST(Search, ScoresThatAreNoNumbers) {
  for (const char* options : {"{}", R"({"do_sample": true})", R"({"num_beams": 3})"}) {
    for (float bad : {NAN, HUGE_VALF}) {
      Made g = make(options);
      std::vector<float> logits(kToyVocabulary, 0.5f);
      logits[12] = bad;
      const Status s = g->accept(logits.data());
      EXPECT_EQ(s.errorClass(), ErrorClass::Weights) << options;
      EXPECT_EQ(s.code(), "not_a_number") << options;
      EXPECT_TRUE(g->finished());
    }
  }
  Made g = make(R"({"remove_invalid_values": true})");
  std::vector<float> logits(kToyVocabulary, -1.f);
  logits[6] = NAN;
  EXPECT_TRUE(g->accept(logits.data()).ok());
  EXPECT_EQ(g->takeTokens().values, std::vector<int32_t>{6});
}

TEST(Search, NothingLeftToPick) {
  for (const std::string options : {"", R"("do_sample": true, )", R"("num_beams": 3, )"}) {
    Made g = make("{" + options + R"("suppress_tokens": [0,1,2,3,4,5,6,7,8,9,10,11,12]})");
    EXPECT_NE(ToyModel(1).run(*g).find("forbid every token"), std::string::npos) << options;
  }
}

TEST(Search, EndsAtTheContext) {
  Made g = make(R"({"max_new_tokens": 50})", {5, 9}, {}, 1, 13, 7);
  ASSERT_EQ(ToyModel(1).run(*g), "");
  EXPECT_EQ(g->sequences().count, 7u);
  Made h = make("{}");
  ASSERT_EQ(ToyModel(1).run(*h), "");
  EXPECT_EQ(h->sequences().count, 22u);  // transformers' default of 20
}

TEST(Search, TimeIsUp) {
  for (const char* options :
       {R"({"max_time": 3, "max_new_tokens": 50})", R"({"max_time": 3, "max_new_tokens": 50, "num_beams": 3})"}) {
    double now = 0;
    Made g = make(options, {5, 9}, {}, 1, 13, 0, [&] { return now += 1000; });
    ASSERT_EQ(ToyModel(1).run(*g), "");
    EXPECT_EQ(g->sequences().count, 2u + 4u);  // the step that noticed it still counts
    EXPECT_EQ(g->endings(), std::vector<Ending>{Ending::Time}) << options;
  }
}

// What picks a row's token decides why it ended; of several reasons for the same token the row's own one counts.
TEST(Search, SaysWhyEachRowEnded) {
  const auto step = [](Made& g, std::vector<int32_t> picks) {
    std::vector<float> logits(picks.size() * kToyVocabulary);
    for (size_t r = 0; r < picks.size(); ++r) logits[r * kToyVocabulary + size_t(picks[r])] = 1;
    ASSERT_TRUE(g->accept(logits.data()).ok());
  };
  // By row: eos at the second token, a stop text at the second, a criterion with the last one, eos with the last one
  // (which a stop text does not change), the length.
  double now = 0;
  for (const bool late : {false, true}) {
    now = 0;
    Made g = make(R"({"eos_token_id": 3, "pad_token_id": 1, "max_new_tokens": )" +
                      std::string(late ? "9, \"max_time\": 1}" : "3}"),
                  {5, 9, 7, 4, 8}, {}, 5, kToyVocabulary, 0, [&] { return now; });
    const Ending limit = late ? Ending::Time : Ending::Length;
    step(g, {6, 6, 6, 6, 6});
    EXPECT_EQ(g->endings(), std::vector<Ending>(5, Ending::None));
    EXPECT_EQ(g->newTokens(), std::vector<int32_t>(5, 1));
    step(g, {3, 6, 6, 6, 6});
    EXPECT_TRUE(g->stopRow(1, Ending::Stop));
    EXPECT_TRUE(g->stopRow(0, Ending::Stop));
    EXPECT_EQ(g->endings(), (std::vector<Ending>{Ending::Eos, Ending::Stop, Ending::None, Ending::None, Ending::None}));
    now = 2000;
    const auto feed = g->feed();
    std::vector<int32_t> rows(feed.prompts, feed.prompts + feed.rows), picks;
    for (int32_t row : rows) picks.push_back(row == 3 ? 3 : 6);
    step(g, picks);
    EXPECT_TRUE(g->finished());
    EXPECT_EQ(g->endings(), (std::vector<Ending>{Ending::Eos, Ending::Stop, limit, Ending::Eos, limit}));
    EXPECT_TRUE(g->stopRow(2, Ending::Criteria));
    EXPECT_TRUE(g->stopRow(3, Ending::Stop));
    EXPECT_EQ(g->endings(), (std::vector<Ending>{Ending::Eos, Ending::Stop, Ending::Criteria, Ending::Eos, limit}));
    EXPECT_EQ(g->newTokens(), (std::vector<int32_t>{2, 2, 3, 3, 3}));
  }
  Made g = make(R"({"max_new_tokens": 9})");
  step(g, {6});
  g->stop();
  EXPECT_EQ(g->endings(), std::vector<Ending>{Ending::Cut});
  EXPECT_EQ(g->newTokens(), std::vector<int32_t>{1});
}

// The defect of Transformers.js 4.3.1: rows went on after their end.
TEST(Search, ARowThatEndedIsPadded) {
  Made g = make(R"({"eos_token_id": 3, "pad_token_id": 1, "max_new_tokens": 6})", {5, 9, 7, 4}, {}, 2);
  const auto step = [&](int32_t first, int32_t second) {
    std::vector<float> logits(2 * kToyVocabulary);
    logits[size_t(first)] = logits[kToyVocabulary + size_t(second)] = 1;
    ASSERT_TRUE(g->accept(logits.data()).ok());
  };
  step(3, 6);
  EXPECT_EQ(g->takeTokens().values, (std::vector<int32_t>{3, 6}));
  // It is not run any more: the other takes its place.
  const auto feed = g->feed();
  EXPECT_EQ(std::vector<int32_t>(feed.ids, feed.ids + feed.rows), std::vector<int32_t>{6});
  ASSERT_NE(feed.from, nullptr);
  EXPECT_EQ(feed.from[0], 1u);
  step(6, 8);
  EXPECT_EQ(g->feed().from[0], 0u);
  step(6, 8);
  EXPECT_EQ(g->takeTokens().values, (std::vector<int32_t>{1, 6, 1, 6}));
  EXPECT_FALSE(g->finished());
  step(3, 8);
  EXPECT_TRUE(g->finished());
  EXPECT_EQ(g->sequences().values, (std::vector<int32_t>{5, 9, 3, 1, 1, 1, 7, 4, 6, 6, 6, 3}));
  EXPECT_EQ(g->newTokens(), (std::vector<int32_t>{1, 4}));
  EXPECT_EQ(g->endings(), (std::vector<Ending>{Ending::Eos, Ending::Eos}));
}

TEST(Search, ARowThatIsStopped) {
  Made g = make(R"({"pad_token_id": 1, "max_new_tokens": 6})", {5, 9, 7, 4}, {}, 2);
  ToyModel toy(1);
  const auto step = [&] {
    auto logits = toy.answer(g->feed());
    ASSERT_TRUE(g->accept(logits.data()).ok());
  };
  step();
  EXPECT_TRUE(g->stopRow(0, Ending::Stop));
  EXPECT_FALSE(g->stopRow(2, Ending::Stop));
  g->takeTokens();
  step();
  EXPECT_EQ(g->takeTokens().values[0], 1);
  EXPECT_FALSE(g->finished());
  EXPECT_TRUE(g->stopRow(1, Ending::Stop));
  EXPECT_TRUE(g->finished());
  EXPECT_EQ(g->sequences().count, 4u);
}

TEST(Search, StoppedBeamsStillGiveTheirBest) {
  Made g = make(R"({"num_beams": 3, "max_new_tokens": 9, "pad_token_id": 1})");
  ToyModel toy(1);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(g->takeTokens().values.empty());
    auto logits = toy.answer(g->feed());
    ASSERT_TRUE(g->accept(logits.data()).ok());
  }
  EXPECT_FALSE(g->stopRow(0, Ending::Stop));
  g->stop();
  EXPECT_TRUE(g->finished());
  EXPECT_EQ(g->sequences().count, 6u);
  EXPECT_EQ(g->takeTokens().count, 4u);
  EXPECT_EQ(g->endings(), std::vector<Ending>{Ending::Cut});
  EXPECT_GT(g->sequencesScores()[0], -1e8f);
  Made h = make(R"({"num_beams": 3, "max_new_tokens": 9})");
  h->stop();
  EXPECT_TRUE(h->finished());
  EXPECT_EQ(h->sequences().values, (std::vector<int32_t>{5, 9}));
}

// Stopped after so many steps is what a criterion that ends all at that step gives: the reference's way (WholeRuns has
// its vectors).
TEST(Search, StoppingBeamsIsACriterionThatEndsAll) {
  size_t differ = 0;
  for (const std::string options : {"", R"("eos_token_id": 3, )", R"("eos_token_id": [3, 8], "early_stopping": true, )",
                                    R"("eos_token_id": 3, "length_penalty": 2.5, )",
                                    R"("eos_token_id": 3, "early_stopping": "never", "length_penalty": -1, )"}) {
    for (size_t steps = 1; steps < 9; ++steps) {
      for (float scale : {1.f, 5.f}) {
        const std::string all =
            "{" + options + R"("num_beams": 4, "num_return_sequences": 4, "max_new_tokens": 9, "pad_token_id": 1})";
        Made a = make(all, {5, 9, 7, 4}, {}, 2), b = make(all, {5, 9, 7, 4}, {}, 2),
             whole = make(all, {5, 9, 7, 4}, {}, 2);
        b->askForEndings();
        ToyModel toyA(scale), toyB(scale), toy(scale);
        ASSERT_EQ(toy.run(*whole), "");
        for (size_t i = 0; i < steps && !a->finished(); ++i) {
          auto logits = toyA.answer(a->feed());
          ASSERT_TRUE(a->accept(logits.data()).ok());
          logits = toyB.answer(b->feed());
          ASSERT_TRUE(b->accept(logits.data()).ok());
          ASSERT_TRUE(b->awaitsEndings());
          const auto rows = b->continuations();
          EXPECT_EQ(rows.count, i + 1);
          b->decide(std::vector<Ending>(rows.rows, i + 1 == steps ? Ending::Criteria : Ending::None).data());
        }
        a->stop();
        EXPECT_TRUE(b->finished());
        EXPECT_EQ(a->sequences().values, b->sequences().values) << all << steps;
        EXPECT_EQ(a->sequencesScores(), b->sequencesScores()) << all << steps;
        EXPECT_EQ(a->newTokens(), b->newTokens()) << all << steps;
        differ += a->sequences().values != whole->sequences().values;
      }
    }
  }
  EXPECT_GT(differ, 40u);
}

// Rows end at very different steps: each text is the same as in a batch whose rows all stay.
TEST(Search, RowsLeaveTheBatchAndOthersTakeTheirPlaces) {
  const size_t rows = 7;
  std::vector<int32_t> ids;
  for (size_t r = 0; r < rows; ++r) ids.insert(ids.end(), {int32_t(r), int32_t(2 * r % 13)});
  for (const std::string& options :
       {std::string(), std::string(R"("do_sample": true, "seed": 9, "num_return_sequences": 3, )")}) {
    const std::string all =
        "{" + options + R"("eos_token_id": [3, 11], "pad_token_id": 1, "max_new_tokens": 30, "logprobs": 2})";
    Made g = make(all, ids, {}, rows), kept = make(all, ids, {}, rows);
    kept->editScores();
    ToyModel toy(3), other(3);
    std::set<size_t> sizes;
    while (!g->finished()) {
      const auto feed = g->feed();
      sizes.insert(feed.rows);
      auto logits = toy.answer(feed);
      ASSERT_TRUE(g->accept(logits.data()).ok());
    }
    ASSERT_EQ(other.run(*kept), "");
    EXPECT_GT(sizes.size(), 3u);
    EXPECT_EQ(g->sequences().values, kept->sequences().values);
    EXPECT_EQ(g->takeTokens().values, kept->takeTokens().values);
    EXPECT_EQ(g->logprobs().picked, kept->logprobs().picked);
    EXPECT_EQ(g->logprobs().topIds, kept->logprobs().topIds);
    EXPECT_EQ(g->logprobs().topLogprobs, kept->logprobs().topLogprobs);
  }
}

TEST(Search, StreamEqualsSequences) {
  for (const std::string options : {R"("num_return_sequences": 1)", R"("do_sample": true, "num_return_sequences": 3)",
                                    R"("num_beams": 4, "num_return_sequences": 2)",
                                    R"("num_beams": 4, "num_return_sequences": 4, "do_sample": true)"}) {
    Made g = make("{" + options + R"(, "eos_token_id": 3, "pad_token_id": 1, "max_new_tokens": 15, "seed": 4})",
                  {5, 9, 7, 4}, {}, 2);
    ToyModel toy(2);
    std::vector<int32_t> stream;
    while (!g->finished()) {
      auto logits = toy.answer(g->feed());
      ASSERT_TRUE(g->accept(logits.data()).ok());
      const auto fresh = g->takeTokens();
      ASSERT_EQ(fresh.values.size(), fresh.count * fresh.rows);
      stream.insert(stream.end(), fresh.values.begin(), fresh.values.end());
    }
    const auto all = g->sequences();
    for (size_t r = 0; r < all.rows; ++r) {
      for (size_t i = 2; i < all.count; ++i)
        EXPECT_EQ(stream.at((i - 2) * all.rows + r), all.values[r * all.count + i]) << options;
    }
    EXPECT_EQ(stream.size(), all.rows * (all.count - 2));
  }
}

TEST(Search, TheSameSeedGivesTheSame) {
  for (const std::string options :
       {R"("top_k": 0)", R"("top_p": 0.8, "num_return_sequences": 2)", R"("num_beams": 3, "top_k": 0)"}) {
    std::vector<std::vector<int32_t>> runs;
    for (const char* seed : {"7", "7", "8"}) {
      Made g = make("{\"do_sample\": true, \"max_new_tokens\": 30, " + options + ", \"seed\": " + seed + "}");
      ASSERT_EQ(ToyModel(1).run(*g), "");
      runs.push_back(g->sequences().values);
    }
    EXPECT_EQ(runs[0], runs[1]) << options;
    EXPECT_NE(runs[0], runs[2]) << options;
  }
  Made a = make(R"({"do_sample": true})"), b = make(R"({"do_sample": true})");
  EXPECT_NE(a->seed(), b->seed());
  // Known values: a change of the generator or of exp would change everyone's texts.
  Made g = make(R"({"do_sample": true, "top_k": 0, "max_new_tokens": 12, "seed": 42})");
  ASSERT_EQ(ToyModel(1).run(*g), "");
  EXPECT_EQ(g->sequences().values, (std::vector<int32_t>{5, 9, 0, 5, 9, 5, 6, 11, 4, 2, 11, 10, 11, 2}));
}

// A row's text does not depend on the rows beside it.
TEST(Search, RowsDrawFromTheirOwnStreams) {
  Made one = make(R"({"do_sample": true, "seed": 5, "max_new_tokens": 9})"),
       two = make(R"({"do_sample": true, "seed": 5, "max_new_tokens": 9})", {5, 9, 7, 4}, {}, 2);
  ASSERT_EQ(ToyModel(1).run(*one), "");
  ASSERT_EQ(ToyModel(1).run(*two), "");
  const auto a = one->sequences().values, b = two->sequences().values;
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin()));
}

// First tokens of 20 000 draws against the probabilities: Pearson's χ² stays below its 99.99 % quantile.
TEST(Search, DrawsByProbability) {
  const struct {
    const char* options;
    double (*keep)(double p, double best);
  } cases[] = {
      {R"("top_k": 0)", [](double p, double) { return p; }},
      {R"("top_k": 0, "temperature": 0.5)", [](double p, double) { return p * p; }},
      {R"("top_k": 0, "min_p": 0.4)", [](double p, double best) { return p >= 0.4 * best ? p : 0; }},
  };
  ToyModel toy(2);
  for (const auto& c : cases) {
    std::vector<double> p(kToyVocabulary);
    for (uint32_t t = 0; t < kToyVocabulary; ++t) p[t] = std::exp(double(toy.score(5, 9, t)));
    const double most = *std::max_element(p.begin(), p.end());
    for (double& v : p) v = c.keep(v, most);
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    std::vector<double> seen(kToyVocabulary);
    double draws = 0;
    for (int round = 0; round < 20; ++round) {
      Made g = make(std::string("{\"do_sample\": true, \"num_return_sequences\": 1000, \"max_new_tokens\": 1, ") +
                    c.options + ", \"seed\": " + std::to_string(round) + "}");
      ASSERT_EQ(toy.run(*g), "");
      for (int32_t id : g->takeTokens().values) ++seen[size_t(id)], ++draws;
    }
    double chi = 0;
    int degrees = -1;
    for (size_t t = 0; t < p.size(); ++t) {
      const double expected = p[t] / sum * draws;
      if (expected == 0) {
        EXPECT_EQ(seen[t], 0) << c.options << t;
        continue;
      }
      chi += (seen[t] - expected) * (seen[t] - expected) / expected;
      ++degrees;
    }
    ASSERT_GT(degrees, 2);
    EXPECT_LT(chi, degrees + 4 * std::sqrt(2.0 * degrees) + 8) << c.options << ", degrees of freedom " << degrees;
  }
}

// Two of the best by chance, without putting back: the first by its probability, the second by what is left.
TEST(Search, BeamsDrawWithoutPuttingBack) {
  ToyModel toy(2);
  std::vector<double> p(kToyVocabulary);
  for (uint32_t t = 0; t < kToyVocabulary; ++t) p[t] = std::exp(double(toy.score(5, 9, t)));
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  std::vector<double> seen(kToyVocabulary);
  const int runs = 20000;
  for (int seed = 0; seed < runs; ++seed) {
    Made g = make(
        "{\"do_sample\": true, \"num_beams\": 2, \"num_return_sequences\": 2, \"top_k\": 0, \"max_new_tokens\": 1, "
        "\"seed\": " +
        std::to_string(seed) + "}");
    ASSERT_EQ(toy.run(*g), "");
    const auto ids = g->takeTokens().values;
    ASSERT_EQ(ids.size(), 2u);
    EXPECT_NE(ids[0], ids[1]);
    for (int32_t id : ids) ++seen[size_t(id)];
  }
  for (size_t t = 0; t < p.size(); ++t) {
    double second = 0;
    for (size_t f = 0; f < p.size(); ++f) second += f == t ? 0 : p[f] / sum * p[t] / (sum - p[f]);
    const double expected = runs * (p[t] / sum + second);
    EXPECT_NEAR(seen[t], expected, 5 * std::sqrt(expected)) << t;
  }
}

TEST(Search, PresenceAndFrequency) {
  // After "4 4 6" the scores fall by 2·0.5 + 1 for 4 and by 0.5 + 1 for 6; the prompt does not count.
  Made g = make(R"({"presence_penalty": 1, "frequency_penalty": 0.5, "max_new_tokens": 9})", {5, 9});
  for (int32_t next : {4, 4, 6}) {
    std::vector<float> logits(kToyVocabulary);
    logits[size_t(next)] = 100;
    ASSERT_TRUE(g->accept(logits.data()).ok());
  }
  std::vector<float> logits(kToyVocabulary, 3.f);
  ASSERT_TRUE(g->accept(logits.data()).ok());
  EXPECT_FLOAT_EQ(logits[4], 1.f);
  EXPECT_FLOAT_EQ(logits[6], 1.5f);
  for (size_t t : {0, 5, 9, 12}) EXPECT_FLOAT_EQ(logits[t], 3.f);
}

TEST(Search, LogitBias) {
  Made g = make(R"({"logit_bias": {"8": 50, "0": -50}, "max_new_tokens": 3})");
  ASSERT_EQ(ToyModel(1).run(*g), "");
  EXPECT_EQ(g->takeTokens().values, (std::vector<int32_t>{8, 8, 8}));
}

TEST(Search, Logprobs) {
  ToyModel toy(1);
  Made g = make(R"({"logprobs": 3, "max_new_tokens": 2, "repetition_penalty": 1.5, "pad_token_id": 0, )"
                R"("temperature": 0.3, "do_sample": true, "num_return_sequences": 2, "seed": 1})");
  ASSERT_EQ(toy.run(*g), "");
  const auto& l = g->logprobs();
  ASSERT_EQ(l.steps, 2u);
  ASSERT_EQ(l.rows, 2u);
  ASSERT_EQ(l.top, 3u);
  const auto all = g->sequences();
  for (size_t step = 0; step < 2; ++step) {
    for (size_t r = 0; r < 2; ++r) {
      const int32_t* ids = all.values.data() + r * all.count;
      std::vector<std::pair<double, int32_t>> want;
      double sum = 0;
      for (uint32_t t = 0; t < kToyVocabulary; ++t) {
        want.emplace_back(toy.score(uint32_t(ids[step]), uint32_t(ids[step + 1]), t), t);
        sum += std::exp(want.back().first);
      }
      EXPECT_NEAR(l.picked[step * 2 + r], want[size_t(ids[step + 2])].first - std::log(sum), 1e-6);
      std::sort(want.rbegin(), want.rend());
      for (size_t k = 0; k < 3; ++k) {
        EXPECT_EQ(l.topIds[(step * 2 + r) * 3 + k], want[k].second);
        EXPECT_NEAR(l.topLogprobs[(step * 2 + r) * 3 + k], want[k].first - std::log(sum), 1e-6);
      }
    }
  }
}

// Settings put together by chance, to the end: a named refusal or sequences of the right shape whose rows end at EOS.
TEST(Search, AnySettings) {
  const std::vector<std::string> choices[] = {
      {"", R"("do_sample":true)"},
      {"", R"("num_beams":2)", R"("num_beams":5)"},
      {"", R"("num_return_sequences":2)", R"("num_return_sequences":5)"},
      {"", R"("max_new_tokens":1)", R"("max_new_tokens":9)", R"("max_length":7)", R"("max_new_tokens":30)"},
      {"", R"("min_new_tokens":4)", R"("min_length":6)"},
      {"", R"("eos_token_id":3)", R"("eos_token_id":[3,8,0,12])", R"("eos_token_id":[-1,99])"},
      {"", R"("pad_token_id":1)"},
      {"", R"("top_k":1)", R"("top_k":0)", R"("top_k":3)", R"("top_k":100)"},
      {"", R"("top_p":0)", R"("top_p":0.5)", R"("min_p":1)", R"("min_p":0.2)"},
      {"", R"("typical_p":0.01)", R"("typical_p":0.9)", R"("epsilon_cutoff":0.9)", R"("eta_cutoff":0.5)"},
      {"", R"("temperature":0.01)", R"("temperature":50)"},
      {"", R"("repetition_penalty":2)", R"("repetition_penalty":0.01)", R"("presence_penalty":-3)",
       R"("frequency_penalty":1e20)"},
      {"", R"("no_repeat_ngram_size":1)", R"("no_repeat_ngram_size":2)"},
      {"", R"("bad_words_ids":[[3],[4],[5,6]])", R"("suppress_tokens":[0,1,2,4,5,6,7,8,9,10,11,12])",
       R"("begin_suppress_tokens":[3,8])"},
      {"", R"("forced_eos_token_id":3)", R"("forced_bos_token_id":2)", R"("exponential_decay_length_penalty":[2,3.5])",
       R"("renormalize_logits":true)", R"("remove_invalid_values":true)"},
      {"", R"("length_penalty":-40)", R"("length_penalty":0)", R"("length_penalty":300)"},
      {"", R"("early_stopping":true)", R"("early_stopping":"never")"},
      {"", R"("sequence_bias":[[[3],-1e30],[[9,2],50]])", R"("logit_bias":{"4":1e30})"},
      {"", R"("logprobs":true)", R"("logprobs":20)"},
  };
  generate::Random random(2024, 0);
  size_t ended = 0;
  std::set<std::string> refusals;
  for (int round = 0; round < 3000; ++round) {
    std::string options = "{\"seed\":" + std::to_string(round);
    for (const auto& c : choices) {
      const std::string& one = random.uniform() < 0.5 ? c[0] : c[random.next() % c.size()];
      if (!one.empty()) options += "," + one;
    }
    options += "}";
    auto parsed = GenerationConfig::parse(options);
    if (!parsed.ok()) {
      EXPECT_EQ(parsed.status().errorClass(), ErrorClass::Input) << options;
      refusals.insert(parsed.status().code());
      continue;
    }
    const GenerationConfig config = *parsed;
    const size_t batch = 1 + random.next() % 3, length = 1 + random.next() % 4;
    std::vector<int32_t> ids;
    std::vector<uint8_t> mask;
    for (size_t i = 0; i < batch * length; ++i) {
      ids.push_back(int32_t(random.next() % kToyVocabulary));
      mask.push_back(i % length + 1 == length || random.next() % 4 != 0);
      if (i % length && mask[i - 1]) mask[i] = 1;
    }
    auto made = Search::create(config, ids.data(), mask.data(), batch, length, kToyVocabulary, round % 5 ? 0 : 12);
    if (!made.ok()) {
      EXPECT_EQ(made.status().errorClass(), ErrorClass::Input) << options;
      refusals.insert(made.status().code());
      continue;
    }
    ToyModel toy(round % 3 ? 2 : 60);
    const std::string failed = toy.run(**made);
    const auto got = (*made)->sequences();
    EXPECT_EQ(got.rows, batch * size_t(config.numReturnSequences)) << options;
    EXPECT_EQ(got.values.size(), got.rows * got.count) << options;
    EXPECT_LE(got.count, (*made)->maxLength()) << options;
    if (!failed.empty()) {
      EXPECT_NE(failed.find("forbid every token"), std::string::npos) << options << failed;
      continue;
    }
    ++ended;
    EXPECT_EQ((*made)->takeTokens().values.size() % got.rows, 0u);
    const auto counts = (*made)->newTokens();
    const auto endings = (*made)->endings();
    for (size_t r = 0; r < got.rows; ++r) {
      const int32_t* row = got.values.data() + r * got.count;
      bool over = false;
      for (size_t i = 0; i < got.count; ++i) {
        ASSERT_LT(size_t(row[i]), kToyVocabulary) << options;
        if (i < length) continue;
        if (over && config.pad) {
          EXPECT_EQ(row[i], *config.pad) << options;
        }
        over = over || std::find(config.eos.begin(), config.eos.end(), row[i]) != config.eos.end();
      }
      const size_t count = size_t(counts.at(r));
      ASSERT_LE(count, got.count - length) << options;
      const bool eos =
          count && std::find(config.eos.begin(), config.eos.end(), row[length + count - 1]) != config.eos.end();
      // Extreme biases let beams that have not ended become results, as in the reference.
      if (config.numBeams == 1 || endings.at(r) != Ending::None) {
        EXPECT_EQ(endings.at(r), eos ? Ending::Eos : Ending::Length) << options;
      }
    }
  }
  EXPECT_GT(ended, 900u);
  EXPECT_TRUE(refusals.count("contradiction"));
}

TEST(Select, FindsWhatSortingFinds) {
  generate::Random random(3, 0);
  for (size_t n : {1u, 2u, 7u, 300u, 1025u, 5000u}) {
    for (size_t k : {1u, 2u, 5u, 50u, 299u, 6000u}) {
      std::vector<float> scores(n);
      for (float& s : scores) s = float(int(random.uniform() * 40)) / 4;  // many equal ones
      std::vector<Candidate> want;
      for (size_t i = 0; i < n; ++i) want.push_back({scores[i], int32_t(i)});
      std::sort(want.begin(), want.end(), generate::better);
      want.resize(std::min(n, k));
      EXPECT_EQ(generate::largest(scores.data(), n), size_t(want[0].id)) << n;
      std::vector<Candidate> got;
      generate::best(scores.data(), n, k, got);
      ASSERT_EQ(got.size(), want.size());
      for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].id, want[i].id) << n << " " << k << " " << i;
      std::vector<float> scratch;
      EXPECT_EQ(generate::kthLargest(scores.data(), n, k, scratch), want.back().score) << n << " " << k;
      std::vector<Candidate> list, some;
      for (size_t i = 0; i < n; ++i) list.push_back({scores[i], int32_t(i)});
      generate::best(list, k, some);
      ASSERT_EQ(some.size(), want.size());
      for (size_t i = 0; i < some.size(); ++i) EXPECT_EQ(some[i].id, want[i].id) << n << " " << k << " " << i;
    }
  }
}

// Beams ask for more than there may be: what must not come fills the rest, the first ones first.
TEST(Select, FindsTheFewThatMayCome) {
  std::vector<float> scores(1000, generate::kNever);
  scores[700] = 1;
  scores[20] = -1e30f;
  std::vector<Candidate> got;
  generate::best(scores.data(), scores.size(), 4, got);
  ASSERT_EQ(got.size(), 4u);
  EXPECT_EQ(got[0].id, 700);
  EXPECT_EQ(got[1].id, 20);
  EXPECT_EQ(got[2].id, 0);
  EXPECT_EQ(got[3].id, 1);
}

TEST(Select, SeesWhatIsNoNumberWhereverItStands) {
  for (size_t n : {1u, 8u, 33u, 130u}) {
    for (size_t i = 0; i < n; ++i) {
      std::vector<float> scores(n, -1);
      EXPECT_TRUE(generate::belowInfinity(scores.data(), n));
      for (float bad : {std::nanf(""), HUGE_VALF}) {
        scores[i] = bad;
        EXPECT_FALSE(generate::belowInfinity(scores.data(), n)) << n << " " << i;
      }
    }
  }
}

TEST(Select, TheFirstLargestIsFoundWhereverItStands) {
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  for (size_t n : {1u, 8u, 511u, 513u, 1543u}) {
    std::vector<float> scores(n, kNone);
    EXPECT_EQ(generate::largest(scores.data(), n), 0u);
    for (size_t i = n; i-- > 0;) {
      scores[i] = -3;
      EXPECT_EQ(generate::largest(scores.data(), n), i);
    }
  }
}

TEST(Select, ExpIsExact) {
  double worst = 0;
  for (double x = -707; x <= 0; x += 0.0371)
    worst = std::max(worst, std::fabs(generate::expBelow0(x) / std::exp(x) - 1));
  EXPECT_LT(worst, 5e-16);
  EXPECT_EQ(generate::expBelow0(0), 1);
  EXPECT_EQ(generate::expBelow0(-800), 0);
  EXPECT_EQ(generate::expBelow0(-HUGE_VAL), 0);
  EXPECT_TRUE(std::isnan(generate::expBelow0(std::nan(""))));
}

// A seed's text hangs on these bits: floor() and one number at a time give the same.
TEST(Select, ExpsOfAListHaveTheBitsOfOne) {
  const auto plain = [](double x) {
    if (!(x > -708)) return 0.0;
    const double n = std::floor(x * 1.4426950408889634 + 0.5),
                 r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
    double p = 1.0 / 6227020800;
    for (double c : {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
                     1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
      p = p * r + c;
    return std::ldexp(p, int(n));
  };
  std::vector<double> list = {0, -0.0, -HUGE_VAL, -708, -707.999, -0.34657359027997264, -0.3465735902799727, -1e-300};
  for (double x = -30; x <= 0; x += 0.00371) list.push_back(x);
  if (list.size() % 2 == 0) list.push_back(-1);  // and one that has no neighbour
  const std::vector<double> asked = list;
  double want = 0.25;
  for (double x : asked) want += plain(x);
  EXPECT_EQ(generate::sumOfExps(list.data(), list.size(), 0.25), want);
  for (size_t i = 0; i < list.size(); ++i) ASSERT_EQ(list[i], plain(asked[i])) << asked[i];
}

// top_p over a large vocabulary that is nearly flat: more than a few chunks are needed.
TEST(Warpers, TopPOfALargeVocabulary) {
  const size_t n = 30000;
  auto config = GenerationConfig::parse(R"({"do_sample": true, "top_k": 0, "top_p": 0.7})");
  ASSERT_TRUE(config.ok());
  std::vector<float> scores(n);
  generate::Random random(9, 0);
  for (float& s : scores) s = float(random.uniform());
  std::vector<Candidate> want, got;
  for (size_t i = 0; i < n; ++i) want.push_back({scores[i], int32_t(i)});
  std::sort(want.begin(), want.end(), generate::better);
  double sum = 0, above = 0;
  for (const Candidate& c : want) sum += std::exp(double(c.score));
  size_t kept = 0;
  while (above < 0.7 * sum) above += std::exp(double(want[kept++].score));
  want.resize(kept);
  std::sort(want.begin(), want.end(), [](auto& a, auto& b) { return a.id < b.id; });
  generate::Warpers(*config).apply(scores.data(), n, got);
  ASSERT_NEAR(double(got.size()), double(kept), 1);
  EXPECT_GT(kept, 10000u);
  if (got.size() == want.size()) {
    for (size_t i = 0; i < kept; ++i) ASSERT_EQ(got[i].id, want[i].id);
  }
}

// The other cuts against what each says of itself, one token at a time.
TEST(Warpers, CutsOfALargeVocabulary) {
  const size_t n = 30000;
  std::vector<float> scores(n);
  generate::Random random(5, 0);
  for (float& s : scores) s = float(random.uniform() * 6);
  double sum = 0, mean = 0;
  const double most = *std::max_element(scores.begin(), scores.end());
  for (float s : scores) sum += std::exp(s - most), mean += std::exp(s - most) * (s - most);
  const double entropy = std::log(sum) - mean / sum;
  const auto kept = [&](const char* options) {
    auto config = GenerationConfig::parse(std::string(R"({"do_sample": true, "top_k": 0, )") + options + "}");
    EXPECT_TRUE(config.ok());
    std::vector<float> copy = scores;
    std::vector<Candidate> got;
    generate::Warpers(*config).apply(copy.data(), n, got);
    std::set<int32_t> ids;
    for (const Candidate& c : got) ids.insert(c.id);
    return ids;
  };
  std::set<int32_t> minP, epsilon, typical;
  std::vector<Candidate> near;
  for (size_t i = 0; i < n; ++i) {
    const double p = std::exp(scores[i] - most);
    if (p >= 0.3) minP.insert(int32_t(i));
    if (p / sum >= 1e-4) epsilon.insert(int32_t(i));
    near.push_back({float(-std::fabs(std::log(sum) - (scores[i] - most) - entropy)), int32_t(i)});
  }
  EXPECT_EQ(kept(R"("min_p": 0.3)"), minP);
  EXPECT_EQ(kept(R"("epsilon_cutoff": 1e-4)"), epsilon);
  std::sort(near.begin(), near.end(), generate::better);
  double held = 0;
  for (const Candidate& c : near) {
    if (held >= 0.5) break;
    typical.insert(c.id);
    held += std::exp(scores[size_t(c.id)] - most) / sum;
  }
  const std::set<int32_t> got = kept(R"("typical_p": 0.5)");
  EXPECT_GT(typical.size(), 2000u);
  EXPECT_NEAR(double(got.size()), double(typical.size()), 2);  // and those as near as the last
  for (int32_t id : typical) EXPECT_TRUE(got.count(id)) << id;
}

}  // namespace
}  // namespace wasmformers::testing
