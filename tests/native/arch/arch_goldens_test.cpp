// Every checkpoint of tests/fixtures/models against PyTorch's outputs: within 1e-4 × max(1, max|expected|) in f32, and
// close in direction in 8 bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "declared.h"
#include "json/json.h"

namespace wasmformers::testing {
namespace {

class Golden : public ::testing::TestWithParam<std::string> {
 protected:
  void load(kernels::Format format) {
    const std::string folder = fixture("models/" + GetParam());
    auto parsed = json::Document::parse(readFile(folder + "/case.json"), "case.json", ErrorClass::Config);
    ASSERT_TRUE(parsed.ok());
    const Status s = runner.load(readFile(folder + "/config.json"), std::string(parsed->root()["cls"].asString()),
                                 format, readFile(folder + "/model.safetensors"));
    ASSERT_TRUE(s.ok()) << s.message();
    io = readTensors(folder + "/io.safetensors");
    for (const auto& [name, v] : io) {
      if (name.starts_with("in.")) runner.set(name.substr(3), v.shape, v.ints);
    }
  }

  // At hidden positions implementations may differ.
  bool hidden(const Shape& shape, size_t index) const {
    const auto mask = io.find("in.attention_mask");
    if (mask == io.end() || shape.size() < 2 || mask->second.shape[1] != shape[1]) return false;
    size_t inner = 1;
    for (size_t i = 2; i < shape.size(); ++i) inner *= size_t(shape[i]);
    return mask->second.shape.size() == 2 && mask->second.ints[index / inner] == 0;
  }

  Runner runner;
  std::map<std::string, Values> io;
};

TEST_P(Golden, MatchesPyTorch) {
  load(kernels::Format::F32);
  if (HasFatalFailure()) return;
  for (int round = 0; round < 2; ++round) {  // the second pass reuses the arena
    const Status s = runner.run();
    ASSERT_TRUE(s.ok()) << s.message();
    size_t compared = 0;
    for (const auto& [name, want] : io) {
      if (!name.starts_with("out.")) continue;
      const auto got = std::find_if(runner.outputs.begin(), runner.outputs.end(),
                                    [&](const auto& o) { return o.name == name.substr(4); });
      ASSERT_NE(got, runner.outputs.end()) << name << " is missing";
      ASSERT_EQ(got->shape, want.shape) << name;
      float biggest = 1, worst = 0;
      for (float v : want.floats) biggest = std::max(biggest, std::fabs(v));
      for (size_t i = 0; i < want.floats.size(); ++i) {
        if (hidden(want.shape, i)) continue;
        worst = std::max(worst, std::fabs(got->data[i] - want.floats[i]));
        ASSERT_FALSE(std::isnan(got->data[i])) << name << "[" << i << "]";
      }
      EXPECT_LE(worst, 1e-4f * biggest) << name << ", largest expected " << biggest;
      ++compared;
    }
    expectAsDeclared(runner);
    EXPECT_EQ(compared, runner.outputs.size());
    EXPECT_GT(compared, 0u);
  }
}

TEST_P(Golden, EightBitsPointTheSameWay) {
  load(kernels::Format::Q8);
  if (HasFatalFailure()) return;
  const Status s = runner.run();
  ASSERT_TRUE(s.ok()) << s.message();
  for (const auto& o : runner.outputs) {
    const Values& want = io.at("out." + std::string(o.name));
    double dot = 0, a = 0, b = 0;
    for (size_t i = 0; i < want.floats.size(); ++i) {
      if (hidden(want.shape, i)) continue;
      dot += double(o.data[i]) * want.floats[i];
      a += double(o.data[i]) * o.data[i];
      b += double(want.floats[i]) * want.floats[i];
    }
    // The worst of the fixtures has 0.998.
    EXPECT_GT(dot / std::sqrt(a * b), 0.99) << o.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Golden, ::testing::ValuesIn(folders("models")), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(Goldens, OfEveryFamily) {
  std::set<std::string> types;
  for (const std::string& name : folders("models")) {
    auto config = json::Document::parse(readFile(fixture("models/" + name + "/config.json")), "", ErrorClass::Config);
    ASSERT_TRUE(config.ok());
    types.emplace(config->root()["model_type"].asString());
  }
  for (const arch::Family& f : arch::encoderFamilies())
    EXPECT_TRUE(types.count(std::string(f.modelType))) << f.modelType;
  EXPECT_GE(arch::encoderFamilies().size(), 10u);
}

}  // namespace
}  // namespace wasmformers::testing
