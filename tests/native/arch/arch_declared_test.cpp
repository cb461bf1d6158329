// Models keep to the inputs and limits that they declare: every golden takes a text of limits().length tokens and
// refuses a longer one. checkInputs() works for inputs of any rank: images, sounds, masks. Also here: the order of
// steps.
#include "declared.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "arch/inputs.h"
#include "arch/steps.h"
#include "json/json.h"
#include "lm_runner.h"

namespace wasmformers::testing {
namespace {

using arch::Declared;

// --- limits

/// Longer texts are not tried.
constexpr size_t kLongest = 600;

/// Runs a text of `length` tokens, none of them a special one.
Status runLength(Runner& runner, size_t length) {
  runner.inputs.clear();
  Shape shape;
  const std::vector<Declared> inputs = runner.model->inputs();
  for (const arch::Axis& axis : inputs[0].dims)
    shape.push_back(axis.name == std::string_view("length") ? int64_t(length) : 1);
  runner.set("input_ids", shape, std::vector<int32_t>(length, 5));
  return runner.run();
}

void expectLimitsHold(Runner& runner) {
  const arch::Limits limits = runner.model->limits();
  EXPECT_GT(limits.vocabulary, 0u);
  EXPECT_TRUE(limits.length == 0 || limits.trainedLength <= limits.length);
  const size_t length = limits.length ? limits.length : 2 * limits.trainedLength;
  if (length > kLongest) return;
  if (length) {
    const Status taken = runLength(runner, length);
    EXPECT_TRUE(taken.ok()) << length << ": " << taken.message();
  }
  if (limits.length) {
    const Status refused = runLength(runner, limits.length + 1);
    EXPECT_EQ(refused.code(), "too_long");
    EXPECT_EQ(refused.field(), "input_ids");
  }
  runner.inputs.clear();
  runner.set("input_ids", std::vector<int64_t>(runner.model->inputs()[0].dims.size(), 1), {int32_t(limits.vocabulary)});
  EXPECT_EQ(runner.run().code(), "ids_out_of_range");
  runner.inputs[0].data.as<int32_t>()[0] = int32_t(limits.vocabulary) - 1;
  EXPECT_TRUE(runner.run().ok());
}

TEST(ArchLimits, OfEveryEncoderGolden) {
  for (const std::string& name : folders("models")) {
    SCOPED_TRACE(name);
    const std::string folder = fixture("models/" + name);
    auto parsed = json::Document::parse(readFile(folder + "/case.json"), "case.json", ErrorClass::Config);
    ASSERT_TRUE(parsed.ok());
    Runner runner;
    const Status s = runner.load(readFile(folder + "/config.json"), std::string(parsed->root()["cls"].asString()),
                                 kernels::Format::F32, readFile(folder + "/model.safetensors"));
    ASSERT_TRUE(s.ok()) << s.message();
    expectLimitsHold(runner);
  }
}

TEST(ArchLimits, OfEveryDecoderGolden) {
  for (const std::string& name : lmCases()) {
    SCOPED_TRACE(name);
    LmRunner runner;
    const Status s = runner.loadCase(name, kernels::Format::F32);
    ASSERT_TRUE(s.ok()) << s.message();
    EXPECT_EQ(runner.model->limits().length, runner.lm().context());
    EXPECT_EQ(runner.model->limits().vocabulary, runner.lm().vocabulary());
    expectLimitsHold(runner);
  }
}

/// The limits of a model with this config.json.
arch::Limits limitsOf(const std::string& config) {
  auto document = json::Document::parse(config, "config.json", ErrorClass::Config);
  auto made = arch::createModel(document->root(), {}, arch::encoderFamilies());
  EXPECT_TRUE(made.ok()) << made.status().message();
  return made.ok() ? (*made)->limits() : arch::Limits{};
}

// RoBERTa's positions begin behind pad_token_id, MPNet's behind 1 whatever pad_token_id says (transformers
// modeling_roberta.py, modeling_mpnet.py).
TEST(ArchLimits, WherePositionsBegin) {
  for (const char* type : {"roberta", "xlm-roberta", "camembert", "mpnet"}) {
    for (const int pad : {0, 1, 5}) {
      SCOPED_TRACE(std::string(type) + " " + std::to_string(pad));
      const size_t offset = type == std::string_view("mpnet") ? 2 : size_t(pad) + 1;
      const arch::Limits limits = limitsOf(R"({"model_type": ")" + std::string(type) + R"(", "pad_token_id": )" +
                                           std::to_string(pad) + R"(, "max_position_embeddings": 514})");
      EXPECT_EQ(limits.length, 514 - offset);
      EXPECT_EQ(limits.trainedLength, 514 - offset);
    }
  }
  EXPECT_EQ(limitsOf(R"({"model_type": "bert", "pad_token_id": 5})").length, 512u);
  const arch::Limits relative =
      limitsOf(R"({"model_type": "deberta-v2", "position_biased_input": false, "relative_attention": true})");
  EXPECT_EQ(relative.length, 0u);
  EXPECT_EQ(relative.trainedLength, 512u);
  EXPECT_EQ(limitsOf(R"({"model_type": "deberta-v2"})").length, 512u);
}

// --- inputs

std::vector<std::string> inputsOf(const std::string& config) {
  auto document = json::Document::parse(config, "config.json", ErrorClass::Config);
  auto made = arch::createModel(document->root(), {}, arch::encoderFamilies());
  EXPECT_TRUE(made.ok()) << made.status().message();
  std::vector<std::string> names;
  for (const Declared& d : (*made)->inputs()) names.emplace_back(d.name);
  return names;
}

TEST(ArchDeclared, TokenTypesWhereTheModelHasThem) {
  const std::vector<std::string> without{"input_ids", "attention_mask"},
      with{"input_ids", "attention_mask", "token_type_ids"};
  for (const char* type : {"bert", "albert", "electra"})
    EXPECT_EQ(inputsOf(R"({"model_type": ")" + std::string(type) + "\"}"), with) << type;
  for (const char* type : {"deberta-v2", "distilbert", "mpnet", "modernbert"})
    EXPECT_EQ(inputsOf(R"({"model_type": ")" + std::string(type) + "\"}"), without) << type;
  EXPECT_EQ(inputsOf(R"({"model_type": "roberta", "type_vocab_size": 1})"), without);
  EXPECT_EQ(inputsOf(R"({"model_type": "deberta-v2", "type_vocab_size": 2})"), with);
}

