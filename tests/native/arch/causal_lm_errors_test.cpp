// Wrong configurations, checkpoints and inputs of decoders: each gives an error of the right class with code and field,
// nothing crashes, and the next call works. Also checkpoints that look unusual and are valid.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "lm_runner.h"
#include "tensors_file.h"

namespace wasmformers::testing::causal_lm {
namespace {

using kernels::CacheType;
using kernels::Format;

std::string configOf(const std::string& name) { return readFile(fixture("lm/" + name + "/config.json")); }
std::string weightsOf(const std::string& name) { return readFile(fixture("lm/" + name + "/model.safetensors")); }

/// The configuration with one field set to `value` (JSON). It is put first, since of duplicates the first is read.
std::string withField(const std::string& config, const std::string& field, const std::string& value) {
  return "{\"" + field + "\": " + value + "," + config.substr(config.find('{') + 1);
}

Status create(const std::string& config, arch::Head head = arch::Head::CausalLM) {
  WF_ASSIGN(json::Document document, json::Document::parse(config, "config.json", ErrorClass::Config));
  WF_ASSIGN(auto model, arch::createModel(document.root(), {head, Format::F32}, arch::decoderFamilies()));
  (void)model;
  return {};
}

struct BadField {
  const char *model, *field, *value, *code, *about;
};
constexpr BadField kBadFields[] = {
    {"opt-lm", "num_attention_heads", "3", "invalid_config", "num_attention_heads"},
    {"llama-lm", "num_key_value_heads", "3", "invalid_config", "num_key_value_heads"},
    {"llama-lm", "head_dim", "7", "invalid_config", "head_dim"},
    {"llama-lm", "hidden_act", "\"softsign\"", "unsupported_config", "hidden_act"},
    {"llama-lm", "rope_scaling", "{\"type\": \"spiral\", \"factor\": 2}", "unsupported_config", "rope_scaling"},
    {"llama-lm", "rope_scaling", "{\"rope_type\": \"linear\"}", "invalid_config", "rope_scaling"},
    {"llama-lm", "rope_scaling", "{\"type\": \"linear\", \"factor\": -2}", "invalid_config", "rope_scaling"},
    {"llama-lm", "rope_scaling", "{\"type\": \"llama3\", \"factor\": 8}", "invalid_config", "rope_scaling"},
    {"llama-lm", "rope_scaling", "{\"type\": \"longrope\", \"short_factor\": [1, 2], \"long_factor\": [1, 2, 3, 4]}",
     "invalid_config", "rope_scaling"},
    {"llama-lm", "rope_parameters", "{\"rope_type\": \"spiral\"}", "unsupported_config", "rope_parameters"},
    {"llama-lm", "rope_parameters", "{\"rope_theta\": 0}", "invalid_config", "rope_parameters"},
    {"llama-lm", "rope_parameters", "3", "invalid_config", "rope_parameters"},
    {"gpt2-lm", "n_head", "5", "invalid_config", "n_head"},
    {"gpt2-lm", "add_cross_attention", "true", "unsupported_config", "add_cross_attention"},
    {"gemma3-lm", "layer_types", "[\"full_attention\"]", "invalid_config", "layer_types"},
    {"gemma3-lm", "use_bidirectional_attention", "true", "unsupported_config", "use_bidirectional_attention"},
    {"gemma2-lm", "query_pre_attn_scalar", "0", "invalid_config", "query_pre_attn_scalar"},
    {"smollm3-lm", "no_rope_layers", "[1]", "invalid_config", "no_rope_layers"},
    {"qwen2-lm", "layer_types", "[\"full_attention\", \"linear_attention\"]", "unsupported_config", "layer_types"},
    {"qwen2-moe-lm", "num_experts_per_tok", "5", "invalid_config", "num_experts_per_tok"},
    {"qwen2-moe-lm", "num_experts", "100000", "invalid_config", "num_experts"},
    {"gpt-neox-lm", "rope_parameters", "{\"partial_rotary_factor\": 1.5}", "invalid_config", "rope_parameters"},
    {"gpt-neox-lm", "rope_parameters", "{\"partial_rotary_factor\": 0.375}", "invalid_config", "rope_parameters"},
    {"bloom-lm", "n_head", "3", "invalid_config", "n_head"},
    {"granite-lm", "logits_scaling", "0", "invalid_config", "logits_scaling"},
};

TEST(CausalLMConfig, NamesTheFieldThatIsWrong) {
  for (const BadField& bad : kBadFields) {
    SCOPED_TRACE(std::string(bad.model) + " " + bad.field + " = " + bad.value);
    const Status s = create(withField(configOf(bad.model), bad.field, bad.value));
    EXPECT_EQ(errorClassName(s.errorClass()), "ConfigError");
    EXPECT_EQ(s.code(), bad.code) << s.message();
    EXPECT_EQ(s.field(), bad.about);
    EXPECT_EQ(s.file(), "config.json");
  }
  const Status s = create(withField(configOf("llama-lm"), "rope_scaling", "{\"type\": \"spiral\"}"));
  EXPECT_NE(s.message().find("\"spiral\""), std::string::npos) << s.message();
}

// The larger the layers, the fewer tokens a pass has: a tiny model, Llama-3.2-1B, a 70B model.
TEST(CausalLMConfig, LargerLayersTakeFewerTokensAtOnce) {
  const auto tokens = [](const std::string& config) {
    auto json = json::Document::parse(config, "config.json", ErrorClass::Config);
    auto made = arch::createModel(json->root(), {arch::Head::CausalLM, Format::Q8}, arch::decoderFamilies());
    EXPECT_TRUE(made.ok()) << made.status().message();
    weights::Weights weights;
    (*made)->declare(weights);
    return static_cast<arch::CausalLM&>(**made).passTokens();
  };
  EXPECT_EQ(tokens(configOf("llama-lm")), 256u);
  EXPECT_EQ(tokens(R"({"model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 2,)"
                   R"( "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64})"),
            64u);
  EXPECT_EQ(tokens(R"({"model_type": "llama", "hidden_size": 8192, "intermediate_size": 28672, )"
                   R"("num_hidden_layers": 2, "num_attention_heads": 64, "num_key_value_heads": 8})"),
            32u);
  // Only the experts that a token visits count.
  EXPECT_EQ(tokens(withField(configOf("qwen2-moe-lm"), "num_experts", "60")), 256u);
}

