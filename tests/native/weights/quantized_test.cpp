// Checkpoints that come quantized (tests/fixtures/quantized) against PyTorch with the weights dequantized in fp32: each
// weight within 1e-6, logits within 1e-4 × max(1, max|expected|), the ids of greedy generation. And the joint itself:
// shards that part a matrix, weights that models store in another order, integers as a packed form may take them.
#include <algorithm>
#include <cmath>

#include "arch/lm_runner.h"
#include "nn/fused_projection.h"
#include "tensors_file.h"
#include "weights/quantized/assembly.h"
#include "weights/quantized/quantized.h"

namespace wasmformers::testing {
namespace {

using kernels::Format;
using weights::Weights;

std::string identifier(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string folderOf(const std::string& name) { return "quantized/" + name; }
std::string configOf(const std::string& name) { return readFile(fixture(folderOf(name) + "/config.json")); }
std::string fileOf(const std::string& name) { return readFile(fixture(folderOf(name) + "/model.safetensors")); }

std::vector<std::string> decoderCases() {
  std::vector<std::string> names = folders("quantized");
  std::erase(names, "gpt-oss-mxfp4");  // its family is not here
  return names;
}

/// The matrices that the file's io.safetensors dequantizes, by name, as this reader gives them.
Status dequantize(const std::string& name, const std::string& file, std::map<std::string, std::vector<float>>& into) {
  WF_ASSIGN(json::Document config, json::Document::parse(configOf(name), "config.json", ErrorClass::Config));
  Weights weights;
  constexpr std::string_view kPrefix = "out.dequantized.";
  for (const auto& [key, value] : readTensors(fixture(folderOf(name) + "/io.safetensors"))) {
    if (!key.starts_with(kPrefix)) continue;
    const std::string tensor = key.substr(kPrefix.size());
    std::vector<float>& rows = into[tensor];
    weights.tensor(
        tensor, value.shape, 0,
        [&rows](const TensorView& view, size_t) -> Status {
          EXPECT_EQ(view.dtype, DType::F32);
          const auto* from = static_cast<const float*>(view.data);
          rows.insert(rows.end(), from, from + elementCount(view.shape));
          return {};
        },
        weights::Need::Required, 8);
  }
  WF_ASSIGN(auto parts, weights::quantized::open(config.root(), weights));
  weights::Loader loader(weights, std::move(parts));
  loader.beginFile("model.safetensors");
  WF_TRY(feed(loader, file));
  WF_TRY(loader.endFile());
  return loader.finish();
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

// --- the joint

/// Two safetensors files: the tensors for which `second` is true go into the second.
template <class Second>
std::vector<std::string> parted(const std::string& file, Second second) {
  const Tensors all(file);
  Tensors a = all, b = all;
  for (const auto& [name, t] : all.all) (second(name) ? a : b).all.erase(name);
  return {a.file(), b.file()};
}

/// Loads files and gives the logits of a short text.
Status logitsOf(const std::string& config, const std::vector<std::string>& files, std::vector<float>& logits,
                Format format = Format::F32) {
  LmRunner runner;
  auto parsed = json::Document::parse(config, "config.json", ErrorClass::Config);
  WF_TRY(runner.loadShards(config, std::string(parsed->root()["architectures"].at(0).asString()), format, files));
  runner.set("input_ids", {1, 4}, {4, 5, 6, 7});
  WF_TRY(runner.run());
  logits.assign(runner.outputs[0].data, runner.outputs[0].data + elementCount(runner.outputs[0].shape));
  return {};
}

TEST(QuantizedParts, OfOneMatrixMayLieInSeveralFilesInAnyOrder) {
  for (const std::string& name : decoderCases()) {
    SCOPED_TRACE(name);
    const std::string config = configOf(name), file = fileOf(name);
    std::vector<float> want, got;
    ASSERT_TRUE(logitsOf(config, {file}, want).ok());
    // Scales apart from integers, in both orders; by halves of the names, so that optional parts lie apart as well.
    const auto scales = parted(file, [](const std::string& n) {
      return n.find("scale") != n.npos || n.find("absmax") != n.npos || n.ends_with("SCB");
    });
    const auto letters = parted(file, [](const std::string& n) { return n.back() % 2 == 0; });
    for (auto files : {scales, letters}) {
      for (int turn = 0; turn < 2; ++turn) {
        const Status s = logitsOf(config, files, got);
        ASSERT_TRUE(s.ok()) << s.message();
        EXPECT_EQ(got, want);
        std::swap(files[0], files[1]);
      }
    }
  }
}

TEST(QuantizedParts, MatricesThatWereNotConvertedLoadAsEver) {
  // Two matrices in floats, as modules_to_not_convert leaves them.
  for (const char* name : {"gptq-4bit-g32-desc", "bnb-nf4", "ct-w8a16-channel", "fp8-block128"}) {
    SCOPED_TRACE(name);
    std::map<std::string, std::vector<float>> floats;
    ASSERT_TRUE(dequantize(name, fileOf(name), floats).ok());
    Tensors tensors(fileOf(name));
    const std::string matrix = "model.layers.0.self_attn.k_proj.";
    std::erase_if(tensors.all, [&](const auto& t) { return t.first.starts_with(matrix); });
    const std::vector<float>& values = floats.at(matrix + "weight");
    tensors.all[matrix + "weight"] = {
        "F32", {64, 128}, std::string(reinterpret_cast<const char*>(values.data()), values.size() * 4)};
    std::vector<float> want, got;
    ASSERT_TRUE(logitsOf(configOf(name), {fileOf(name)}, want).ok());
    const Status s = logitsOf(configOf(name), {tensors.file()}, got);
    ASSERT_TRUE(s.ok()) << s.message();
    EXPECT_EQ(got, want);
  }
}

TEST(QuantizedParts, GptqOfAnyBits) {
  // 3, 5, 6 and 7 bits: numbers go on from one word to the next. Zeros are stored less one; 0 is the largest number.
  constexpr size_t n = 24, k = 96, group = 32;
  for (size_t bits = 2; bits <= 8; ++bits) {
    SCOPED_TRACE(bits);
    const size_t top = size_t(1) << bits;
    std::vector<float> want(n * k);
    std::string words(k * bits / 32 * n * 4, '\0'), zeros(3 * ((n * bits + 31) / 32) * 4, '\0'), scales;
    const auto put = [bits](std::string& into, size_t word, size_t step, size_t i, uint64_t value) {
      for (size_t b = 0; b < bits; ++b) {
        const size_t at = i * bits + b, byte = (word + at / 32 * step) * 4 + at % 32 / 8;
        into[byte] = char(into[byte] | char((value >> b & 1) << at % 8));
      }
    };
    for (size_t g = 0; g < 3; ++g) {
      for (size_t r = 0; r < n; ++r) {
        const float scale = float(1 + r + g) / 64;
        scales.append(reinterpret_cast<const char*>(&scale), 4);
        const size_t zero = (r * 5 + g) % top;
        put(zeros, g * ((n * bits + 31) / 32), 1, r, (zero + top - 1) % top);
        for (size_t c = g * group; c < (g + 1) * group; ++c) {
          const size_t q = (r * 7 + c * 3) % top;
          put(words, r, n, c, q);
          want[r * k + c] = scale * (float(q) - float(zero));
        }
      }
    }
    Tensors tensors;
    tensors.all["a.qweight"] = {"I32", {int64_t(k * bits / 32), n}, words};
    tensors.all["a.qzeros"] = {"I32", {3, int64_t((n * bits + 31) / 32)}, zeros};
    tensors.all["a.scales"] = {"F32", {3, n}, scales};
    for (const bool transposed : {false, true}) {
      Weights weights;
      nn::Linear linear;
      std::vector<float> zeroBias(n, 0);
      if (transposed) {
        nn::declareTransposed(weights, "a", linear, n, k, Format::F32);
        tensors.all["a.bias"] = {"F32", {n}, std::string(n * 4, '\0')};
      } else {
        linear.declare(weights, "a", n, k, Format::F32, nn::Bias::No);
      }
      const std::string text = R"({"quantization_config": {"quant_method": "gptq", "group_size": 32, "bits": )" +
                               std::to_string(bits) + "}}";
      auto config = json::Document::parse(text, "config.json", ErrorClass::Config);
      auto parts = weights::quantized::open(config->root(), weights);
      ASSERT_TRUE(parts.ok()) << parts.status().message();
      weights::Loader loader(weights, parts.take());
      loader.beginFile("model.safetensors");
      Status s = feed(loader, tensors.file());
      if (s.ok()) s = loader.finish();
      ASSERT_TRUE(s.ok()) << s.message();
      EXPECT_EQ(loader.packedBytes(), weights.packedBytes());
      std::vector<float> got(n * k);
      for (size_t r = 0; r < n; ++r) linear.weight.copyRow(r, got.data() + r * k);
      EXPECT_EQ(got, want);
    }
  }
}

TEST(QuantizedParts, QueriesKeysAndValuesInOneMatrix) {
  // Heads of 4 rows, 2 groups of 2 queries, a key and a value: rows are stored head by head.
  constexpr size_t n = 32, k = 16;
  std::string codes(n * k, '\0'), scb;
  for (size_t i = 0; i < n * k; ++i) codes[i] = char(i * 7 % 255 - 127);
  for (size_t r = 0; r < n; ++r) {
    const float scale = float(r + 1);
    scb.append(reinterpret_cast<const char*>(&scale), 4);
  }
  std::vector<float> floats(n * k);
  for (size_t i = 0; i < n * k; ++i) floats[i] = float(int8_t(codes[i])) * (float(i / k + 1) / 127);
  Tensors quantized, plain;
  quantized.all["a.weight"] = {"I8", {n, k}, codes};
  quantized.all["a.SCB"] = {"F32", {n}, scb};
  plain.all["a.weight"] = {"F32", {n, k}, std::string(reinterpret_cast<const char*>(floats.data()), n * k * 4)};
  for (const size_t headDim : {4, 8}) {
    std::vector<float> rows[2];
    for (const Tensors* tensors : {&plain, &quantized}) {
      Weights weights;
      nn::Linear linear;
      nn::declareGrouped(weights, "a", linear, headDim == 4 ? 2 : 1, 2, headDim, k, Format::F32, nn::Bias::No);
      auto config = json::Document::parse(
          R"({"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": true}})", "", ErrorClass::Config);
      weights::Loader loader(weights, weights::quantized::open(config->root(), weights).take());
      loader.beginFile("model.safetensors");
      ASSERT_TRUE(feed(loader, tensors->file()).ok());
      ASSERT_TRUE(loader.finish().ok());
      std::vector<float>& got = rows[tensors == &quantized];
      got.resize(n * k);
      for (size_t r = 0; r < n; ++r) linear.weight.copyRow(r, got.data() + r * k);
    }
    EXPECT_EQ(rows[0], rows[1]);
  }
}

TEST(QuantizedGrid, IntegersAndScalesAreTheFloats) {
  using weights::quantized::Grid;
  constexpr size_t n = 5, k = 12;
  std::vector<std::byte> codes(n * k);
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = std::byte(i * 37 % 256);
  for (const bool zeros : {false, true}) {
    Grid g;
    g.n = n;
    g.k = k;
    g.codes = codes.data();
    g.order = Grid::Order::Bytes;
    g.zero = 128;
    g.groupSize = 8;
    g.groups = 2;
    g.scales = Buffer(n * 2 * sizeof(float));
    if (zeros) g.zeros = Buffer(n * 2 * sizeof(float));
    for (size_t i = 0; i < n * 2; ++i) {
      g.scales.as<float>()[i] = float(i + 1) / 4;
      if (zeros) g.zeros.as<float>()[i] = float(i * 20);
    }
    Grid::Room room;
    kernels::GridRows rows;
    auto has = g.rows(1, 3, room, rows);
    ASSERT_TRUE(has.ok() && *has);
    EXPECT_EQ(rows.zeros != nullptr, zeros);
    EXPECT_EQ(rows.rows, 3u);
    EXPECT_EQ(rows.groups, 2u);
    std::vector<uint8_t> scratch(k);
    std::vector<float> want(k);
    for (size_t r = 0; r < 3; ++r) {
      g.decode(r + 1, scratch.data(), want.data());
      for (size_t c = 0; c < k; ++c) {
        const size_t at = r * 2 + c / 8;
        const float zero = rows.zeros ? rows.zeros[at] : 0;
        EXPECT_EQ(want[c], rows.scales[at] * (float(rows.q[r * k + c]) - zero));
      }
    }
  }
}

}  // namespace
}  // namespace wasmformers::testing
