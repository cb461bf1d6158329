// Sessions on the tiny decoders of tests/fixtures/lm: every mode of generate() that their case.json names gives
// PyTorch's ids, however the prompt is cut; a cache that is used again, moved, cropped, saved gives what a new one
// gives.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "generate/session.h"
#include "json/write.h"
#include "kernels/formats/half.h"
#include "lm_runner.h"

namespace wasmformers::testing {
namespace {

using generate::GenerationConfig;
using generate::Session;
using generate::SessionOptions;
using kernels::CacheType;

class SessionOf : public ::testing::TestWithParam<std::string> {
 protected:
  void load(const std::string& name) {
    const Status s = runner.loadCase(name, kernels::Format::F32);
    ASSERT_TRUE(s.ok()) << s.message();
    defaults = readFile(fixture("lm/" + name + "/generation_config.json"));
    session.emplace(runner.lm(), *runner.kernels, runner.arena, runner.outputs);
    ids = runner.ids(0, runner.length());
    mask = runner.mask(0, runner.length());
  }
  /// generation_config.json with the arguments of one call over it.
  GenerationConfig config(const std::string& arguments) const {
    auto file = json::Document::parse(defaults, "", ErrorClass::Config),
         call = json::Document::parse(arguments, "", ErrorClass::Config);
    std::string all = "{";
    const auto add = [&](json::Value key, std::string_view name) {
      if (all.size() > 1) all += ",";
      json::writeString(name, all);
      all += ":";
      json::write(key, all);
    };
    for (auto [key, value] : file->root().members()) {
      if (!call->root()[key]) add(value, key);
    }
    for (auto [key, value] : call->root().members()) add(value, key);
    auto parsed = GenerationConfig::parse(all + "}");
    EXPECT_TRUE(parsed.ok()) << all << parsed.status().message();
    return parsed.take();
  }
  Status begin(const std::string& arguments, const std::vector<int32_t>& prompt,
               const SessionOptions& o = {CacheType::F32}) {
    return session->begin(config(arguments), prompt.data(), nullptr, 1, prompt.size(), o);
  }
  std::vector<int32_t> sequences() { return session->search()->sequences().values; }
  /// All of one call, from an empty cache.
  std::vector<int32_t> fresh(const std::string& arguments, const std::vector<int32_t>& prompt,
                             CacheType type = CacheType::F32) {
    session->crop(0);
    EXPECT_TRUE(begin(arguments, prompt, {type}).ok());
    EXPECT_EQ(session->reusedTokens(), 0u);
    EXPECT_TRUE(session->run(1e18, 0).ok());
    return sequences();
  }