TEST(CausalLMConfig, HeadsAndTypesThatDecodersDoNotHave) {
  const std::string llama = configOf("llama-lm");
  EXPECT_TRUE(create(llama, arch::Head::Base).ok());
  EXPECT_EQ(create(llama, arch::Head::SequenceClassification).code(), "unsupported_config");
  EXPECT_EQ(create(withField(llama, "model_type", "\"bert\"")).code(), "unknown_model_type");
}

// Every field of a configuration of every family is set to values of every kind. The result is a named error, or a
// model that loads and runs. Sanitizer builds find accesses outside of memory.
TEST(CausalLMConfig, EveryFieldSurvivesEveryKindOfValue) {
  const char* values[] = {"null",
                          "true",
                          "false",
                          "0",
                          "1",
                          "-1",
                          "3",
                          "8",
                          "1.5",
                          "4294967297",
                          "1e308",
                          "-1e308",
                          "\"\"",
                          "\"relu\"",
                          "[]",
                          "[null, 1, \"full_attention\"]",
                          "{}",
                          "{\"rope_type\": \"dynamic\", \"factor\": 1e30}",
                          "{\"type\": \"yarn\", \"rope_theta\": 1}",
                          "{\"full_attention\": {\"type\": 3}}"};
  std::set<std::string> families;
  size_t refused = 0, ran = 0;
  for (const std::string& name : lmCases()) {
    auto parsed = json::Document::parse(configOf(name), "config.json", ErrorClass::Config);
    ASSERT_TRUE(parsed.ok());
    const json::Value root = parsed->root();
    if (!families.insert(std::string(root["model_type"].asString())).second) continue;
    const std::string config = configOf(name), weights = weightsOf(name), cls(root["architectures"].at(0).asString());
    std::vector<std::string> fields = {"rope_scaling", "rope_theta", "partial_rotary_factor", "sliding_window",
                                       "head_dim"};
    for (const auto& [field, old] : root.members()) fields.emplace_back(field);
    for (const std::string& field : fields) {
      for (const char* value : values) {
        SCOPED_TRACE(name + " " + field + " = " + value);
        LmRunner runner;
        runner.set("input_ids", {2, 3}, {4, 5, 6, 7, 8, 9});
        Status s = runner.load(withField(config, field, value), cls, Format::F32, weights);
        if (s.ok()) s = runner.run();
        std::vector<std::vector<float>> logits;
        if (s.ok()) s = runner.lm().reserve(1, 5, CacheType::F32);
        if (s.ok()) s = runner.feed({4, 5, 6}, {0, 1, 1}, 1, logits);
        if (s.ok()) s = runner.feed({7, 8}, {}, 1, logits);
        if (s.ok()) {
          ++ran;
          continue;
        }
        ++refused;
        EXPECT_TRUE(s.errorClass() == ErrorClass::Config || s.errorClass() == ErrorClass::Weights ||
                    s.errorClass() == ErrorClass::Input)
            << s.message();
        EXPECT_FALSE(s.code().empty());
        EXPECT_FALSE(s.field().empty()) << s.message();
        EXPECT_FALSE(s.message().empty());
      }
    }
  }
  EXPECT_EQ(families.size(), arch::decoderFamilies().size());
  EXPECT_GT(refused, 500u);
  EXPECT_GT(ran, 500u);
}