/// What a model of images may declare.
struct ImageInputs : ::testing::Test {
  Arena arena;
  std::vector<arch::Input> inputs;
  std::vector<arch::Output> outputs;
  const std::vector<Declared> declared{{"pixel_values", DType::F32, {"batch", 3, "height", "width"}},
                                       {"pixel_mask", DType::I32, {"batch", "height", "width"}, true},
                                       {"bias", DType::F32, {"batch", "length", "length"}, true},
                                       {"scale", DType::F32, {}, true}};

  void set(const char* name, DType dtype, Shape shape) {
    arch::Input in;
    in.name = name;
    in.dtype = dtype;
    in.data = Buffer(size_t(std::max<int64_t>(elementCount(shape), 0)) * 4);
    in.shape = std::move(shape);
    inputs.push_back(std::move(in));
  }
  Status check() {
    const arch::Pass pass{kernels::fast(), arena, inputs, outputs};
    const Status s = arch::checkInputs(pass, declared);
    inputs.clear();
    EXPECT_TRUE(s.ok() || s.errorClass() == ErrorClass::Input);
    return s;
  }
  Status pixels(Shape shape, DType dtype = DType::F32) {
    set("pixel_values", dtype, std::move(shape));
    return check();
  }
};

TEST_F(ImageInputs, OfAnyRankAndFloat) {
  EXPECT_TRUE(pixels({2, 3, 4, 5}).ok());
  set("pixel_values", DType::F32, {2, 3, 4, 5});
  set("pixel_mask", DType::I32, {2, 4, 5});
  set("bias", DType::F32, {2, 7, 7});
  set("scale", DType::F32, {});
  EXPECT_TRUE(check().ok());
}