  LmRunner runner;
  std::string defaults;
  std::optional<Session> session;
  std::vector<int32_t> ids;
  std::vector<uint8_t> mask;
};

TEST_P(SessionOf, EveryModeOfGenerateGivesPyTorchsIds) {
  load(GetParam());
  if (HasFatalFailure()) return;
  size_t modes = 0;
  for (auto [mode, arguments] : runner.test->root()["generate"].members()) {
    std::string text;
    json::write(arguments, text);
    const Values& want = runner.io.at("out.generate." + std::string(mode));
    for (size_t chunk : {size_t(0), runner.rows() * 3}) {
      SCOPED_TRACE(std::string(mode) + " " + text + ", pieces of " + std::to_string(chunk));
      session->crop(0);
      const Status s = session->begin(config(text), ids.data(), mask.data(), runner.rows(), runner.length(),
                                      {CacheType::F32, chunk, false});
      ASSERT_TRUE(s.ok()) << s.message();
      while (!session->finished()) ASSERT_TRUE(session->run(chunk ? 0 : 1e18, 0).ok());  // 0: a layer at a time
      const auto got = session->search()->sequences();
      ASSERT_EQ((Shape{int64_t(got.rows), int64_t(got.count)}), want.shape);
      EXPECT_EQ(got.values, want.ints);
    }
    ++modes;
  }
  EXPECT_GT(modes, 0u);
}

std::vector<std::string> withGenerate() {
  std::vector<std::string> all = lmCases();
  std::erase_if(all, [](const std::string& name) {
    return readFile(fixture("lm/" + name + "/case.json")).find("\"generate\"") == std::string::npos;
  });
  return all;
}
INSTANTIATE_TEST_SUITE_P(Models, SessionOf, ::testing::ValuesIn(withGenerate()), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

class LlamaSession : public SessionOf {
 protected:
  void SetUp() override { load("llama-lm"); }
  static constexpr const char* kTwelve = R"({"max_new_tokens": 12, "min_new_tokens": 12})";
};

TEST_F(LlamaSession, TheNextTurnGoesOnFromTheCache) {
  for (CacheType type : {CacheType::F32, CacheType::F16, CacheType::Q8}) {
    const std::vector<int32_t> first = fresh(kTwelve, ids, type);
    EXPECT_EQ(session->text().tokens(), first.size() - 1);
    std::vector<int32_t> next = first;
    for (int32_t id : {5, 6, 7}) next.push_back(id);
    ASSERT_TRUE(begin(kTwelve, next, {type}).ok());
    EXPECT_EQ(session->reusedTokens(), first.size() - 1);
    ASSERT_TRUE(session->run(1e18, 0).ok());
    const auto got = sequences();
    // Another turn: what differs from the third token on is run anew.
    std::vector<int32_t> other = ids;
    other[3] = (other[3] + 1) % 50;
    ASSERT_TRUE(begin(kTwelve, other, {type}).ok());
    EXPECT_EQ(session->reusedTokens(), 3u);
    ASSERT_TRUE(session->run(1e18, 0).ok());
    const auto third = sequences();
    // The same prompt once more: its last token is run for its scores.
    ASSERT_TRUE(begin(kTwelve, other, {type}).ok());
    EXPECT_EQ(session->reusedTokens(), other.size() - 1);
    ASSERT_TRUE(session->run(1e18, 0).ok());
    EXPECT_EQ(sequences(), third);
    EXPECT_EQ(fresh(kTwelve, other, type), third);
    EXPECT_EQ(fresh(kTwelve, next, type), got);
  }
}

TEST_F(LlamaSession, ATalkOutgrowsItsRoom) {
  const std::vector<int32_t> first = fresh(kTwelve, ids);
  const size_t room = runner.lm().cache().capacity();
  std::vector<int32_t> next = first;
  next.resize(room - 1, 9);
  ASSERT_TRUE(begin(kTwelve, next).ok());
  EXPECT_GT(runner.lm().cache().capacity(), room);
  EXPECT_EQ(session->reusedTokens(), first.size() - 1);
  ASSERT_TRUE(session->run(1e18, 0).ok());
  const auto got = sequences();
  EXPECT_EQ(fresh(kTwelve, next), got);
}

TEST_F(LlamaSession, OneOfManyRowsGoesOn) {
  const char* beams = R"({"max_new_tokens": 6, "num_beams": 4, "num_return_sequences": 4, "min_new_tokens": 6})";
  session->crop(0);
  ASSERT_TRUE(begin(beams, ids).ok());
  ASSERT_TRUE(session->run(1e18, 0).ok());
  const auto all = session->search()->sequences();
  for (size_t r = 0; r < all.rows; ++r) {
    std::vector<int32_t> next(all.values.begin() + ptrdiff_t(r * all.count),
                              all.values.begin() + ptrdiff_t((r + 1) * all.count));
    next.push_back(8);
    ASSERT_TRUE(begin(kTwelve, next).ok());
    EXPECT_GE(session->reusedTokens(), ids.size());
    ASSERT_TRUE(session->run(1e18, 0).ok());
    const auto got = sequences();
    EXPECT_EQ(fresh(kTwelve, next), got);
    ASSERT_TRUE(begin(beams, ids).ok());  // a row becomes four again
    EXPECT_EQ(session->reusedTokens(), ids.size() - 1);
    ASSERT_TRUE(session->run(1e18, 0).ok());
    EXPECT_EQ(sequences(), all.values);
  }
}

TEST_F(LlamaSession, BatchesGoOnToo) {
  std::vector<int32_t> two = ids;
  two.insert(two.end(), ids.rbegin(), ids.rend());
  std::vector<uint8_t> padded(two.size(), 1);
  padded[ids.size()] = 0;
  const auto run = [&](size_t reused) {
    EXPECT_TRUE(session->begin(config(kTwelve), two.data(), padded.data(), 2, ids.size(), {CacheType::F32}).ok());
    EXPECT_EQ(session->reusedTokens(), reused);
    EXPECT_TRUE(session->run(1e18, 0).ok());
    return sequences();
  };
  const auto got = run(0);
  EXPECT_EQ(run(ids.size() - 1), got);
  padded[ids.size()] = 1;  // no padding is another text
  run(0);
}

// Keys and values as f32, whatever their type: head by head, without the room behind the text.
TEST(KvCache, IsReadAsFloats) {
  for (kernels::CacheType type : {kernels::CacheType::F32, kernels::CacheType::F16, kernels::CacheType::Q8}) {
    nn::KvCache cache;
    cache.shape(2, 2, 4);
    float none = 0;
    cache.read(0, false, &none);  // an empty cache writes nothing
    ASSERT_TRUE(cache.reserve(3, 8, type).ok());
    int32_t positions[10];
    cache.prepare(nullptr, 2, 5, positions);
    cache.commit(2, 5);
    const kernels::KvLayerView v = cache.layer(1);
    const auto numberOf = [](size_t r, size_t h, size_t s, size_t i) { return float(r * 60 + h * 30 + s * 5 + i); };
    for (size_t at = 0; at < 2 * 2 * 5 * 4; ++at) {
      const size_t i = at % 4, s = at / 4 % 5, h = at / 20 % 2, r = at / 40, row = v.row(r, h, s);
      const float x = numberOf(r, h, s, i);
      if (type == kernels::CacheType::F32) static_cast<float*>(v.values)[row * 4 + i] = x;
      if (type == kernels::CacheType::F16) static_cast<uint16_t*>(v.values)[row * 4 + i] = kernels::toHalf(x);
      if (type == kernels::CacheType::Q8)
        static_cast<int8_t*>(v.values)[row * 4 + i] = int8_t(x), v.valueScales[row] = float(r + 1);
    }
    EXPECT_EQ(cache.seenFrom(1), 0u);
    std::vector<float> got(2 * 2 * 5 * 4, -1);
    cache.read(1, true, got.data());
    for (size_t at = 0; at < got.size(); ++at) {
      const size_t i = at % 4, s = at / 4 % 5, h = at / 20 % 2, r = at / 40;
      EXPECT_EQ(got[at], numberOf(r, h, s, i) * (type == kernels::CacheType::Q8 ? float(r + 1) : 1)) << at;
    }
  }
}

TEST_F(LlamaSession, SavedAndRestored) {
  for (CacheType type : {CacheType::F32, CacheType::F16, CacheType::Q8}) {
    const auto first = fresh(kTwelve, ids, type);
    auto saved = session->save(77);
    ASSERT_TRUE(saved.ok()) << saved.status().message();
    std::vector<int32_t> next = first;
    next.push_back(4);
    ASSERT_TRUE(begin(kTwelve, next, {type}).ok());
    ASSERT_TRUE(session->run(1e18, 0).ok());
    const auto want = sequences();
    fresh(kTwelve, {3, 1, 2}, type);
    const Status s = session->restore(saved->data(), saved->size(), 77);
    ASSERT_TRUE(s.ok()) << s.message();
    EXPECT_EQ(session->text().tokens(), first.size() - 1);
    ASSERT_TRUE(begin(kTwelve, next, {type}).ok());
    EXPECT_EQ(session->reusedTokens(), first.size() - 1);
    ASSERT_TRUE(session->run(1e18, 0).ok());
    EXPECT_EQ(sequences(), want);

    // Any damage is refused, and the next call works.
    std::vector<std::byte> bytes(saved->data(), saved->data() + saved->size());
    EXPECT_EQ(session->restore(bytes.data(), bytes.size(), 78).code(), "bad_cache");
    for (size_t size : {size_t(0), size_t(8), size_t(64), bytes.size() - 8, bytes.size() - 1}) {
      EXPECT_EQ(session->restore(bytes.data(), size, 77).code(), "bad_cache") << size;
    }
    for (size_t at = 0; at < bytes.size(); at += at < 80 ? 1 : 97) {
      bytes[at] ^= std::byte(0x41);
      EXPECT_EQ(session->restore(bytes.data(), bytes.size(), 77).code(), "bad_cache") << at;
      bytes[at] ^= std::byte(0x41);
    }
    EXPECT_TRUE(session->restore(bytes.data(), bytes.size(), 77).ok());
  }
  session->crop(0);
  EXPECT_EQ(session->save(77).status().code(), "empty_cache");
}

// A session that never ran takes a saved cache.
TEST_F(LlamaSession, RestoredAtTheStart) {
  const auto first = fresh(kTwelve, ids);
  auto saved = session->save(1);
  ASSERT_TRUE(saved.ok());
  LmRunner other;
  ASSERT_TRUE(other.loadCase("llama-lm", kernels::Format::F32).ok());
  Session later(other.lm(), *other.kernels, other.arena, other.outputs);
  ASSERT_TRUE(later.restore(saved->data(), saved->size(), 1).ok());
  ASSERT_TRUE(later.begin(config(kTwelve), first.data(), nullptr, 1, first.size(), {CacheType::F32}).ok());
  EXPECT_EQ(later.reusedTokens(), first.size() - 1);
  ASSERT_TRUE(later.run(1e18, 0).ok());
  const auto got = later.search()->sequences().values;
  EXPECT_EQ(fresh(kTwelve, first), got);
}

TEST_F(LlamaSession, CroppedAndLeftInTheMiddle) {
  const auto want = fresh(kTwelve, ids);
  session->crop(4);
  EXPECT_EQ(session->text().tokens(), 4u);
  ASSERT_TRUE(begin(kTwelve, ids, {CacheType::F32, 2}).ok());
  EXPECT_EQ(session->reusedTokens(), 4u);
  // Abandoned in the middle of a layer's pass, then begun again.
  ASSERT_TRUE(session->run(0, 0).ok());
  ASSERT_FALSE(session->finished());
  ASSERT_TRUE(begin(kTwelve, ids).ok());
  ASSERT_TRUE(session->run(1e18, 0).ok());
  EXPECT_EQ(sequences(), want);
}

// Keys of a text beyond changesBeyond() are rotated for its length: cropped, they serve no shorter text.
class RotatedSession : public SessionOf {};

TEST_P(RotatedSession, CroppedWhereRotationsDependOnTheLength) {
  load(GetParam());
  const size_t limit = runner.lm().changesBeyond();
  ASSERT_GT(limit, 4u);
  const std::vector<int32_t> prompt(ids.begin(), ids.begin() + long(std::min(limit, ids.size()) - 2));
  const auto want = fresh(R"({"max_new_tokens": 1, "min_new_tokens": 1})", prompt);
  session->crop(4);
  EXPECT_EQ(session->text().tokens(), 4u) << "the text was short";
  const std::string past = std::to_string(limit - prompt.size() + 4);
  fresh("{\"max_new_tokens\": " + past + ", \"min_new_tokens\": " + past + "}", prompt);
  ASSERT_GT(session->text().tokens(), limit);
  session->crop(4);
  EXPECT_EQ(session->text().tokens(), 0u);
  ASSERT_TRUE(begin(R"({"max_new_tokens": 1, "min_new_tokens": 1})", prompt).ok());
  EXPECT_EQ(session->reusedTokens(), 0u);
  ASSERT_TRUE(session->run(1e18, 0).ok());
  EXPECT_EQ(sequences(), want);
}
INSTANTIATE_TEST_SUITE_P(Across, RotatedSession,
                         ::testing::Values("llama-dynamic-across-lm", "phi3-longrope-across-lm"));

// A forward pass between two slices takes the arena and the model's places; the generation does its own pass again.
TEST_F(LlamaSession, AForwardPassComesBetween) {
  const auto want = fresh(kTwelve, ids);
  session->crop(0);
  ASSERT_TRUE(begin(kTwelve, ids, {CacheType::F32, 3}).ok());
  runner.set("input_ids", {2, 3}, {7, 8, 9, 4, 3, 2});
  for (size_t i = 0; !session->finished(); ++i) {
    ASSERT_TRUE(session->run(0, 0).ok());
    if (i % 11 != 2) continue;
    session->interrupt();
    ASSERT_TRUE(runner.run().ok());
  }
  EXPECT_EQ(sequences(), want);
}

// A search that was parked while others ran gives the same text.
TEST_F(LlamaSession, ParkedAndResumed) {
  const std::string more = R"(, "max_new_tokens": 9, "pad_token_id": 0, "eos_token_id": [2, 33, 7]})";
  std::vector<int32_t> two = ids;
  two.insert(two.end(), ids.rbegin(), ids.rend());
  std::vector<uint8_t> padded(two.size(), 1);
  padded[ids.size()] = 0;
  for (const std::string options :
       {R"({"num_beams": 1)", R"({"do_sample": true, "seed": 3, "num_return_sequences": 2)", R"({"num_beams": 3)"}) {
    const auto start = [&] {
      EXPECT_TRUE(
          session->begin(config(options + more), two.data(), padded.data(), 2, ids.size(), {CacheType::F32}).ok());
    };
    session->crop(0);
    start();
    ASSERT_TRUE(session->run(1e18, 0).ok());
    const auto want = sequences();
    for (size_t steps : {size_t(0), size_t(1), size_t(2), size_t(5), size_t(100)}) {
      session->crop(0);
      start();
      if (steps) {
        ASSERT_TRUE(session->run(1e18, steps).ok());
      }
      ASSERT_TRUE(session->run(0, 0).ok());  // in the middle of a pass
      auto parked = session->park();
      EXPECT_TRUE(session->finished());
      if (steps != 2) fresh(kTwelve, {4, 4, 8}, steps == 5 ? CacheType::F16 : CacheType::F32);
      const Status s = session->resume(std::move(parked));
      ASSERT_TRUE(s.ok()) << s.message();
      ASSERT_TRUE(session->run(1e18, 0).ok());
      EXPECT_EQ(sequences(), want) << options << steps;
    }
  }
  EXPECT_EQ(session->resume({}).code(), "no_generation");
}

TEST_F(LlamaSession, TokensComeInTheSlicesAskedFor) {
  const auto want = fresh(kTwelve, ids);
  session->crop(0);
  ASSERT_TRUE(begin(kTwelve, ids).ok());
  std::vector<int32_t> got = ids;
  while (!session->finished()) {
    ASSERT_TRUE(session->run(1e18, 5).ok());
    const auto fresh = session->search()->takeTokens();
    EXPECT_EQ(fresh.count, got.size() + 5 > want.size() ? 2u : 5u);
    got.insert(got.end(), fresh.values.begin(), fresh.values.end());
  }
  EXPECT_EQ(got, want);
}

TEST_F(LlamaSession, PausesAtTheScores) {
  session->crop(0);
  EXPECT_EQ(session->scores(), nullptr);
  ASSERT_TRUE(begin(kTwelve, ids, {CacheType::F32, 0, true}).ok());
  EXPECT_EQ(session->acceptScores().code(), "no_scores");
  for (int32_t id : {11, 12, 13}) {
    ASSERT_TRUE(session->run(1e18, 0).ok());
    ASSERT_NE(session->scores(), nullptr);
    EXPECT_EQ(session->scoreRows(), 1u);
    ASSERT_TRUE(session->run(1e18, 0).ok());  // nothing happens before they are accepted
    session->scores()[id] = 1e6f;
    ASSERT_TRUE(session->acceptScores().ok());
    EXPECT_EQ(session->search()->takeTokens().values, std::vector<int32_t>{id});
  }
}

// With penalties and more sequences than prompts: a row for each sequence, after the penalties, ended rows too.
TEST_F(LlamaSession, PausesWithARowForEachSequence) {
  for (const std::string options :
       {R"("do_sample": true, "seed": 4, "num_return_sequences": 3)", R"("num_beams": 3)"}) {
    const std::string all =
        "{" + options + R"(, "max_new_tokens": 6, "repetition_penalty": 1.3, "eos_token_id": [2, 5, 9, 17, 33]})";
    const auto want = fresh(all, ids);
    session->crop(0);
    ASSERT_TRUE(begin(all, ids, {CacheType::F32, 0, true}).ok());
    while (!session->finished()) {
      ASSERT_TRUE(session->run(1e18, 0).ok());
      EXPECT_EQ(session->scoreRows(), 3u);
      ASSERT_TRUE(session->acceptScores().ok());
    }
    EXPECT_EQ(sequences(), want) << all;
  }
}

// What ends a batch's row shrinks the batch, and changes nothing in the other rows.
TEST_F(LlamaSession, RowsThatEndLeaveTheBatch) {
  std::vector<int32_t> many;
  for (int32_t r = 0; r < 5; ++r) {
    for (int32_t id : ids) many.push_back((id + 3 * r) % 50 + 1);
  }
  const auto run = [&](const std::string& more) {
    session->crop(0);
    EXPECT_TRUE(session
                    ->begin(config(R"({"max_new_tokens": 24, "pad_token_id": 0, "logprobs": 3, )" + more), many.data(),
                            nullptr, 5, ids.size(), {CacheType::F32})
                    .ok());
  };
  run(R"("eos_token_id": null})");
  ASSERT_TRUE(session->run(1e18, 0).ok());
  const auto whole = session->search()->sequences();
  const auto logprobs = session->search()->logprobs();
  run(R"("eos_token_id": null})");
  const size_t ends[] = {3, 20, 1, 9, 24};  // stopped after so many tokens
  std::set<size_t> rows;
  for (size_t step = 1; !session->finished(); ++step) {
    ASSERT_TRUE(session->run(1e18, 1).ok());
    rows.insert(session->text().rows());
    for (size_t r = 0; r < 5; ++r) {
      if (ends[r] == step) session->search()->stopRow(r, generate::Ending::Stop);
    }
  }
  EXPECT_EQ(rows, (std::set<size_t>{1, 2, 3, 4, 5}));
  const auto got = session->search()->sequences();
  const auto& scores = session->search()->logprobs();
  for (size_t r = 0; r < 5; ++r) {
    for (size_t i = 0; i < ids.size() + 24; ++i) {
      EXPECT_EQ(got.values[r * got.count + i], i < ids.size() + ends[r] ? whole.values[r * whole.count + i] : 0)
          << r << " " << i;
    }
    for (size_t step = 0; step < ends[r]; ++step)
      EXPECT_NEAR(scores.picked[step * 5 + r], logprobs.picked[step * 5 + r], 2e-5) << r << " " << step;
  }
}

TEST_F(LlamaSession, WhatIsWrongLeavesTheNextCallWorking) {
  const auto want = fresh(kTwelve, ids);
  EXPECT_EQ(begin(kTwelve, {1, 2, int32_t(runner.lm().vocabulary())}).code(), "token_out_of_range");
  EXPECT_TRUE(session->finished());
  EXPECT_TRUE(session->run(1e18, 0).ok());  // there is nothing to run
  ASSERT_TRUE(begin(R"({"suppress_tokens": [1], "max_new_tokens": 4})", ids, {CacheType::F32, 0, true}).ok());
  ASSERT_TRUE(session->run(1e18, 0).ok());
  session->scores()[0] = NAN;
  EXPECT_EQ(session->acceptScores().code(), "not_a_number");
  EXPECT_TRUE(session->finished());
  ASSERT_TRUE(begin(kTwelve, ids).ok());
  ASSERT_TRUE(session->run(1e18, 0).ok());
  EXPECT_EQ(sequences(), want);
}

/// Layers with a window of a few tokens, beside others that see all.
class WindowSession : public SessionOf {
 protected:
  static constexpr const char* kMany = R"({"max_new_tokens": 30, "min_new_tokens": 30})";
  static constexpr SessionOptions kSmall{CacheType::F32, 2};  // passes of two tokens, so that little is kept
  std::vector<int32_t> write(const std::vector<int32_t>& prompt, size_t reused, const SessionOptions& o = kSmall) {
    const Status s = begin(kMany, prompt, o);
    EXPECT_TRUE(s.ok()) << s.message();
    EXPECT_EQ(session->reusedTokens(), reused);
    EXPECT_TRUE(session->run(1e18, 0).ok());
    return sequences();
  }
};

TEST_P(WindowSession, KeepsTheWindowOnly) {
  load(GetParam());
  if (HasFatalFailure()) return;
  // Without windows: a cache that keeps all, token by token, greedily.
  ASSERT_TRUE(runner.lm().reserve(1, ids.size() + 40, CacheType::F32).ok());
  std::vector<std::vector<float>> logits;
  std::vector<int32_t> want = ids, next = ids;
  for (size_t i = 0; i < 30; ++i) {
    ASSERT_TRUE(runner.feed(next, {}, 1, logits).ok());
    const int32_t eos = config("{}").eos.empty() ? -1 : config("{}").eos[0];
    if (eos >= 0) logits[0][size_t(eos)] = -1e9f;
    next = {int32_t(std::max_element(logits[0].begin(), logits[0].end()) - logits[0].begin())};
    want.push_back(next[0]);
  }
  session->crop(0);
  EXPECT_EQ(write(ids, 0), want);
  nn::KvCache& cache = runner.lm().cache();
  size_t small = 0, whole = 0;
  double bytes = double(cache.capacity());
  for (size_t i = 0; i + 1 < runner.lm().steps(); ++i) {
    (cache.layer(i).capacity < cache.capacity() / 2 ? small : whole) += 1;
    bytes += 2 * double(cache.layer(i).bytes());
  }
  EXPECT_GT(small, 0u);
  EXPECT_EQ(bytes, runner.lm().cacheBytes(1, cache.capacity(), CacheType::F32, 2));
  EXPECT_LT(bytes, double(cache.capacity() * runner.lm().cacheBytesPerToken(CacheType::F32)));

  // The next call reuses the cache; it can be cropped by a few tokens, by more it begins anew.
  std::vector<int32_t> more = want;
  more.push_back(5);
  const auto second = write(more, want.size() - 1);
  std::vector<int32_t> back(second.begin(), second.end() - 1);
  back.back() = (back.back() + 1) % 40 + 4;
  const auto third = write(back, back.size() - 1);
  std::vector<int32_t> far(second.begin(), second.begin() + 9);
  const auto fourth = write(far, 0);
  session->crop(0);
  EXPECT_EQ(write(more, 0), second);
  session->crop(0);
  EXPECT_EQ(write(back, 0), third);
  session->crop(0);
  EXPECT_EQ(write(far, 0), fourth);

  // Cropped as far as that can be; saved, restored, moved to a larger room.
  session->crop(5);
  EXPECT_EQ(session->text().tokens(), 0u);
  for (CacheType type : {CacheType::F32, CacheType::F16, CacheType::Q8}) {
    session->crop(0);
    const auto one = write(ids, 0, {type, 2});
    auto saved = session->save(3);
    ASSERT_TRUE(saved.ok());
    const auto two = write(one, one.size() - 1, {type, 2});
    session->crop(0);
    write({3, 4}, 0, {type, 2});
    const Status s = session->restore(saved->data(), saved->size(), 3);
    ASSERT_TRUE(s.ok()) << s.message();
    EXPECT_EQ(write(one, one.size() - 1, {type, 2}), two);
  }

  // Beams change places; the search is parked in between.
  const std::string beams = R"({"max_new_tokens": 20, "num_beams": 3, "num_return_sequences": 3})";
  session->crop(0);
  ASSERT_TRUE(begin(beams, ids, {CacheType::F32, 256}).ok());
  ASSERT_TRUE(session->run(1e18, 0).ok());
  const auto best = sequences();
  session->crop(0);
  ASSERT_TRUE(begin(beams, ids, {CacheType::F32, 3}).ok());
  ASSERT_TRUE(session->run(1e18, 12).ok());
  auto parked = session->park();
  ASSERT_TRUE(session->resume(std::move(parked)).ok());
  ASSERT_TRUE(session->run(1e18, 0).ok());
  EXPECT_EQ(sequences(), best);
}
INSTANTIATE_TEST_SUITE_P(Windows, WindowSession,
                         ::testing::Values("mistral-window-lm", "gemma3-lm", "gemma2-lm", "qwen2-window-lm"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// A page breathes after every long layer, however short what came before it was. By this clock nothing takes time but
// products.
double productsTime = 0;
TEST_F(LlamaSession, LooksAtTheClockAfterEveryLongLayer) {
  kernels::Table slow = *runner.kernels;
  slow.linear = [](Arena& arena, kernels::Rows& x, const kernels::Matrix& w, const kernels::Epilogue& e, float* y,
                   size_t stride) {
    productsTime += 5;
    kernels::fast().linear(arena, x, w, e, y, stride);
  };
  session.emplace(runner.lm(), slow, runner.arena, runner.outputs, [] { return productsTime; });
  ASSERT_GT(runner.lm().steps(), 2u);  // two layers and the head
  ASSERT_TRUE(begin(R"({"max_new_tokens": 8})", ids, {CacheType::F32, 3}).ok());
  constexpr double kLayer = 7 * 5;  // queries, keys, values, what comes out; gate, up, down
  while (!session->finished()) {
    const double before = productsTime;
    ASSERT_TRUE(session->run(8, 0).ok());
    ASSERT_LE(productsTime - before, 8 + kLayer);
  }
  ASSERT_GT(productsTime, 10 * kLayer);
}

TEST_F(LlamaSession, SaysWhatTheCacheTakes) {
  fresh(kTwelve, ids, CacheType::F16);
  const double f16 = session->bytesNeeded(1, 1000, CacheType::F16), f32 = session->bytesNeeded(1, 1000, CacheType::F32),
               q8 = session->bytesNeeded(1, 1000, CacheType::Q8);
  EXPECT_NEAR(f32 / f16, 2, 0.01);
  EXPECT_LT(q8, f16);
  EXPECT_EQ(session->bytesNeeded(3, 1000, CacheType::F16), 3 * f16);
}

}  // namespace
}  // namespace wasmformers::testing