// --- checkpoints

struct CausalLMWeights : ::testing::Test {
  static Status load(const std::string& config, const std::string& cls, const std::string& file,
                     std::vector<float>* logits) {
    LmRunner runner;
    WF_TRY(runner.load(config, cls, Format::F32, file));
    runner.set("input_ids", {1, 4}, {4, 5, 6, 7});
    WF_TRY(runner.run());
    if (logits) logits->assign(runner.outputs[0].data, runner.outputs[0].data + elementCount(runner.outputs[0].shape));
    return {};
  }
  /// The logits of the unchanged checkpoint.
  static std::vector<float> asItIs(const std::string& name, const std::string& cls) {
    std::vector<float> logits;
    const Status s = load(configOf(name), cls, weightsOf(name), &logits);
    EXPECT_TRUE(s.ok()) << s.message();
    return logits;
  }
  static void same(const std::string& name, const std::string& cls, const std::string& config, const Tensors& tensors) {
    std::vector<float> logits;
    const Status s = load(config, cls, tensors.file(), &logits);
    ASSERT_TRUE(s.ok()) << s.message();
    EXPECT_EQ(logits, asItIs(name, cls));
  }
};

TEST_F(CausalLMWeights, WithAndWithoutThePrefixAndWithBuffersOfOldVersions) {
  struct Case {
    const char *name, *cls, *prefix, *buffer;
  };
  for (const Case& c : {Case{"gpt2-lm", "GPT2LMHeadModel", "transformer.", "h.0.attn.bias"},
                        Case{"gpt2-lm", "GPT2LMHeadModel", "transformer.", "h.0.attn.masked_bias"},
                        Case{"llama-lm", "LlamaForCausalLM", "model.", "layers.0.self_attn.rotary_emb.inv_freq"},
                        Case{"gpt-neox-lm", "GPTNeoXForCausalLM", "gpt_neox.", "layers.0.attention.bias"},
                        Case{"opt-lm", "OPTForCausalLM", "model.", "unknown"}}) {
    SCOPED_TRACE(c.name);
    Tensors tensors(weightsOf(c.name));
    tensors.rename(c.prefix, "");
    tensors.all[c.buffer] = {"U8", {1, 1, 4, 4}, std::string(16, '\1')};
    same(c.name, c.cls, configOf(c.name), tensors);
  }
}

TEST_F(CausalLMWeights, OutputLayersTiedAndNot) {
  // Tied, and the file holds the output layer, too: the table counts, whichever comes first.
  for (const char* head : {"lm_head.weight", "a"}) {
    Tensors tensors(weightsOf("llama-lm"));
    Tensors::One copy = tensors.all.at("model.embed_tokens.weight");
    std::fill(copy.bytes.begin(), copy.bytes.end(), '\0');
    tensors.all[head] = copy;
    same("llama-lm", "LlamaForCausalLM", configOf("llama-lm"), tensors);
  }
  // Tied, and the file names only the output layer.
  Tensors only(weightsOf("llama-lm"));
  only.rename("model.embed_tokens.weight", "lm_head.weight");
  same("llama-lm", "LlamaForCausalLM", configOf("llama-lm"), only);
  // Untied, and there is none.
  const std::string untied = withField(configOf("llama-lm"), "tie_word_embeddings", "false");
  Status s = load(untied, "LlamaForCausalLM", weightsOf("llama-lm"), nullptr);
  EXPECT_EQ(s.code(), "missing_tensors");
  EXPECT_EQ(s.field(), "lm_head.weight");
  EXPECT_EQ(errorClassName(s.errorClass()), "WeightsError");
  // The base model does not need it.
  EXPECT_TRUE(load(untied, "LlamaModel", weightsOf("llama-lm"), nullptr).ok());
}

