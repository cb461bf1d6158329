// From config.json to a model: its architecture names the head, its model_type the family. Each kind of model has one
// table of families (encoders/families.cpp, decoders/families.cpp), and a program brings the tables that it is for, so
// that it holds the code of no other family.
#pragma once

#include <memory>
#include <span>

#include "arch/config.h"
#include "arch/model.h"

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

struct Request {
  Head head = Head::Base;
  kernels::Format format = kernels::Format::F32;
};

/// Makes a model of one family. Each family's file defines one such function.
using CreateFamily = Result<std::unique_ptr<Model>>(json::Value config, const Request&);

/// One line of a table of families.
struct Family {
  std::string_view modelType;  // config.json's model_type
  CreateFamily* create;
};

std::span<const Family> encoderFamilies();
std::span<const Family> decoderFamilies();

/// Makes the model that config.json describes. ConfigError "unknown_model_type" (not one of `families`),
/// "unsupported_config" (a head or an option that the family does not have here), "invalid_config" (a field of a wrong
/// type or out of range).
Result<std::unique_ptr<Model>> createModel(json::Value config, const Request&, std::span<const Family> families);

/// Defines encoderFamilies() or the like from a list with one line FAMILY("model_type", Class) for each family.
#define WF_FAMILIES(function, LIST)                               \
  LIST(WF_DECLARE_FAMILY)                                         \
  std::span<const Family> function() {                            \
    static constexpr Family kFamilies[] = {LIST(WF_LIST_FAMILY)}; \
    return kFamilies;                                             \
  }
#define WF_DECLARE_FAMILY(type, Class) CreateFamily create##Class;
#define WF_LIST_FAMILY(type, Class) {type, create##Class},

/// For a family's file: reads the configuration; gives the model, or the first error in it.
template <class F>
Result<std::unique_ptr<Model>> createFamily(json::Value config, const Request& request) {
  ConfigReader reader(config);
  auto model = std::make_unique<F>(reader, request);
  if (!reader.ok()) return reader.status();
  return std::unique_ptr<Model>(std::move(model));
}

}  // namespace wasmformers::arch
