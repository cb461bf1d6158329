// The table of families: model_type of config.json → the file that knows it. A new family is a line here.
#include "arch/families.h"

namespace wasmformers::arch {

namespace {

constexpr Family kFamilies[] = {
    {"albert", createAlbert},         {"bert", createBert},
    {"camembert", createRoberta},     {"deberta-v2", createDebertaV2},
    {"distilbert", createDistilBert}, {"electra", createElectra},
    {"modernbert", createModernBert}, {"mpnet", createMPNet},
    {"roberta", createRoberta},       {"xlm-roberta", createRoberta},
};

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
};

}  // namespace

Result<Head> headFromArchitecture(std::string_view architecture) {
  const size_t at = architecture.rfind("For");
  const bool base = at == std::string_view::npos && architecture.ends_with("Model") &&
                    !architecture.ends_with("LMHeadModel");
  if (architecture.empty() || base) return Head::Base;
  const std::string_view ending = at == std::string_view::npos ? architecture : architecture.substr(at + 3);
  for (const NamedHead& h : kHeads) {
    if (h.ending == ending) return h.head;
  }
  return Status(ErrorClass::Config, "unknown_architecture",
                "The architecture \"" + std::string(architecture) +
                    "\" has a head that this engine does not know.")
      .inFile("config.json")
      .atField("architectures");
}

std::vector<std::string_view> modelTypes() {
  std::vector<std::string_view> all;
  for (const Family& f : kFamilies) all.push_back(f.modelType);
  return all;
}

Result<std::unique_ptr<Model>> createModel(json::Value config, const Request& request) {
  if (!config.isObject()) {
    return Status(ErrorClass::Config, "invalid_config", "config.json is no JSON object.")
        .inFile("config.json");
  }
  const json::Value type = config["model_type"];
  for (const Family& f : kFamilies) {
    if (type.asString() == f.modelType) return f.create(config, request);
  }
  std::string known;
  for (const Family& f : kFamilies) known += (known.empty() ? "" : ", ") + std::string(f.modelType);
  const std::string what =
      type.isString() ? "has the model_type \"" + std::string(type.asString()) + "\"" : "has no model_type";
  return Status(ErrorClass::Config, "unknown_model_type",
                "config.json " + what + "; this engine knows " + known + ".")
      .inFile("config.json")
      .atField("model_type");
}

const Input* Pass::input(std::string_view name) const {
  for (const Input& in : inputs) {
    if (in.name == name) return &in;
  }
  return nullptr;
}

}  // namespace wasmformers::arch