TEST_F(CausalLMWeights, VocabularyLargerThanTheTable) {
  const Status s =
      load(withField(configOf("llama-lm"), "vocab_size", "300"), "LlamaForCausalLM", weightsOf("llama-lm"), nullptr);
  EXPECT_EQ(errorClassName(s.errorClass()), "WeightsError");
  EXPECT_EQ(s.code(), "wrong_shape");
  EXPECT_EQ(s.field(), "model.embed_tokens.weight");
  EXPECT_NE(s.message().find("[300, 32]"), std::string::npos) << s.message();
}

TEST_F(CausalLMWeights, ExpertsInTwoTensors) {
  Tensors tensors(weightsOf("qwen2-moe-lm"));
  for (const std::string layer : {"model.layers.0.mlp.experts.", "model.layers.1.mlp.experts."}) {
    Tensors::One gateUp{"F32", {4, 48, 32}, ""}, down{"F32", {4, 32, 24}, ""};
    for (int i = 0; i < 4; ++i) {
      const std::string expert = layer + std::to_string(i) + ".";
      gateUp.bytes +=
          tensors.all.at(expert + "gate_proj.weight").bytes + tensors.all.at(expert + "up_proj.weight").bytes;
      down.bytes += tensors.all.at(expert + "down_proj.weight").bytes;
      for (const char* name : {"gate_proj.weight", "up_proj.weight", "down_proj.weight"})
        tensors.all.erase(expert + name);
    }
    tensors.all[layer + "gate_up_proj"] = gateUp;
    tensors.all[layer + "down_proj"] = down;
  }
  same("qwen2-moe-lm", "Qwen2MoeForCausalLM", configOf("qwen2-moe-lm"), tensors);
  tensors.all.erase("model.layers.1.mlp.experts.down_proj");
  const Status s = load(configOf("qwen2-moe-lm"), "Qwen2MoeForCausalLM", tensors.file(), nullptr);
  EXPECT_EQ(s.code(), "missing_tensors");
  EXPECT_EQ(s.field(), "layers.1.mlp.experts.0.down_proj.weight");
}

TEST_F(CausalLMWeights, NamesWhatIsMissingOrNotFinite) {
  for (const char* name : {"bloom-lm", "gpt2-lm", "falcon-lm"}) {
    SCOPED_TRACE(name);
    const std::string cls = std::string(name) == "gpt2-lm"    ? "GPT2LMHeadModel"
                            : std::string(name) == "bloom-lm" ? "BloomForCausalLM"
                                                              : "FalconForCausalLM";
    const Tensors good(weightsOf(name));
    for (const auto& [tensor, t] : good.all) {
      Tensors less = good;
      less.all.erase(tensor);
      const Status s = load(configOf(name), cls, less.file(), nullptr);
      EXPECT_EQ(s.code(), "missing_tensors") << tensor;
      EXPECT_TRUE(tensor.ends_with(s.field())) << tensor << " " << s.field();
      Tensors broken = good;
      std::memset(broken.all[tensor].bytes.data(), 0xff, 4);
      for (const Format format : {Format::Q8, Format::Q4, Format::F16}) {
        LmRunner runner;
        const Status bad = runner.load(configOf(name), cls, format, broken.file());
        EXPECT_EQ(bad.code(), "not_finite") << tensor;
        EXPECT_EQ(bad.field(), tensor);
      }
      if (t.shape.size() == 2) continue;
      // The last value of a bias or a norm, and infinity: a product in 8 bits would hide them.
      for (const uint32_t bits : {0x7fc00000u, 0xffc00000u, 0x7f800000u, 0xff800000u}) {
        broken = good;
        auto& bytes = broken.all[tensor].bytes;
        std::memcpy(bytes.data() + bytes.size() - 4, &bits, 4);
        LmRunner runner;
        EXPECT_EQ(runner.load(configOf(name), cls, Format::Q8, broken.file()).code(), "not_finite") << tensor;
      }
    }
  }
}

// --- inputs

struct CausalLMInputs : ::testing::Test {
  LmRunner runner;
  std::vector<std::vector<float>> logits;

