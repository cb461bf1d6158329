// Wrong quantization_configs and damaged quantized checkpoints: each gives an error of the right class with code and
// field, and nothing crashes or is allocated by a claim alone (sanitizer builds see to that).
#include <cstring>

#include "quantized_case.h"
#include "tensors_file.h"

namespace wasmformers::testing::quantized {
namespace {

const std::string kMatrix = "model.layers.0.self_attn.k_proj.";

struct QuantizedCase {
  std::string config, file, architecture;

  explicit QuantizedCase(const std::string& name) {
    config = readFile(fixture("quantized/" + name + "/config.json"));
    file = readFile(fixture("quantized/" + name + "/model.safetensors"));
    const json::Document parsed = json::Document::parse(config, "", ErrorClass::Config).take();
    architecture = parsed.root()["architectures"].at(0).asString();
  }
  /// The configuration with one option of quantization_config. It is put first: of duplicates the first is read.
  std::string with(const std::string& option, const std::string& value) const {
    const size_t at = config.find('{', config.find("\"quantization_config\""));
    return config.substr(0, at + 1) + "\"" + option + "\": " + value + "," + config.substr(at + 1);
  }
  Status load(const std::string& otherConfig, const std::vector<std::string>& files) const {
    LmRunner runner;
    return runner.loadShards(otherConfig, architecture, kernels::Format::Q8, files);
  }
  Status load(const Tensors& tensors) const { return load(config, {tensors.file()}); }
};

struct BadOption {
  const char *name, *option, *value, *code, *field;
};
constexpr BadOption kBadOptions[] = {
    {"gptq-2bit-g32", "quant_method", "\"quanto\"", "unsupported_config", "quant_method"},
    {"gptq-2bit-g32", "quant_method", "7", "unsupported_config", "quant_method"},
    {"gptq-2bit-g32", "bits", "9", "unsupported_config", "bits"},
    {"gptq-2bit-g32", "bits", "1", "unsupported_config", "bits"},
    {"gptq-2bit-g32", "bits", "null", "unsupported_config", "bits"},
    {"gptq-2bit-g32", "group_size", "0", "unsupported_config", "group_size"},
    {"gptq-2bit-g32", "group_size", "-2", "unsupported_config", "group_size"},
    {"gptq-2bit-g32", "group_size", "\"32\"", "invalid_config", "group_size"},
    {"gptq-2bit-g32", "checkpoint_format", "\"marlin\"", "unsupported_config", "checkpoint_format"},
    {"gptq-2bit-g32", "is_marlin_format", "true", "unsupported_config", "is_marlin_format"},
    {"awq-4bit-g32", "bits", "3", "unsupported_config", "bits"},
    {"awq-4bit-g32", "version", "\"gemv\"", "unsupported_config", "version"},
    {"bnb-nf4", "bnb_4bit_quant_type", "\"int4\"", "unsupported_config", "bnb_4bit_quant_type"},
    {"ct-w4a16-g32", "format", "\"marlin-24\"", "unsupported_config", "format"},
    {"ct-w4a16-g32", "format", "\"nvfp4-pack-quantized\"", "unsupported_config", "format"},
    {"ct-w4a16-g32", "config_groups", "{}", "unsupported_config", "config_groups"},
    {"ct-w4a16-g32", "config_groups", R"({"a": {"weights": {"num_bits": 3, "type": "int"}}})", "unsupported_config",
     "config_groups.a.weights.num_bits"},
    {"ct-w4a16-g32", "config_groups", R"({"a": {"weights": {"num_bits": 4, "type": "float"}}})", "unsupported_config",
     "config_groups.a.weights.num_bits"},
    {"ct-w4a16-g32", "config_groups", R"({"a": {"weights": {"num_bits": 4, "type": "lut"}}})", "unsupported_config",
     "config_groups.a.weights.type"},
    {"ct-w4a16-g32", "config_groups", R"({"a": {"weights": {"num_bits": 4, "strategy": "group", "group_size": 0}}})",
     "unsupported_config", "config_groups.a.weights.group_size"},
    {"ct-w4a16-g32", "config_groups", R"({"a": {"weights": {"num_bits": 4, "strategy": "spiral"}}})",
     "unsupported_config", "config_groups.a.weights.strategy"},
    {"ct-w4a16-g32", "transform_config", R"({"config_groups": {"R1": {}}})", "unsupported_config", "transform_config"},
    {"ct-w4a16-g32", "sparsity_config", R"({"format": "sparse-24-bitmask"})", "unsupported_config",
     "sparsity_config.format"},
    {"fp8-block128", "weight_block_size", "[128]", "unsupported_config", "weight_block_size"},
    {"fp8-block128", "weight_block_size", "[0, 128]", "unsupported_config", "weight_block_size"},
    {"fp8-block128", "fmt", "\"e3m4\"", "unsupported_config", "fmt"},
};

TEST(QuantizedErrors, OfTheConfigurationNameTheField) {
  for (const BadOption& bad : kBadOptions) {
    SCOPED_TRACE(std::string(bad.name) + " " + bad.option + " = " + bad.value);
    const QuantizedCase c(bad.name);
    const Status s = c.load(c.with(bad.option, bad.value), {c.file});
    EXPECT_EQ(errorClassName(s.errorClass()), "ConfigError");
    EXPECT_EQ(s.code(), bad.code) << s.message();
    EXPECT_EQ(s.field(), std::string("quantization_config.") + bad.field);
    EXPECT_EQ(s.file(), "config.json");
  }
}

TEST(QuantizedErrors, APartThatIsMissingIsNamed) {
  for (const std::string& name : folders("quantized")) {
    if (name == "gpt-oss-mxfp4") continue;
    const QuantizedCase c(name);
    const Tensors good(c.file);
    size_t parts = 0;
    for (const auto& [tensor, t] : good.all) {
      if (!tensor.starts_with(kMatrix) || tensor.ends_with(".bias")) continue;
      SCOPED_TRACE(name + " " + tensor);
      Tensors less = good;
      less.all.erase(tensor);
      const Status s = c.load(less);
      const bool optional = tensor.ends_with("weight_shape") ||
                            (tensor.ends_with("g_idx") && c.config.find("\"desc_act\": true") == std::string::npos);
      EXPECT_EQ(s.code(), optional ? "" : "missing_tensors") << s.message();
      EXPECT_EQ(s.field(), optional ? "" : tensor);
      ++parts;
    }
    EXPECT_GE(parts, 2u);
    Tensors none = good;
    std::erase_if(none.all, [](const auto& t) { return t.first.starts_with(kMatrix); });
    EXPECT_EQ(c.load(none).code(), "missing_tensors");
  }
}

TEST(QuantizedErrors, APartOfAWrongShapeOrTypeIsNamed) {
  for (const std::string& name : folders("quantized")) {
    if (name == "gpt-oss-mxfp4") continue;
    const QuantizedCase c(name);
    const Tensors good(c.file);
    for (const auto& [tensor, t] : good.all) {
      if (!tensor.starts_with(kMatrix) || tensor.ends_with(".bias")) continue;
      const size_t size = size_t(t.bytes.size() / std::max<size_t>(size_t(elementCount(t.shape)), 1));
      std::vector<Tensors::One> wrong;
      Shape longer = t.shape, empty = t.shape, deeper = t.shape, wider = t.shape;
      longer[0] += 1;
      wrong.push_back(
          {t.dtype, longer, t.bytes + std::string(size_t(elementCount(longer)) * size - t.bytes.size(), 0)});
      wider.back() *= 2;
      wrong.push_back({t.dtype, wider, t.bytes + t.bytes});
      empty[0] = 0;
      wrong.push_back({t.dtype, empty, ""});
      deeper.push_back(1);
      deeper.push_back(1);
      wrong.push_back({t.dtype, deeper, t.bytes});
      wrong.push_back({"F64", t.shape, std::string(size_t(elementCount(t.shape)) * 8, 0)});
      wrong.push_back({"BOOL", t.shape, std::string(size_t(elementCount(t.shape)), 1)});
      for (const Tensors::One& one : wrong) {
        SCOPED_TRACE(name + " " + tensor + " " + one.dtype + " " + shapeText(one.shape));
        Tensors changed = good;
        changed.all[tensor] = one;
        const Status s = c.load(changed);
        // BnB's integers are bytes of any type; text of another length is no JSON.
        if (s.ok()) {
          EXPECT_TRUE(name.starts_with("bnb-nf4") && tensor.ends_with(".weight")) << "loaded";
          continue;
        }
        EXPECT_EQ(errorClassName(s.errorClass()), "WeightsError") << s.message();
        EXPECT_FALSE(s.field().empty()) << s.message();
      }
    }
  }
}

// --- values

Tensors::One& part(Tensors& tensors, const char* name) { return tensors.all.at(kMatrix + name); }
template <class T>
void put(Tensors::One& t, size_t at, T value) {
  std::memcpy(t.bytes.data() + at * sizeof(T), &value, sizeof(T));
}
std::string put(std::string text, const std::string& from, const std::string& to) {
  EXPECT_NE(text.find(from), text.npos) << text;
  return text.replace(text.find(from), from.size(), to);
}

TEST(QuantizedErrors, GroupsOutOfRange) {
  for (const int32_t group : {4, -1, INT32_MAX, INT32_MIN}) {
    const QuantizedCase c("gptq-4bit-g32-desc");
    Tensors tensors(c.file);
    put(part(tensors, "g_idx"), 127, group);
    const Status s = c.load(tensors);
    EXPECT_EQ(s.code(), "bad_group");
    EXPECT_EQ(s.field(), kMatrix + "g_idx");
  }
}

TEST(QuantizedErrors, ScalesThatAreNoNumbers) {
  struct Case {
    const char *name, *part;
    uint32_t bits;
    size_t size;
  };
  for (const Case& one :
       {Case{"gptq-4bit-g128", "scales", 0x7e00, 2}, Case{"awq-4bit-g32", "scales", 0x7c00, 2},
        Case{"ct-fp8-channel", "weight_scale", 0x7fc0, 2}, Case{"fp8-block128", "weight_scale_inv", 0x7f800000, 4},
        Case{"bnb-int8", "SCB", 0xff800000, 4}, Case{"bnb-nf4", "weight.quant_map", 0x7fc00000, 4},
        Case{"bnb-nf4-double", "weight.nested_absmax", 0x7f800000, 4}}) {
    SCOPED_TRACE(one.name);
    const QuantizedCase c(one.name);
    Tensors tensors(c.file);
    std::memcpy(part(tensors, one.part).bytes.data(), &one.bits, one.size);
    const Status s = c.load(tensors);
    EXPECT_EQ(s.code(), "not_finite");
    EXPECT_EQ(s.field(), kMatrix + one.part);
  }
  // NaN among the weights themselves.
  const QuantizedCase c("fp8-block128");
  Tensors tensors(c.file);
  part(tensors, "weight").bytes[5] = 0x7f;
  const Status s = c.load(tensors);
  EXPECT_EQ(s.code(), "not_finite");
  EXPECT_EQ(s.field(), kMatrix + "weight");
}

TEST(QuantizedErrors, StoredShapesAndStatesThatContradict) {
  for (const int64_t rows : {int64_t(0), int64_t(63), int64_t(-1), INT64_MAX}) {
    const QuantizedCase c("ct-w4a16-g32");
    Tensors tensors(c.file);
    put(part(tensors, "weight_shape"), 0, rows);
    EXPECT_EQ(c.load(tensors).field(), kMatrix + "weight_shape");
  }
  struct Case {
    const char *from, *to, *code;
  };
  const std::string state = "weight.quant_state.bitsandbytes__nf4";
  for (const Case& one :
       {Case{"\"shape\": [64", "\"shape\": [65", "wrong_shape"},
        Case{"\"shape\": [64", "\"shape\": [-64", "wrong_shape"}, Case{"\"shape\"", "\"Shape\"", "wrong_shape"},
        Case{"\"blocksize\": 64", "\"blocksize\": 0", "bad_quant_state"},
        Case{"\"blocksize\": 64", "\"blocksize\": 63", "wrong_shape"},
        Case{"\"blocksize\": 64", "\"blocksize\": 18446744073709551615", "bad_quant_state"},
        Case{"\"nested_blocksize\": 256", "\"nested_blocksize\": 0", "bad_quant_state"},
        Case{"\"nested_blocksize\": 256", "\"nested_blocksize\": 3", "bad_quant_state"},
        Case{"\"nested_offset\"", "\"nested_Offset\"", "bad_quant_state"}, Case{"{", "[", "invalid_json"}}) {
    SCOPED_TRACE(one.to);
    const QuantizedCase c("bnb-nf4-double");
    Tensors tensors(c.file);
    Tensors::One& t = part(tensors, state.c_str());
    t.bytes = put(t.bytes, one.from, one.to);
    t.shape = {int64_t(t.bytes.size())};
    const Status s = c.load(tensors);
    EXPECT_EQ(s.code(), one.code) << s.message();
    EXPECT_EQ(errorClassName(s.errorClass()), "WeightsError");
  }
  const QuantizedCase c("bnb-int8");
  Tensors tensors(c.file);
  tensors.all[kMatrix + "weight_format"] = {"U8", {}, std::string(1, '\2')};
  EXPECT_EQ(c.load(tensors).code(), "unsupported_layout");
  tensors.all[kMatrix + "weight_format"].bytes[0] = '\0';
  EXPECT_TRUE(c.load(tensors).ok());
}

TEST(QuantizedErrors, FilesThatEndEarlyOrHoldAPartTwice) {
  for (const std::string& name : folders("quantized")) {
    if (name == "gpt-oss-mxfp4") continue;
    SCOPED_TRACE(name);
    const QuantizedCase c(name);
    for (size_t tenth = 1; tenth < 10; ++tenth)
      EXPECT_EQ(c.load(c.config, {c.file.substr(0, c.file.size() * tenth / 10)}).code(), "truncated");
    EXPECT_EQ(c.load(c.config, {c.file, c.file}).code(), "duplicate_tensor");
  }
}

// Every option, at any depth, set to values of every kind: a named error, or a model that runs.
TEST(QuantizedErrors, EveryOptionSurvivesEveryKindOfValue) {
  const char* values[] = {"null",
                          "true",
                          "0",
                          "1",
                          "-1",
                          "3",
                          "64",
                          "4294967297",
                          "1e308",
                          "\"\"",
                          "\"int\"",
                          "[]",
                          "[1, 2]",
                          "[null, 128]",
                          "{}",
                          R"({"a": {"weights": {"num_bits": 8, "strategy": "group"}}})",
                          R"({"a": {"weights": {"num_bits": 8, "type": "float", "strategy": "channel"}}})"};
  size_t refused = 0;
  for (const std::string& name : folders("quantized")) {
    if (name == "gpt-oss-mxfp4") continue;
    const QuantizedCase c(name);
    const json::Document parsed = json::Document::parse(c.config, "", ErrorClass::Config).take();
    std::vector<std::string> options = {"dynamic", "sparsity_config", "transform_config", "is_marlin_format", "fmt"};
    for (const auto& [option, old] : parsed.root()["quantization_config"].members()) options.emplace_back(option);
    for (const std::string& option : options) {
      for (const char* value : values) {
        SCOPED_TRACE(name + " " + option + " = " + value);
        const Status s = c.load(c.with(option, value), {c.file});
        if (s.ok()) continue;
        ++refused;
        EXPECT_TRUE(s.errorClass() == ErrorClass::Config || s.errorClass() == ErrorClass::Weights) << s.message();
        EXPECT_FALSE(s.code().empty());
        EXPECT_FALSE(s.field().empty()) << s.message();
      }
    }
  }
  EXPECT_GT(refused, 200u);
}

}  // namespace
}  // namespace wasmformers::testing::quantized
