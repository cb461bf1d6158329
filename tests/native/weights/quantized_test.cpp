// Checkpoints that come quantized (tests/fixtures/quantized) against PyTorch with the weights dequantized in fp32: each
// weight within 1e-6, logits within 1e-4 × max(1, max|expected|), the ids of greedy generation.
#include <algorithm>
#include <cmath>

#include "quantized_case.h"

namespace wasmformers::testing::quantized {
namespace {

std::string identifier(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

TEST(QuantizedFixtures, AreThere) { EXPECT_GE(folders("quantized").size(), 22u); }

class Quantized : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<LmRunner> held = std::make_unique<LmRunner>();
  float biggest = 1;
  size_t vocabulary = 0;

  void load(Format format) {
    LmRunner& runner = *held;
    const Status s = runner.loadCase(folderOf(GetParam()), format);
    ASSERT_TRUE(s.ok()) << s.message();
    const Values& logits = runner.io.at("out.logits");
    vocabulary = size_t(logits.shape[2]);
    for (float v : logits.floats) biggest = std::max(biggest, std::fabs(v));
  }
  /// The largest difference from the expected logits, at real tokens, as a part of the largest expected one.
  float worst() {
    LmRunner& runner = *held;
    runner.inputs.clear();
    for (const auto& [name, v] : runner.io) {
      if (name.starts_with("in.")) runner.set(name.substr(3), v.shape, v.ints);
    }
    const Status s = runner.run();
    EXPECT_TRUE(s.ok()) << s.message();
    if (!s.ok()) return INFINITY;
    const Values &want = runner.io.at("out.logits"), &mask = runner.io.at("in.attention_mask");
    float most = 0;
    for (size_t i = 0; i < want.floats.size(); ++i) {
      if (!mask.ints[i / vocabulary]) continue;
      EXPECT_FALSE(std::isnan(runner.outputs[0].data[i]));
      most = std::max(most, std::fabs(runner.outputs[0].data[i] - want.floats[i]));
    }
    return most / biggest;
  }
};

TEST_P(Quantized, WeightsAreWhatTheFileMeans) {
  std::map<std::string, std::vector<float>> got;
  const Status s = dequantize(GetParam(), fileOf(GetParam()), got);
  ASSERT_TRUE(s.ok()) << s.message();
  ASSERT_FALSE(got.empty());
  for (const auto& [name, values] : got) {
    Values want = readTensors(fixture(folderOf(GetParam()) + "/io.safetensors")).at("out.dequantized." + name);
    ASSERT_EQ(values.size(), want.floats.size()) << name;
    if (want.shape.size() == 3) {  // gpt-oss computes x·W, and transformers turns each expert's matrix round
      const size_t rows = size_t(want.shape[1]), columns = size_t(want.shape[2]);
      const std::vector<float> stored = want.floats;
      for (size_t i = 0; i < stored.size(); ++i) {
        const size_t matrix = i / (rows * columns), r = i / columns % rows, c = i % columns;
        want.floats[(matrix * columns + c) * rows + r] = stored[i];
      }
    }
    size_t wrong = 0;
    for (size_t i = 0; i < values.size(); ++i)
      wrong += !(std::fabs(values[i] - want.floats[i]) <= 1e-6f * std::fabs(want.floats[i]));
    EXPECT_EQ(wrong, 0u) << name;
  }
}
INSTANTIATE_TEST_SUITE_P(All, Quantized, ::testing::ValuesIn(folders("quantized")),
                         [](const auto& test) { return identifier(test.param); });

class QuantizedDecoder : public Quantized {};

TEST_P(QuantizedDecoder, LogitsAndTextsArePyTorchs) {
  load(Format::F32);
  if (HasFatalFailure()) return;
  EXPECT_LE(worst(), 1e-4f);
  LmRunner& runner = *held;

  const Values& want = runner.io.at("out.generate.greedy");  // of the first row
  const auto& mask = runner.io.at("in.attention_mask").ints;
  ASSERT_EQ(std::count(mask.begin(), mask.begin() + long(runner.length()), 1), long(runner.length()));
  ASSERT_TRUE(runner.lm().reserve(1, size_t(want.shape[1]), kernels::CacheType::F32).ok());
  std::vector<int32_t> next(want.ints.begin(), want.ints.begin() + long(runner.length()));
  const auto end =
      json::Document::parse(configOf(GetParam()), "", ErrorClass::Config)->root()["eos_token_id"].asInt(-1);
  for (size_t t = runner.length(); t < size_t(want.shape[1]); ++t) {
    std::vector<std::vector<float>> logits;
    const Status s = runner.feed(next, {}, 1, logits);
    ASSERT_TRUE(s.ok()) << s.message();
    if (end >= 0 && size_t(end) < vocabulary) logits[0][size_t(end)] = -INFINITY;  // min_new_tokens
    next = {int32_t(std::max_element(logits[0].begin(), logits[0].end()) - logits[0].begin())};
    ASSERT_EQ(next[0], want.ints[t]) << "token " << t;
  }
}

// What packing the decoded floats costs, activations in 8 bits included: up to 0.1 in q8. (These weights are random,
// with 128 columns, and the scores nearly equal: q4 loses 0.3 to 0.6.)
TEST_P(QuantizedDecoder, PackedAgainLosesLittle) {
  for (const auto& [format, most] : {std::pair(Format::F16, 2e-3f), std::pair(Format::Q8, 0.15f)}) {
    held = std::make_unique<LmRunner>();
    load(format);
    if (HasFatalFailure()) return;
    EXPECT_LE(worst(), most);
  }
}
INSTANTIATE_TEST_SUITE_P(All, QuantizedDecoder, ::testing::ValuesIn(decoderCases()),
                         [](const auto& test) { return identifier(test.param); });

}  // namespace
}  // namespace wasmformers::testing::quantized
