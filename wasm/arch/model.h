// What a model family is to the rest of the house. Each family is one file with the same three parts in the
// same order: its configuration (read from config.json), its weights (declared by the checkpoint's own
// names), its forward pass (in steps, so that the caller can breathe, show progress or stop between layers).
// Programs bring the families that they are for: encoder_families.cpp lists those of the engine.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/arena.h"
#include "json/json.h"
#include "kernels/kernels.h"
#include "weights/weights.h"

namespace wasmformers::arch {

/// The task layer on top of the base model, by the ending of the class name in config.json's `architectures`.
enum class Head : uint8_t {
  Base,
  MaskedLM,
  SequenceClassification,
  TokenClassification,
  QuestionAnswering,
  MultipleChoice,
  CausalLM,
};

/// "BertForMaskedLM" → MaskedLM, "BertModel" and "" → Base; ConfigError "unknown_architecture" otherwise.
Result<Head> headFromArchitecture(std::string_view architecture);

/// One named input; the data is owned here and was written by the caller.
struct Input {
  std::string name;
  DType dtype = DType::I32;  // I32 or F32
  Shape shape;
  Buffer data;
};

/// One named output; the data lies in the pass's arena.
struct Output {
  std::string name;
  Shape shape;
  const float* data = nullptr;
};

/// All that one forward pass works on.
struct Pass {
  const kernels::Table& kernels;
  Arena& arena;
  const std::vector<Input>& inputs;
  std::vector<Output>& outputs;

  const Input* input(std::string_view name) const;
};

class Decoder;

class Model {
 public:
  virtual ~Model() = default;

  /// What generation needs of it (decoder.h); nullptr where the model does not generate.
  virtual Decoder* decoder() { return nullptr; }

  /// Declares every tensor; called once, before loading. `this` must not move afterwards.
  virtual void declare(nn::Weights&) = 0;
  /// After all tensors came: what depends on which optional ones did (tied layers).
  virtual Status loaded() { return {}; }

  virtual std::vector<std::string> inputNames() const = 0;
  virtual std::vector<std::string> outputNames() const = 0;  // after loading: some outputs need optional tensors

  /// Checks the inputs (InputError) and embeds them. A failed begin leaves the model ready for the next one.
  virtual Status begin(Pass&) = 0;
  /// How many times step() is to be called: a layer each, the last one makes the outputs.
  virtual size_t steps() const = 0;
  virtual Status step(size_t index, Pass&) = 0;
};

struct Request {
  Head head = Head::Base;
  kernels::Format format = kernels::Format::F32;
};

/// One line of a table of families.
struct Family {
  std::string_view modelType;  // config.json's model_type
  Result<std::unique_ptr<Model>> (*create)(json::Value config, const Request&);
};

/// A table each, so that a program holds the code of no family that it is not for.
std::span<const Family> encoderFamilies();
std::span<const Family> decoderFamilies();

/// Makes the model that config.json describes. ConfigError: "unknown_model_type" (not one of `families`),
/// "unsupported_head", a field that is missing, of the wrong type or out of range.
Result<std::unique_ptr<Model>> createModel(json::Value config, const Request&, std::span<const Family> families);

}  // namespace wasmformers::arch
