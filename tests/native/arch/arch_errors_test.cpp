// Wrong configurations, checkpoints and inputs of encoders: each gives an error of the right class with code, file and
// field, nothing crashes, and the next call works.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>

#include "goldens.h"
#include "json/json.h"

namespace wasmformers::testing {
namespace {

std::string configOf(const std::string& model) { return readFile(fixture("models/" + model + "/config.json")); }
std::string weightsOf(const std::string& model) { return readFile(fixture("models/" + model + "/model.safetensors")); }
std::string classOf(const std::string& model) {
  auto parsed =
      json::Document::parse(readFile(fixture("models/" + model + "/case.json")), "case.json", ErrorClass::Config);
  EXPECT_TRUE(parsed.ok());
  return parsed.ok() ? std::string(parsed->root()["cls"].asString()) : "";
}

/// The configuration with one field set to `value` (JSON). It is put first, since of duplicates the first is read.
std::string withField(const std::string& config, const std::string& field, const std::string& value) {
  return "{\"" + field + "\": " + value + "," + config.substr(config.find('{') + 1);
}

Status create(const std::string& config, arch::Head head) {
  WF_ASSIGN(json::Document document, json::Document::parse(config, "config.json", ErrorClass::Config));
  WF_ASSIGN(auto model, arch::createModel(document.root(), {head, kernels::Format::F32}, arch::encoderFamilies()));
  (void)model;
  return {};
}

arch::Head headOf(const std::string& model) {
  auto head = arch::headFromArchitecture(classOf(model));
  EXPECT_TRUE(head.ok());
  return head.ok() ? *head : arch::Head::Base;
}

struct BadField {
  const char *model, *field, *value, *code;
};
constexpr BadField kBadFields[] = {
    // types and ranges
    {"bert-model", "hidden_size", "\"32\"", "invalid_config"},
    {"bert-model", "hidden_size", "0", "invalid_config"},
    {"bert-model", "hidden_size", "-32", "invalid_config"},
    {"bert-model", "hidden_size", "32.5", "invalid_config"},
    {"bert-model", "hidden_size", "4000000000", "invalid_config"},
    {"bert-model", "num_hidden_layers", "0", "invalid_config"},
    {"bert-model", "num_hidden_layers", "1000000", "invalid_config"},
    {"bert-model", "num_attention_heads", "5", "invalid_config"},
    {"bert-model", "num_attention_heads", "[4]", "invalid_config"},
    {"bert-model", "vocab_size", "true", "invalid_config"},
    {"bert-model", "vocab_size", "1e300", "invalid_config"},
    {"bert-model", "max_position_embeddings", "{}", "invalid_config"},
    {"bert-model", "layer_norm_eps", "\"small\"", "invalid_config"},
    {"bert-model", "layer_norm_eps", "-0.1", "invalid_config"},
    {"bert-model", "tie_word_embeddings", "\"yes\"", "invalid_config"},
    {"bert-model", "hidden_act", "3", "invalid_config"},
    {"bert-classify", "id2label", "[\"a\", \"b\"]", "invalid_config"},
    // options that are not computed here
    {"bert-model", "hidden_act", "\"swoosh\"", "unsupported_config"},
    {"bert-model", "position_embedding_type", "\"relative_key\"", "unsupported_config"},
    {"bert-model", "is_decoder", "true", "unsupported_config"},
    {"electra-choice", "summary_type", "\"mean\"", "unsupported_config"},
    {"electra-choice", "summary_use_proj", "false", "unsupported_config"},
    {"electra-model", "position_embedding_type", "\"relative_key_query\"", "unsupported_config"},
    {"roberta-classify", "position_embedding_type", "\"relative_key\"", "unsupported_config"},
    {"deberta-v2-model", "pos_att_type", "[\"p2p\"]", "unsupported_config"},
    {"deberta-v2-model", "conv_groups", "4", nullptr},  // no convolution: not read
    {"deberta-v2-model-conv", "conv_groups", "4", "unsupported_config"},
    {"deberta-v2-model-conv", "conv_act", "\"swoosh\"", "unsupported_config"},
    {"deberta-v2-model", "attention_head_size", "5", "unsupported_config"},
    {"deberta-v2-choice", "pooler_hidden_size", "7", "unsupported_config"},
    {"modernbert-model", "classifier_pooling", "\"max\"", "unsupported_config"},
    {"modernbert-model", "rope_scaling", "{\"type\": \"linear\", \"factor\": 2}", "unsupported_config"},
    {"modernbert-model", "rope_parameters", "{\"full_attention\": {\"rope_type\": \"yarn\"}}", "unsupported_config"},
    // contradictions
    {"roberta-model", "pad_token_id", "41", "invalid_config"},
    {"mpnet-model", "max_position_embeddings", "2", "invalid_config"},
    {"mpnet-model", "relative_attention_num_buckets", "16", "invalid_config"},
    {"distilbert-model", "n_heads", "7", "invalid_config"},
    {"distilbert-model", "dim", "0", "invalid_config"},
    {"albert-model", "num_hidden_groups", "9", "invalid_config"},
    {"albert-model", "inner_group_num", "100000", "invalid_config"},
    {"albert-model", "embedding_size", "0", "invalid_config"},
    {"deberta-v2-model", "position_buckets", "\"8\"", "invalid_config"},
    {"deberta-v2-model", "position_buckets", "1", "invalid_config"},
    {"deberta-v2-model", "pos_att_type", "7", "invalid_config"},
    {"deberta-v2-model-conv", "conv_kernel_size", "4", "invalid_config"},
    {"modernbert-model", "layer_types", "[\"full_attention\"]", "invalid_config"},
    {"modernbert-model", "layer_types", "[\"full_attention\", \"causal\", \"full_attention\"]", "unsupported_config"},
    {"modernbert-model", "num_attention_heads", "8", "invalid_config"},  // heads of size 3 cannot be rotated
    {"modernbert-model", "rope_parameters", "{\"full_attention\": {\"rope_theta\": \"big\"}}", "invalid_config"},
    {"modernbert-model", "rope_parameters", "{\"sliding_attention\": {\"rope_theta\": 0}}", "invalid_config"},
    // the family
    {"bert-model", "model_type", "\"gpt17\"", "unknown_model_type"},
    {"bert-model", "model_type", "null", "unknown_model_type"},
};

TEST(ArchConfig, NamesTheFieldThatIsWrong) {
  for (const BadField& bad : kBadFields) {
    SCOPED_TRACE(std::string(bad.model) + " " + bad.field + " = " + bad.value);
    const std::string config = configOf(bad.model);
    const Status s = create(withField(config, bad.field, bad.value), headOf(bad.model));
    if (!bad.code) {
      EXPECT_TRUE(s.ok()) << s.message();
      continue;
    }
    EXPECT_EQ(errorClassName(s.errorClass()), "ConfigError");
    EXPECT_EQ(s.code(), bad.code);
    EXPECT_EQ(s.file(), "config.json");
    EXPECT_EQ(s.field(), bad.field);
    EXPECT_GT(s.message().size(), 20u);
    EXPECT_TRUE(create(config, headOf(bad.model)).ok());
  }
}

TEST(ArchConfig, UnknownTypeListsWhatIsKnown) {
  const Status s = create("{\"model_type\": \"gpt17\"}", arch::Head::Base);
  for (const arch::Family& f : arch::encoderFamilies())
    EXPECT_NE(s.message().find(f.modelType), std::string::npos) << f.modelType;
}

TEST(ArchConfig, NoObjectNoJson) {
  for (const char* text : {"[]", "3", "null", "\"bert\""}) {
    const Status s = create(text, arch::Head::Base);
    EXPECT_EQ(s.errorClass(), ErrorClass::Config) << text;
    EXPECT_EQ(s.file(), "config.json") << text;
  }
  EXPECT_EQ(create("<!DOCTYPE html><html>", arch::Head::Base).code(), "html_instead_of_json");
  EXPECT_EQ(create("{\"model_type\": ", arch::Head::Base).code(), "invalid_json");
}

TEST(ArchConfig, Architectures) {
  EXPECT_EQ(*arch::headFromArchitecture(""), arch::Head::Base);
  EXPECT_EQ(*arch::headFromArchitecture("XLMRobertaModel"), arch::Head::Base);
  EXPECT_EQ(*arch::headFromArchitecture("DebertaV2ForMultipleChoice"), arch::Head::MultipleChoice);
  EXPECT_EQ(*arch::headFromArchitecture("GPT2LMHeadModel"), arch::Head::CausalLM);
  EXPECT_EQ(*arch::headFromArchitecture("GPTNeoXForCausalLM"), arch::Head::CausalLM);
  const Status decoder = create("{\"model_type\": \"bert\"}", arch::Head::CausalLM);
  EXPECT_EQ(decoder.code(), "unsupported_config");
  EXPECT_EQ(decoder.field(), "architectures");
  for (const char* unknown : {"BertForPreTraining", "BertForNextSentencePrediction", "X"}) {
    const auto head = arch::headFromArchitecture(unknown);
    ASSERT_FALSE(head.ok()) << unknown;
    EXPECT_EQ(head.status().code(), "unknown_architecture");
    EXPECT_EQ(head.status().field(), "architectures");
    EXPECT_NE(head.status().message().find(unknown), std::string::npos);
  }
}

// Every field of a configuration of every family is set to values of every kind. The result is a named error, or a
// model that loads and runs. Sanitizer builds find accesses outside of memory.
TEST(ArchConfig, EveryFieldSurvivesEveryKindOfValue) {
  const char* values[] = {"null",
                          "true",
                          "false",
                          "0",
                          "1",
                          "-1",
                          "3",
                          "7",
                          "1.5",
                          "4294967297",
                          "1e308",
                          "-1e308",
                          "9007199254740993",
                          "\"\"",
                          "\"c2p\"",
                          "\"layer_norm\"",
                          "[]",
                          "[null, 1, \"c2p\"]",
                          "{}",
                          "{\"0\": 1}"};
  std::set<std::string> families;
  size_t refused = 0, ran = 0;
  for (const std::string& model : folders("models")) {
    const std::string config = configOf(model), weights = weightsOf(model), cls = classOf(model);
    auto parsed = json::Document::parse(config, "config.json", ErrorClass::Config);
    ASSERT_TRUE(parsed.ok());
    if (!families.insert(std::string(parsed->root()["model_type"].asString())).second) continue;
    const auto io = readTensors(fixture("models/" + model + "/io.safetensors"));
    for (const auto& [field, old] : parsed->root().members()) {
      for (const char* value : values) {
        SCOPED_TRACE(model + " " + std::string(field) + " = " + value);
        Runner runner;
        for (const auto& [name, v] : io) {
          if (name.starts_with("in.")) runner.set(name.substr(3), v.shape, v.ints);
        }
        Status s = runner.load(withField(config, std::string(field), value), cls, kernels::Format::F32, weights);
        if (s.ok()) s = runner.run();
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
  EXPECT_GE(families.size(), 10u);
  EXPECT_GT(refused, 100u);
  EXPECT_GT(ran, 100u);
}

// --- checkpoints

/// The file with one text of its header replaced by another of the same length.
std::string swapped(std::string file, const std::string& from, const std::string& to) {
  EXPECT_EQ(from.size(), to.size());
  const size_t at = file.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) file.replace(at, from.size(), to);
  return file;
}

TEST(ArchWeights, SaysWhatIsMissingOrWrong) {
  const std::string config = configOf("bert-model"), good = weightsOf("bert-model");
  const auto load = [&](const std::string& c, const std::string& file, kernels::Format f = kernels::Format::F32) {
    Runner runner;
    return runner.load(c, "BertModel", f, file);
  };
  Status s = load(config, swapped(good, "encoder.layer.1.output.dense.weight", "encoder.layer.1.output.dense.weighT"));
  EXPECT_EQ(errorClassName(s.errorClass()), "WeightsError");
  EXPECT_EQ(s.code(), "missing_tensors");
  EXPECT_EQ(s.field(), "encoder.layer.1.output.dense.weight");
  EXPECT_NE(s.message().find("encoder.layer.1.output.dense.weight"), std::string::npos);

  s = load(withField(config, "vocab_size", "198"), good);
  EXPECT_EQ(s.code(), "wrong_shape");
  EXPECT_EQ(s.file(), "model.safetensors");
  EXPECT_EQ(s.field(), "embeddings.word_embeddings.weight");
  EXPECT_NE(s.message().find("[198, 32]"), std::string::npos) << s.message();
  EXPECT_NE(s.message().find("[199, 32]"), std::string::npos) << s.message();

  s = load(config, swapped(good, "\"F32\"", "\"I32\""));
  EXPECT_EQ(s.code(), "unsupported_dtype");
  EXPECT_EQ(s.file(), "model.safetensors");
  EXPECT_FALSE(s.field().empty());

  s = load(config, good.substr(0, good.size() - 100));
  EXPECT_EQ(s.code(), "truncated");
  EXPECT_EQ(s.file(), "model.safetensors");

  std::string broken = good;  // NaN in the middle of the data
  std::memset(broken.data() + broken.size() / 2, 0xff, 4096);
  s = load(config, broken, kernels::Format::Q8);
  EXPECT_EQ(s.code(), "not_finite");
  EXPECT_FALSE(s.field().empty());

  EXPECT_TRUE(load(config, good).ok());
}

/// Every `of`-th tensor of a file, from `which` on, as a file of its own.
std::string shard(const std::string& file, size_t which, size_t of) {
  uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  auto header = parseSafetensorsHeader(std::string_view(file).substr(8, size_t(length)), "model.safetensors");
  EXPECT_TRUE(header.ok());
  std::string json = "{", data;
  for (size_t i = which; header.ok() && i < header->tensors.size(); i += of) {
    const TensorInfo& t = header->tensors[i];
    const size_t from = data.size();
    data += file.substr(8 + size_t(length) + size_t(t.begin), size_t(t.end - t.begin));
    json += (json.size() > 1 ? ",\"" : "\"") + t.name + "\":{\"dtype\":\"" + std::string(dtypeName(t.dtype)) +
            "\",\"shape\":" + shapeText(t.shape) + ",\"data_offsets\":[" + std::to_string(from) + "," +
            std::to_string(data.size()) + "]}";
  }
  json += "}";
  length = json.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + json + data;
}

TEST(ArchWeights, ComeInSeveralFiles) {
  const std::string config = configOf("bert-model"), whole = weightsOf("bert-model");
  std::vector<std::vector<float>> results;
  for (const std::vector<std::string>& files :
       {std::vector{whole}, std::vector{shard(whole, 2, 3), shard(whole, 0, 3), shard(whole, 1, 3)}}) {
    Runner runner;
    const Status s = runner.loadShards(config, "BertModel", kernels::Format::F32, files);
    ASSERT_TRUE(s.ok()) << s.message();
    runner.set("input_ids", {1, 3}, {4, 5, 6});
    ASSERT_TRUE(runner.run().ok());
    const auto& o = runner.outputs[0];
    results.emplace_back(o.data, o.data + elementCount(o.shape));
  }
  EXPECT_EQ(results[0], results[1]);
  Runner runner;
  const Status s = runner.loadShards(config, "BertModel", kernels::Format::F32, {shard(whole, 0, 2)});
  EXPECT_EQ(s.code(), "missing_tensors");
  EXPECT_NE(s.message().find("and "), std::string::npos) << s.message();
}

// --- inputs

struct BertInputs : ::testing::Test {
  Runner runner;
  std::vector<float> first;

  void SetUp() override {
    ASSERT_TRUE(runner.load(configOf("bert-model"), "BertModel", kernels::Format::F32, weightsOf("bert-model")).ok());
    first = good();
  }
  std::vector<float> good() {
    runner.inputs.clear();
    runner.set("input_ids", {1, 4}, {2, 7, 9, 3});
    const Status s = runner.run();
    EXPECT_TRUE(s.ok()) << s.message();
    if (!s.ok()) return {};
    return {runner.outputs[0].data, runner.outputs[0].data + 4 * runner.outputs[0].shape[2]};
  }
  // `said` is a part of the message that names the place.
  void refuses(const char* code, const char* field, const char* said) {
    const Status s = runner.run();
    EXPECT_EQ(errorClassName(s.errorClass()), "InputError") << s.message();
    EXPECT_EQ(s.code(), code);
    EXPECT_EQ(s.field(), field);
    EXPECT_NE(s.message().find(said), std::string::npos) << s.message();
    EXPECT_TRUE(runner.outputs.empty());
    arch::Pass pass{*runner.kernels, runner.arena, runner.inputs, runner.outputs};
    EXPECT_EQ(runner.model->step(0, pass).code(), "wrong_step");  // a refused pass has no steps
    EXPECT_EQ(good(), first);
    runner.inputs.clear();
  }
};

TEST_F(BertInputs, IdsOutOfRange) {
  runner.inputs.clear();
  runner.set("input_ids", {2, 3}, {1, 2, 3, 4, 5, 199});
  refuses("ids_out_of_range", "input_ids", "input_ids[1][2] is 199, the vocabulary has 199 entries");
  runner.set("input_ids", {1, 2}, {-1, 2});
  refuses("ids_out_of_range", "input_ids", "input_ids[0][0] is -1");
  runner.set("input_ids", {1, 2}, {1, 2147483647});
  refuses("ids_out_of_range", "input_ids", "2147483647");
}

TEST_F(BertInputs, TokenTypes) {
  for (const int32_t type : {2, -1}) {
    runner.inputs.clear();
    runner.set("input_ids", {1, 3}, {1, 2, 3});
    runner.set("token_type_ids", {1, 3}, {0, 1, type});
    refuses("ids_out_of_range", "token_type_ids", "token_type_ids[0][2]");
  }
}

TEST_F(BertInputs, Masks) {
  runner.inputs.clear();
  runner.set("input_ids", {1, 3}, {1, 2, 3});
  runner.set("attention_mask", {1, 3}, {1, 2, 0});
  refuses("bad_mask", "attention_mask", "attention_mask[0][1] is 2");
}

TEST_F(BertInputs, Shapes) {
  runner.inputs.clear();
  refuses("missing_input", "input_ids", "missing");
  runner.set("input_ids", {3}, {1, 2, 3});
  refuses("bad_shape", "input_ids", "[batch, length]");
  runner.set("input_ids", {1, 1, 3}, {1, 2, 3});
  refuses("bad_shape", "input_ids", "[1, 1, 3]");
  runner.set("input_ids", {-1, -3}, {1, 2, 3});
  refuses("bad_shape", "input_ids", "[-1, -3]");
  runner.set("input_ids", {}, {1});
  refuses("bad_shape", "input_ids", "[]");
  runner.set("input_ids", {1, 3}, {1, 2, 3});
  runner.set("attention_mask", {3, 1}, {1, 1, 1});
  refuses("shape_mismatch", "attention_mask", "[3, 1]");
  runner.set("input_ids", {0, 3}, {});
  refuses("empty_input", "input_ids", "[0, 3]");
  runner.set("input_ids", {1, 0}, {});
  refuses("empty_input", "input_ids", "[1, 0]");
}

TEST_F(BertInputs, TypesAndNames) {
  runner.inputs.clear();
  runner.set("input_ids", {1, 3}, {1, 2, 3});
  runner.inputs[0].dtype = DType::F32;
  refuses("bad_dtype", "input_ids", "integers");
  runner.set("input_ids", {1, 3}, {1, 2, 3});
  runner.set("position_ids", {1, 3}, {0, 1, 2});
  refuses("unknown_input", "position_ids", "position_ids");
}

TEST_F(BertInputs, TooLong) {
  runner.inputs.clear();
  runner.set("input_ids", {1, 65}, std::vector<int32_t>(65, 5));
  refuses("too_long", "input_ids", "65 tokens");
  runner.set("input_ids", {1, 64}, std::vector<int32_t>(64, 5));
  EXPECT_TRUE(runner.run().ok());
}

TEST_F(BertInputs, AllPaddingIsNoAccident) {
  runner.inputs.clear();
  runner.set("input_ids", {2, 3}, {1, 2, 3, 4, 5, 6});
  runner.set("attention_mask", {2, 3}, {1, 1, 1, 0, 0, 0});
  ASSERT_TRUE(runner.run().ok());
  for (const auto& o : runner.outputs) {
    for (int64_t i = 0; i < elementCount(o.shape); ++i) ASSERT_TRUE(std::isfinite(o.data[i])) << o.name;
  }
  EXPECT_EQ(good(), first);
}

TEST_F(BertInputs, StepsInOrder) {
  arch::Pass pass{*runner.kernels, runner.arena, runner.inputs, runner.outputs};
  ASSERT_TRUE(runner.model->begin(pass).ok());
  EXPECT_EQ(runner.model->step(1, pass).code(), "wrong_step");
  EXPECT_EQ(runner.model->step(size_t(-1), pass).code(), "wrong_step");
  for (size_t i = 0; i < runner.model->steps(); ++i) EXPECT_TRUE(runner.model->step(i, pass).ok());
  EXPECT_EQ(runner.model->step(runner.model->steps(), pass).code(), "wrong_step");
  EXPECT_EQ(good(), first);
}

// In RoBERTa's position table no real token uses the first padding_idx + 1 rows.
TEST(ArchInputs, RobertaIsTooLongEarlier) {
  Runner runner;
  ASSERT_TRUE(
      runner.load(configOf("roberta-model"), "RobertaModel", kernels::Format::F32, weightsOf("roberta-model")).ok());
  runner.set("input_ids", {1, 41}, std::vector<int32_t>(41, 5));
  EXPECT_EQ(runner.run().code(), "too_long");
  runner.inputs.clear();
  runner.set("input_ids", {1, 40}, std::vector<int32_t>(40, 5));
  EXPECT_TRUE(runner.run().ok());
}

TEST(ArchInputs, FamiliesWithoutTypes) {
  Runner runner;
  ASSERT_TRUE(
      runner.load(configOf("distilbert-model"), "DistilBertModel", kernels::Format::F32, weightsOf("distilbert-model"))
          .ok());
  std::vector<std::string> names;
  for (const arch::Declared& d : runner.model->inputs()) names.emplace_back(d.name);
  EXPECT_EQ(names, (std::vector<std::string>{"input_ids", "attention_mask"}));
  runner.set("input_ids", {1, 2}, {5, 6});
  runner.set("token_type_ids", {1, 2}, {0, 0});
  EXPECT_TRUE(runner.run().ok());
  runner.inputs.clear();
  runner.set("input_ids", {1, 2}, {5, 6});
  runner.set("token_type_ids", {1, 2}, {0, 1});
  const Status s = runner.run();
  EXPECT_EQ(s.code(), "ids_out_of_range");
  EXPECT_EQ(s.field(), "token_type_ids");
}

TEST(ArchInputs, ChoicesHaveThreeAxes) {
  Runner runner;
  ASSERT_TRUE(
      runner.load(configOf("bert-choice"), "BertForMultipleChoice", kernels::Format::F32, weightsOf("bert-choice"))
          .ok());
  runner.set("input_ids", {1, 4}, {1, 2, 3, 4});
  const Status s = runner.run();
  EXPECT_EQ(s.code(), "bad_shape");
  EXPECT_NE(s.message().find("[batch, choices, length]"), std::string::npos);
  runner.inputs.clear();
  runner.set("input_ids", {1, 2, 2}, {1, 2, 3, 4});
  ASSERT_TRUE(runner.run().ok());
  EXPECT_EQ(runner.outputs[0].shape, (Shape{1, 2}));
}

TEST(Arena, RefusesWhatCannotBe) {
  Arena arena;
  EXPECT_EQ(arena.alloc<float>(SIZE_MAX / 2), nullptr);
  EXPECT_TRUE(arena.failed());
  arena.reset();
  EXPECT_NE(arena.alloc<float>(100), nullptr);
  EXPECT_FALSE(arena.failed());
}

}  // namespace
}  // namespace wasmformers::testing
