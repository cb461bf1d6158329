// How quantized matrices are put together: parts in several files, matrices that were left in floats, those that models
// store in another order, and integers as a packed form may take them.
#include <algorithm>
#include <cmath>

#include "nn/fused_projection.h"
#include "quantized_case.h"
#include "tensors_file.h"
#include "weights/quantized/grid.h"

namespace wasmformers::testing::quantized {
namespace {

/// Two safetensors files: the tensors for which `second` is true go into the second.
template <class Second>
std::vector<std::string> parted(const std::string& file, Second second) {
  const Tensors all(file);
  Tensors a = all, b = all;
  for (const auto& [name, t] : all.all) (second(name) ? a : b).all.erase(name);
  return {a.file(), b.file()};
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

// The same bytes under another type, as bnb_4bit_quant_storage asks for.
TEST(QuantizedParts, CodesStoredAsElementsOfAnotherType) {
  Tensors tensors(fileOf("bnb-nf4"));
  for (auto& [name, t] : tensors.all) {
    if (!name.ends_with("proj.weight")) continue;
    t.dtype = "BF16";
    t.shape[0] /= 2;
  }
  std::vector<float> want, got;
  ASSERT_TRUE(logitsOf(configOf("bnb-nf4"), {fileOf("bnb-nf4")}, want).ok());
  const Status s = logitsOf(configOf("bnb-nf4"), {tensors.file()}, got);
  ASSERT_TRUE(s.ok()) << s.message();
  EXPECT_EQ(got, want);
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
      weights::Loader loader(weights, wasmformers::weights::quantized::open(config->root(), weights).take());
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
  using wasmformers::weights::quantized::Grid;
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
}  // namespace wasmformers::testing::quantized
