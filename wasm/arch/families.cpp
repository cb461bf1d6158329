// See families.h.
// Optimize: least
#include "arch/families.h"

namespace wasmformers::arch {

namespace {

struct NamedHead {
  std::string_view ending;
  Head head;
};
constexpr NamedHead kHeads[] = {
    {"MaskedLM", Head::MaskedLM},
    {"SequenceClassification", Head::SequenceClassification},
    {"TokenClassification", Head::TokenClassification},
    {"QuestionAnswering", Head::QuestionAnswering},
    {"MultipleChoice", Head::MultipleChoice},
    {"CausalLM", Head::CausalLM},
};

}  // namespace

Result<Head> headFromArchitecture(std::string_view architecture) {
  const size_t at = architecture.rfind("For");
  const bool base =
      at == std::string_view::npos && architecture.ends_with("Model") && !architecture.ends_with("LMHeadModel");
  if (architecture.empty() || base) return Head::Base;
  if (architecture.ends_with("LMHeadModel")) return Head::CausalLM;  // "GPT2LMHeadModel"
  const std::string_view ending = at == std::string_view::npos ? architecture : architecture.substr(at + 3);
  for (const NamedHead& h : kHeads) {
    if (h.ending == ending) return h.head;
  }
  return Status(ErrorClass::Config, "unknown_architecture",
                "The architecture \"" + std::string(architecture) + "\" has a head that this engine does not know.")
      .inFile("config.json")
      .atField("architectures");
}

Result<std::unique_ptr<Model>> createModel(json::Value config, const Request& request,
                                           std::span<const Family> families) {
  if (!config.isObject()) {
    return Status(ErrorClass::Config, "invalid_config", "config.json is no JSON object.").inFile("config.json");
  }
  const json::Value type = config["model_type"];
  for (const Family& f : families) {
    if (type.asString() == f.modelType) return f.create(config, request);
  }
  std::string known;
  for (const Family& f : families) known += (known.empty() ? "" : ", ") + std::string(f.modelType);
  const std::string what =
      type.isString() ? "has the model_type \"" + std::string(type.asString()) + "\"" : "has no model_type";
  return Status(ErrorClass::Config, "unknown_model_type", "config.json " + what + "; this engine knows " + known + ".")
      .inFile("config.json")
      .atField("model_type");
}

}  // namespace wasmformers::arch
