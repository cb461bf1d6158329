// Processors, warpers and whole runs against transformers: tests/fixtures/generation/generation.json.
#include <gtest/gtest.h>

#include <cmath>

#include "generate/processors.h"
#include "generate/search.h"
#include "generate/warpers.h"
#include "goldens.h"
#include "toy_model.h"

namespace wasmformers::testing {
namespace {

using generate::Candidate;
using generate::GenerationConfig;

class Vectors : public ::testing::Test {
 protected:
  void SetUp() override {
    text = readFile(fixture("generation/generation.json"));
    auto parsed = json::Document::parse(text, "generation.json", ErrorClass::Config);
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    document.emplace(parsed.take());
  }
  json::Value root() const { return document->root(); }
  std::string text;
  std::optional<json::Document> document;
};

std::vector<float> scoresOf(json::Value row) {
  std::vector<float> out;
  for (json::Value v : row.elements()) out.push_back(v.isNull() ? -HUGE_VALF : float(v.asNumber()));
  return out;
}

TEST_F(Vectors, ProcessorsAndWarpers) {
  size_t cases = 0;
  for (json::Value c : root()["processors"].elements()) {
    std::string what;
    json::write(c["config"], what);
    auto parsed = GenerationConfig::parse(c["config"]);
    ASSERT_TRUE(parsed.ok()) << what << parsed.status().message();
    const GenerationConfig config = parsed.take();
    const size_t prompt = size_t(c["prompt"].asInt()), vocabulary = c["scores"].at(0).size();
    const size_t most =
        config.maxNewTokens ? prompt + size_t(*config.maxNewTokens) : size_t(config.maxLength.value_or(20));
    auto processors = generate::Processors::create(config, prompt, most, vocabulary);
    ASSERT_TRUE(processors.ok()) << what << processors.status().message();
    generate::Warpers warpers(config);
    for (size_t r = 0; r < c["ids"].size(); ++r) {
      const std::vector<int32_t> ids = idsOf(c["ids"].at(r));
      size_t padding = 0;
      while (c["mask"].at(r).at(padding).asInt() == 0) ++padding;
      std::vector<float> got = scoresOf(c["scores"].at(r));
      processors->apply(got.data(), {ids.data(), ids.size(), prompt, padding});
      if (config.doSample) {
        std::vector<Candidate> left;
        warpers.apply(got.data(), vocabulary, left);
        std::fill(got.begin(), got.end(), -HUGE_VALF);
        for (const Candidate& k : left) got[size_t(k.id)] = k.score;
      }
      const std::vector<float> want = scoresOf(c["expected"].at(r));
      for (size_t i = 0; i < vocabulary; ++i) {
        if (std::isinf(want[i]))
          EXPECT_EQ(got[i], want[i]) << what << " case " << cases << " row " << r << " token " << i;
        else
          EXPECT_NEAR(got[i], want[i], 2e-6 * std::max(1.f, std::fabs(want[i])))
              << what << " case " << cases << " row " << r << " token " << i;
      }
    }
    ++cases;
  }
  EXPECT_GE(cases, 170u);
}

/// The results of a run and the reference's.
void compare(const generate::Search& g, json::Value c, double tolerance, const std::string& what) {
  const auto got = g.sequences();
  ASSERT_EQ(got.rows, c["sequences"].size()) << what;
  ASSERT_EQ(got.count, c["sequences"].at(0).size()) << what;
  for (size_t r = 0; r < got.rows; ++r) {
    const std::vector<int32_t> row(got.values.begin() + ptrdiff_t(r * got.count),
                                   got.values.begin() + ptrdiff_t((r + 1) * got.count));
    EXPECT_EQ(row, idsOf(c["sequences"].at(r))) << what << " row " << r;
  }
  const auto scores = g.sequencesScores();
  ASSERT_EQ(scores.size(), c["scores"].size()) << what;
  for (size_t r = 0; r < scores.size(); ++r) {
    const double want = c["scores"].at(r).asNumber();
    EXPECT_NEAR(scores[r], want, tolerance * std::max(1.0, std::fabs(want))) << what << " row " << r;
  }
}

TEST_F(Vectors, WholeRuns) {
  size_t runs = 0;
  for (json::Value c : root()["runs"].elements()) {
    std::string what;
    json::write(c, what);
    const json::Value prompt = root()["prompts"][c["prompt"].asString()];
    const Prompt p = promptOf(prompt);
    auto config = GenerationConfig::parse(c["config"]);
    ASSERT_TRUE(config.ok()) << what << config.status().message();
    auto made =
        generate::Search::create(config.take(), p.ids.data(), p.mask.data(), p.rows, p.length, kToyVocabulary, 0);
    ASSERT_TRUE(made.ok()) << what << made.status().message();
    ToyModel toy(float(c["scale"].asNumber()));
    ASSERT_EQ(toy.run(**made), "") << what;
    compare(**made, c, 2e-6, what);
    if (HasFatalFailure()) return;
    ++runs;
  }
  EXPECT_GE(runs, 400u);
}

/// A criterion and a processor as data: make-generation.py has the same.
bool ends(json::Value c, const std::vector<int32_t>& ids, size_t prompt) {
  int64_t sum = 0;
  for (int32_t id : ids) sum += id;
  if (c["sum"] && sum % c["sum"].at(0).asInt() == c["sum"].at(1).asInt()) return true;
  for (json::Value last : c["last"].elements()) {
    const std::vector<int32_t> tail = idsOf(last);
    if (ids.size() >= tail.size() && std::equal(tail.begin(), tail.end(), ids.end() - ptrdiff_t(tail.size())))
      return true;
  }
  return c["after"] && ids.size() >= prompt + size_t(c["after"].asInt());
}
void change(json::Value c, const std::vector<int32_t>& ids, float* scores) {
  int64_t sum = 0;
  for (int32_t id : ids) sum += id;
  if (c) scores[c["token"].asInt()] += float(c["add"].asNumber()) * float(sum % 29) / 16;
}

// Callers' criteria and processors, with beams and without.
TEST_F(Vectors, RunsThatTheCallerChanges) {
  size_t runs = 0;
  for (json::Value c : root()["changed"].elements()) {
    std::string what;
    json::write(c, what);
    const Prompt p = promptOf(root()["prompts"][c["prompt"].asString()]);
    auto config = GenerationConfig::parse(c["config"]);
    ASSERT_TRUE(config.ok()) << what << config.status().message();
    const size_t beams = size_t(config->numBeams);
    auto made =
        generate::Search::create(config.take(), p.ids.data(), p.mask.data(), p.rows, p.length, kToyVocabulary, 0);
    ASSERT_TRUE(made.ok()) << what << made.status().message();
    generate::Search& g = **made;
    if (beams > 1) g.askForEndings();
    if (c["processor"]) g.editScores();
    ToyModel toy(float(c["scale"].asNumber()));
    // The ids of a row: its prompt and the new ones, `count` of them at `at`.
    const auto whole = [&](size_t prompt, const int32_t* at, size_t count) {
      std::vector<int32_t> ids(p.ids.begin() + ptrdiff_t(prompt * p.length),
                               p.ids.begin() + ptrdiff_t((prompt + 1) * p.length));
      ids.insert(ids.end(), at, at + count);
      return ids;
    };
    while (!g.finished()) {
      const auto feed = g.feed();
      std::vector<float> logits = toy.answer(feed);
      if (const size_t each = g.rowsPerScore(); c["processor"] && each > 1) {
        std::vector<float> spread(feed.rows * each * kToyVocabulary);
        g.expandScores(logits.data(), spread.data());
        logits = std::move(spread);
      }
      ASSERT_TRUE(g.process(logits.data()).ok()) << what;
      const auto running = beams > 1 ? g.runningBeams() : g.sequences();
      for (size_t r = 0; c["processor"] && r < running.rows; ++r) {
        const int32_t* at = running.values.data() + r * running.count;
        change(c["processor"],
               beams > 1 ? whole(r / beams, at, running.count) : std::vector<int32_t>(at, at + running.count),
               logits.data() + r * kToyVocabulary);
      }
      ASSERT_TRUE(g.choose(logits.data()).ok()) << what;
      if (g.awaitsEndings()) {
        const auto rows = g.continuations();
        std::vector<generate::Ending> flags;
        for (size_t r = 0; r < rows.rows; ++r) {
          const bool over = ends(
              c["ends"], whole(r / (rows.rows / p.rows), rows.values.data() + r * rows.count, rows.count), p.length);
          flags.push_back(over ? generate::Ending::Criteria : generate::Ending::None);
        }
        g.decide(flags.data());
      } else {
        const auto all = g.sequences();
        for (size_t r = 0; r < all.rows; ++r) {
          if (ends(c["ends"],
                   {all.values.begin() + ptrdiff_t(r * all.count), all.values.begin() + ptrdiff_t((r + 1) * all.count)},
                   p.length))
            g.stopRow(r, generate::Ending::Criteria);
        }
      }
    }
    compare(g, c, 4e-6, what);
    if (HasFatalFailure()) return;
    ++runs;
  }
  EXPECT_GE(runs, 150u);
}

}  // namespace
}  // namespace wasmformers::testing