  void SetUp() override {
    ASSERT_TRUE(runner.loadCase("llama-batch-lm", Format::F32).ok());
    ASSERT_TRUE(runner.lm().reserve(3, 70, CacheType::F32).ok());
  }
  Status feed(const std::vector<int32_t>& ids, size_t rows = 1, const std::vector<uint8_t>& mask = {}) {
    return runner.feed(ids, mask, rows, logits);
  }
};

TEST_F(CausalLMInputs, OfCachedPasses) {
  const auto code = [](const Status& s) {
    EXPECT_TRUE(s.ok() || s.errorClass() == ErrorClass::Input) << s.message();
    return s.code();
  };
  ASSERT_TRUE(feed({5, 6, 7}).ok());
  const auto before = logits;
  EXPECT_EQ(code(feed({61})), "ids_out_of_range");
  EXPECT_EQ(code(feed({-1})), "ids_out_of_range");
  EXPECT_EQ(code(feed({1, 2, 3}, 3)), "rows_mismatch");
  EXPECT_EQ(code(feed({1, 2, 3, 4}, 4)), "rows_mismatch");
  EXPECT_EQ(code(feed(std::vector<int32_t>(62, 5))), "too_long");  // 64 is the context
  EXPECT_EQ(code(feed(std::vector<int32_t>(68, 5))), "cache_full");
  arch::Pass pass{*runner.kernels, runner.arena, runner.inputs, runner.outputs};
  EXPECT_EQ(code(runner.lm().beginCached({nullptr, nullptr, 1, 0}, pass)), "empty_input");
  EXPECT_EQ(runner.lm().cached(), 3u);
  runner.lm().crop(2);
  ASSERT_TRUE(feed({7}).ok());
  EXPECT_EQ(logits, before);
  ASSERT_TRUE(feed(std::vector<int32_t>(61, 5)).ok());  // exactly the context
  EXPECT_EQ(code(feed({5})), "too_long");
  // Padding does not count: 64 real tokens among 66.
  runner.lm().crop(0);
  std::vector<uint8_t> mask(66, 1);
  mask[0] = mask[1] = 0;
  EXPECT_EQ(code(feed(std::vector<int32_t>(66, 5), 1, mask)), "");
  EXPECT_EQ(code(feed({5})), "too_long");
}

TEST_F(CausalLMInputs, AFailedOrLeftPassLeavesTheCacheAsItWas) {
  ASSERT_TRUE(feed({5, 6, 7, 8, 9, 10}, 2).ok());
  ASSERT_TRUE(feed({11, 12}, 2).ok());
  const auto want = logits;
  runner.lm().crop(3);
  // A longer pass with padding, abandoned after its first layer.
  runner.arena.reset();
  runner.outputs.clear();
  arch::Pass pass{*runner.kernels, runner.arena, runner.inputs, runner.outputs};
  const int32_t other[] = {1, 2, 3, 4};
  const uint8_t mask[] = {0, 1, 0, 1};
  ASSERT_TRUE(runner.lm().beginCached({other, mask, 2, 2}, pass).ok());
  ASSERT_TRUE(runner.lm().step(0, pass).ok());
  EXPECT_EQ(runner.lm().cached(), 3u);
  ASSERT_TRUE(feed({11, 12}, 2).ok());
  EXPECT_EQ(logits, want);
  // No step without a begin.
  EXPECT_EQ(runner.lm().step(0, pass).code(), "wrong_step");
  // A pass without the cache leaves the cache alone.
  runner.lm().crop(3);
  runner.set("input_ids", {1, 5}, {9, 8, 7, 6, 5});
  ASSERT_TRUE(runner.run().ok());
  ASSERT_TRUE(feed({11, 12}, 2).ok());
  EXPECT_EQ(logits, want);
}

TEST_F(CausalLMInputs, ACacheThatDoesNotFit) {
  const Status s = runner.lm().reserve(1, SIZE_MAX / 8, CacheType::F16);
  EXPECT_EQ(errorClassName(s.errorClass()), "MemoryError");
  EXPECT_EQ(s.code(), "out_of_memory");
  EXPECT_EQ(runner.lm().cached(), 0u);
  EXPECT_EQ(feed({5}).code(), "cache_full");
  ASSERT_TRUE(runner.lm().reserve(1, 4, CacheType::F16).ok());
  EXPECT_TRUE(feed({5}).ok());
  // Per token: 2 layers of 2 × 2 heads of 8 values, one byte of mask; Q8 has a scale of 4 bytes per head.
  EXPECT_EQ(runner.lm().cacheBytesPerToken(CacheType::F32), 2u * 4 * 32 + 1);
  EXPECT_EQ(runner.lm().cacheBytesPerToken(CacheType::F16), 2u * 4 * 16 + 1);
  EXPECT_EQ(runner.lm().cacheBytesPerToken(CacheType::Q8), 2u * 4 * (8 + 4) + 1);
}

