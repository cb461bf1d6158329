// Quantized matrices of any bits, and of sizes that words, groups and blocks do not divide, against plain formulas.
#include <cmath>

#include "nn/fused_projection.h"
#include "quantized_case.h"
#include "tensors_file.h"

namespace wasmformers::testing::quantized {
namespace {

/// What a Linear [n, k] becomes of these tensors, in fp32, row by row.
Status linearOf(const std::string& quantization, const Tensors& tensors, size_t n, size_t k, std::vector<float>& rows) {
  Weights weights;
  nn::Linear linear;
  linear.declare(weights, "a", n, k, Format::F32, nn::Bias::No);
  WF_ASSIGN(json::Document config, json::Document::parse("{\"quantization_config\": " + quantization + "}",
                                                         "config.json", ErrorClass::Config));
  WF_ASSIGN(auto parts, wasmformers::weights::quantized::open(config.root(), weights));
  weights::Loader loader(weights, std::move(parts));
  loader.beginFile("model.safetensors");
  WF_TRY(feed(loader, tensors.file()));
  WF_TRY(loader.finish());
  rows.resize(n * k);
  for (size_t r = 0; r < n; ++r) linear.weight.copyRow(r, rows.data() + r * k);
  return {};
}

template <class T>
std::string bytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// Sizes that words, blocks and groups do not divide.
TEST(QuantizedParts, OddSizes) {
  constexpr size_t n = 13, k = 21;
  std::vector<float> want(n * k), got;
  {  // compressed-tensors, 4 bits in groups of 8: three words and three groups a row, zero points in two words a column
    std::vector<uint32_t> packed(n * 3, 0), zeros(2 * 3, 0);
    std::vector<float> scales(n * 3);
    for (size_t r = 0; r < n; ++r) {
      for (size_t g = 0; g < 3; ++g) {
        scales[r * 3 + g] = float(1 + r * 3 + g) / 32;
        zeros[r / 8 * 3 + g] |= uint32_t((r + 2 * g) % 16) << (r % 8 * 4);
      }
      for (size_t c = 0; c < k; ++c) {
        const size_t q = (3 * r + 5 * c) % 16;
        packed[r * 3 + c / 8] |= uint32_t(q) << (c % 8 * 4);
        want[r * k + c] = scales[r * 3 + c / 8] * (float(q) - float((r + 2 * (c / 8)) % 16));
      }
    }
    Tensors t;
    t.all["a.weight_packed"] = {"I32", {n, 3}, bytesOf(packed)};
    t.all["a.weight_zero_point"] = {"I32", {2, 3}, bytesOf(zeros)};
    t.all["a.weight_scale"] = {"F32", {n, 3}, bytesOf(scales)};
    t.all["a.weight_shape"] = {"I64", {2}, bytesOf(std::vector<int64_t>{n, k})};
    const std::string config = R"({"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups":
        {"group_0": {"weights": {"num_bits": 4, "type": "int", "symmetric": false, "group_size": 8}}}})";
    const Status s = linearOf(config, t, n, k, got);
    ASSERT_TRUE(s.ok()) << s.message();
    EXPECT_EQ(got, want);
    t.all["a.weight_g_idx"] = {"I32", {k}, std::string(k * 4, '\xff')};  // not reordered
    ASSERT_TRUE(linearOf(config, t, n, k, got).ok());
    EXPECT_EQ(got, want);
    std::vector<int32_t> groups(k);
    for (size_t c = 0; c < k; ++c) groups[c] = int32_t((c / 8 + 1) % 3);
    t.all["a.weight_g_idx"].bytes = bytesOf(groups);
    ASSERT_TRUE(linearOf(config, t, n, k, got).ok());
    for (size_t r = 0; r < n; ++r) {
      for (size_t c = 0; c < k; ++c) {
        const size_t g = size_t(groups[c]);
        EXPECT_EQ(got[r * k + c], scales[r * 3 + g] * (float((3 * r + 5 * c) % 16) - float((r + 2 * g) % 16)));
      }
    }
  }
  {  // bitsandbytes: blocks of 32 that begin and end inside of rows, and an odd number of codes
    constexpr size_t count = n * k, blocks = (count + 31) / 32;
    std::vector<float> map(16), scales(blocks);
    for (size_t i = 0; i < 16; ++i) map[i] = float(int(i) - 8) / 8;
    for (size_t i = 0; i < blocks; ++i) scales[i] = float(i + 1);
    std::vector<uint8_t> codes((count + 1) / 2, 0);
    for (size_t i = 0; i < count; ++i) {
      codes[i / 2] |= uint8_t((i * 7 % 16) << (i % 2 ? 0 : 4));
      want[i] = scales[i / 32] * map[i * 7 % 16];
    }
    const std::string state = R"({"quant_type": "fp4", "blocksize": 32, "dtype": "float16", "shape": [13, 21]})";
    Tensors t;
    t.all["a.weight"] = {"U8", {int64_t(codes.size()), 1}, bytesOf(codes)};
    t.all["a.weight.absmax"] = {"F32", {int64_t(blocks)}, bytesOf(scales)};
    t.all["a.weight.quant_map"] = {"F32", {16}, bytesOf(map)};
    t.all["a.weight.quant_state.bitsandbytes__fp4"] = {"U8", {int64_t(state.size())}, state};
    const std::string config =
        R"({"quant_method": "bitsandbytes", "load_in_4bit": true, "bnb_4bit_quant_type": "fp4"})";
    const Status s = linearOf(config, t, n, k, got);
    ASSERT_TRUE(s.ok()) << s.message();
    EXPECT_EQ(got, want);
  }
  {  // fp8: blocks of 8 × 16 that the matrix cuts, by floats and by powers of two; all finite values
    std::vector<uint8_t> codes(n * k), powers(2 * 2);
    for (size_t i = 0; i < codes.size(); ++i) codes[i] = uint8_t(i % 256 % 128 == 127 ? 0 : i % 256);
    std::vector<float> scales(4);
    for (size_t i = 0; i < 4; ++i) powers[i] = uint8_t(125 + i), scales[i] = std::ldexp(1.0f, int(i) - 2);
    for (size_t i = 0; i < codes.size(); ++i) {
      const int e = codes[i] >> 3 & 15, m = codes[i] & 7;
      const float value = e ? std::ldexp(float(8 + m), e - 10) : std::ldexp(float(m), -9);
      want[i] = scales[i / k / 8 * 2 + i % k / 16] * (codes[i] & 128 ? -value : value);
    }
    Tensors t;
    t.all["a.weight"] = {"F8_E4M3", {n, k}, bytesOf(codes)};
    t.all["a.weight_scale_inv"] = {"F32", {2, 2}, bytesOf(scales)};
    const std::string config = R"({"quant_method": "fp8", "weight_block_size": [8, 16]})";
    Status s = linearOf(config, t, n, k, got);
    ASSERT_TRUE(s.ok()) << s.message();
    EXPECT_EQ(got, want);
    t.all["a.weight_scale_inv"] = {"F8_E8M0", {2, 2}, bytesOf(powers)};
    s = linearOf(config, t, n, k, got);
    ASSERT_TRUE(s.ok()) << s.message();
    EXPECT_EQ(got, want);
    // One scale for all, as AutoFP8 stores it, and E5M2.
    t.all.erase("a.weight_scale_inv");
    t.all["a.weight_scale"] = {"F32", {}, bytesOf(std::vector<float>{0.5f})};
    t.all["a.weight"].dtype = "F8_E5M2";
    for (uint8_t& code : codes) code &= 0xbf;
    t.all["a.weight"].bytes = bytesOf(codes);
    s = linearOf(R"({"quant_method": "fp8", "activation_scheme": "static"})", t, n, k, got);
    ASSERT_TRUE(s.ok()) << s.message();
    for (size_t i = 0; i < codes.size(); ++i) {
      const int e = codes[i] >> 2 & 31, m = codes[i] & 3;
      const float value = e ? std::ldexp(float(4 + m), e - 17) : std::ldexp(float(m), -16);
      EXPECT_EQ(got[i], (codes[i] & 128 ? -0.5f : 0.5f) * value);
    }
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
      auto parts = wasmformers::weights::quantized::open(config->root(), weights);
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

}  // namespace
}  // namespace wasmformers::testing::quantized