TEST_F(ImageInputs, NamesWhatIsWrong) {
  Status s = check();
  EXPECT_EQ(s.code(), "missing_input");
  EXPECT_EQ(s.field(), "pixel_values");
  s = pixels({2, 3, 4, 5}, DType::I32);
  EXPECT_EQ(s.code(), "bad_dtype");
  EXPECT_EQ(s.message(), "pixel_values must be floating-point numbers.");
  for (const Shape& shape : {Shape{2, 4, 4, 5}, Shape{3, 4, 5}, Shape{2, 3, -4, 5}, Shape{}}) {
    s = pixels(shape);
    EXPECT_EQ(s.code(), "bad_shape") << shapeText(shape);
    EXPECT_EQ(s.field(), "pixel_values");
    EXPECT_EQ(s.message(), "pixel_values must have the shape [batch, 3, height, width], not " + shapeText(shape) + ".");
  }
  s = pixels({2, 3, 0, 5});
  EXPECT_EQ(s.code(), "empty_input");
  set("pixel_values", DType::F32, {2, 3, 4, 5});
  set("pixel_mask", DType::I32, {2, 5, 4});
  s = check();
  EXPECT_EQ(s.code(), "shape_mismatch");
  EXPECT_EQ(s.field(), "pixel_mask");
  EXPECT_EQ(s.message(), "pixel_mask has the shape [2, 5, 4], pixel_values [2, 3, 4, 5].");
  set("pixel_values", DType::F32, {2, 3, 4, 5});
  set("bias", DType::F32, {2, 7, 8});
  s = check();
  EXPECT_EQ(s.code(), "bad_shape");
  EXPECT_EQ(s.message(), "bias must have the shape [batch, length, length], not [2, 7, 8].");
  set("pixel_values", DType::F32, {2, 3, 4, 5});
  set("input_ids", DType::I32, {2, 4});
  s = check();
  EXPECT_EQ(s.code(), "unknown_input");
  EXPECT_EQ(s.field(), "input_ids");
}

// --- steps

TEST(ArchSteps, OneAfterTheOther) {
  Arena arena;
  arch::Steps steps;
  EXPECT_EQ(steps.take(0, 2).code(), "wrong_step");  // not begun
  EXPECT_EQ(steps.take(SIZE_MAX, 2).code(), "wrong_step");
  ASSERT_TRUE(steps.begin(arena).ok());
  EXPECT_EQ(steps.take(1, 2).code(), "wrong_step");
  EXPECT_TRUE(steps.take(0, 2).ok());
  EXPECT_TRUE(steps.check(arena).ok());
  EXPECT_EQ(steps.take(0, 2).code(), "wrong_step");
  EXPECT_TRUE(steps.take(1, 2).ok());
  EXPECT_EQ(steps.take(2, 2).code(), "wrong_step");  // the pass is over
  ASSERT_TRUE(steps.begin(arena).ok());
  steps.stop();
  EXPECT_EQ(steps.take(0, 2).code(), "wrong_step");
}

TEST(ArchSteps, AnArenaThatIsFullEndsThePass) {
  Arena arena;
  arch::Steps steps;
  ASSERT_TRUE(steps.begin(arena).ok());
  ASSERT_TRUE(steps.take(0, 3).ok());
  EXPECT_EQ(arena.alloc<float>(SIZE_MAX / 2), nullptr);
  const Status s = steps.check(arena);
  EXPECT_EQ(errorClassName(s.errorClass()), "MemoryError");
  EXPECT_EQ(s.code(), "out_of_memory");
  EXPECT_EQ(steps.take(1, 3).code(), "wrong_step");
  EXPECT_EQ(steps.begin(arena).code(), "out_of_memory");
  EXPECT_EQ(steps.take(0, 3).code(), "wrong_step");
}

// Without memory a pass fails with a named error in every kind of model, and the next one works.
TEST(ArchSteps, OfEncodersAndDecodersWithoutMemory) {
  LmRunner decoder;
  ASSERT_TRUE(decoder.loadCase("llama-lm", kernels::Format::F32).ok());
  Runner encoder;
  const std::string folder = fixture("models/bert-model");
  ASSERT_TRUE(encoder
                  .load(readFile(folder + "/config.json"), "BertModel", kernels::Format::F32,
                        readFile(folder + "/model.safetensors"))
                  .ok());
  for (Runner* runner : {&encoder, static_cast<Runner*>(&decoder)}) {
    runner->set("input_ids", {1, 3}, {5, 6, 7});
    ASSERT_TRUE(runner->run().ok());
    runner->arena.reset();
    runner->outputs.clear();
    arch::Pass pass{*runner->kernels, runner->arena, runner->inputs, runner->outputs};
    ASSERT_TRUE(runner->model->begin(pass).ok());
    EXPECT_EQ(runner->arena.alloc<float>(SIZE_MAX / 2), nullptr);
    EXPECT_EQ(runner->model->step(0, pass).code(), "out_of_memory");
    EXPECT_EQ(runner->model->step(1, pass).code(), "wrong_step");
    EXPECT_EQ(runner->model->begin(pass).code(), "out_of_memory");
    EXPECT_EQ(runner->model->step(0, pass).code(), "wrong_step");
    EXPECT_TRUE(runner->run().ok());
  }
}

}  // namespace
}  // namespace wasmformers::testing