TEST_F(CausalLMInputs, RowsThatDoNotExist) {
  ASSERT_TRUE(feed({5, 6}, 2).ok());
  const uint32_t far[] = {0, 2}, many[] = {0, 0, 0, 0};
  EXPECT_FALSE(runner.lm().reorder(far, 2).ok());
  EXPECT_FALSE(runner.lm().reorder(many, 4).ok());
  EXPECT_FALSE(runner.lm().reorder(far, 0).ok());
  EXPECT_TRUE(feed({5, 6}, 2).ok());
}

TEST_F(CausalLMInputs, OfPlainPasses) {
  const auto run = [&](const std::string& name, const Shape& shape, const std::vector<int32_t>& values) {
    runner.inputs.clear();
    if (name != "input_ids") runner.set("input_ids", {1, 2}, {5, 6});
    runner.set(name, shape, values);
    const Status s = runner.run();
    EXPECT_TRUE(s.ok() || s.errorClass() == ErrorClass::Input) << s.message();
    return s.code();
  };
  EXPECT_EQ(run("input_ids", {1, 0}, {}), "empty_input");
  EXPECT_EQ(run("input_ids", {2}, {5, 6}), "bad_shape");
  EXPECT_EQ(run("input_ids", {1, 2}, {5, 61}), "ids_out_of_range");
  EXPECT_EQ(run("input_ids", {1, 65}, std::vector<int32_t>(65, 5)), "too_long");
  EXPECT_EQ(run("attention_mask", {1, 3}, {1, 1, 1}), "shape_mismatch");
  EXPECT_EQ(run("attention_mask", {1, 2}, {1, 2}), "bad_mask");
  EXPECT_EQ(run("position_ids", {1, 2}, {-1, 0}), "ids_out_of_range");
  EXPECT_EQ(run("token_type_ids", {1, 2}, {0, 0}), "unknown_input");
  EXPECT_EQ(run("position_ids", {1, 2}, {1, 0}), "");
  EXPECT_EQ(run("input_ids", {1, 64}, std::vector<int32_t>(64, 5)), "");
}

TEST_F(CausalLMInputs, PositionsAsGivenArePositionsAsCounted) {
  runner.set("input_ids", {1, 3}, {5, 6, 7});
  ASSERT_TRUE(runner.run().ok());
  const std::vector<float> counted(runner.outputs[0].data,
                                   runner.outputs[0].data + elementCount(runner.outputs[0].shape));
  runner.set("position_ids", {1, 3}, {0, 1, 2});
  ASSERT_TRUE(runner.run().ok());
  EXPECT_EQ(counted, std::vector<float>(runner.outputs[0].data, runner.outputs[0].data + counted.size()));
  runner.inputs.pop_back();
  runner.set("position_ids", {1, 3}, {0, 2, 4});
  ASSERT_TRUE(runner.run().ok());
  EXPECT_NE(counted, std::vector<float>(runner.outputs[0].data, runner.outputs[0].data + counted.size()));
}

TEST(CausalLMBase, GivesHiddenStates) {
  for (const char* name : {"llama-lm", "opt-projected-lm"}) {
    LmRunner runner;
    const std::string cls = std::string(name) == "llama-lm" ? "LlamaModel" : "OPTModel";
    ASSERT_TRUE(runner.loadCase(name, Format::F32, cls).ok());
    ASSERT_EQ(runner.model->outputs().size(), 1u);
    EXPECT_EQ(runner.model->outputs()[0].name, "last_hidden_state");
    runner.set("input_ids", {1, 3}, {5, 6, 7});
    ASSERT_TRUE(runner.run().ok());
    EXPECT_EQ(runner.outputs[0].shape, (Shape{1, 3, std::string(name) == "llama-lm" ? 32 : 24}));
  }
}

}  // namespace
}  // namespace wasmformers::testing::causal_lm
