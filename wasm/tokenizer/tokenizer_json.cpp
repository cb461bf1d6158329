// Reading tokenizer.json: its sections in the order of the stages, each by its factory.
#include "tokenizer/tokenizer.h"

namespace wasmformers::tokenizer {
namespace {

Status wrongValue(const Component& c, std::string_view key, std::string_view value) {
  const std::string field = c.path + "." + std::string(key);
  return tokenizerError("bad_value", field + " \"" + std::string(value) + "\" is unknown.", field);
}

Result<bool> isLeft(const Component& c) {
  WF_ASSIGN(const std::string direction, c.string("direction", "Right"));
  if (direction != "Left" && direction != "Right") return wrongValue(c, "direction", direction);
  return direction == "Left";
}

Result<Truncation> readTruncation(const Component& c) {
  Truncation t;
  if (!c.value || c.value.isNull()) return t;
  WF_ASSIGN(t.maxLength, c.number("max_length"));
  WF_ASSIGN(t.stride, c.number("stride", 0));
  WF_ASSIGN(t.fromLeft, isLeft(c));
  WF_ASSIGN(const std::string strategy, c.string("strategy", "LongestFirst"));
  if (strategy == "LongestFirst") t.strategy = TruncationStrategy::LongestFirst;
  else if (strategy == "OnlyFirst") t.strategy = TruncationStrategy::OnlyFirst;
  else if (strategy == "OnlySecond") t.strategy = TruncationStrategy::OnlySecond;
  else return wrongValue(c, "strategy", strategy);
  return t;
}

Result<Padding> readPadding(const Component& c) {
  Padding p;
  if (!c.value || c.value.isNull()) return p;
  WF_ASSIGN(p.left, isLeft(c));
  WF_ASSIGN(p.multipleOf, c.number("pad_to_multiple_of", 0));
  WF_ASSIGN(p.id, c.number("pad_id", 0));
  WF_ASSIGN(p.typeId, c.number("pad_type_id", 0));
  WF_ASSIGN(p.token, c.string("pad_token", "[PAD]"));
  const Component strategy = c.member("strategy");
  if (strategy.value.isObject()) {
    p.strategy = PaddingStrategy::Fixed;
    WF_ASSIGN(p.length, strategy.number("Fixed"));
  } else {
    WF_ASSIGN(const std::string name, c.string("strategy", "BatchLongest"));
    if (name != "BatchLongest") return wrongValue(c, "strategy", name);
    p.strategy = PaddingStrategy::Longest;
  }
  return p;
}

}  // namespace

Status Tokenizer::read(const Component& root) {
  if (!root.value.isObject()) {
    return tokenizerError("wrong_type", "The file must be a JSON object, found " + std::string(root.value.typeName()) + ".", "");
  }
  const json::Value version = root.value["version"];
  if (version && version.asString() != "1.0") {
    return tokenizerError("unknown_version", "The file's version is not \"1.0\".", "version");
  }
  WF_ASSIGN(truncation_, readTruncation(root.member("truncation")));
  WF_ASSIGN(padding_, readPadding(root.member("padding")));
  WF_ASSIGN(normalizer_, makeNormalizer(root.member("normalizer")));
  WF_ASSIGN(preTokenizer_, makePreTokenizer(root.member("pre_tokenizer")));
  const Component model = root.member("model");
  if (!model.value) return tokenizerError("missing_field", "The file has no model.", "model");
  WF_ASSIGN(model_, makeModel(model));
  WF_ASSIGN(post_, makePostProcessor(root.member("post_processor")));
  WF_ASSIGN(decoder_, makeDecoder(root.member("decoder")));
  WF_ASSIGN(const std::vector<AddedToken> tokens, readAddedTokens(root.member("added_tokens")));
  addTokens(tokens);
  return {};
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::fromJson(std::string_view json, std::string_view file) {
  WF_ASSIGN(const json::Document document, json::Document::parse(json, file, ErrorClass::Tokenizer));
  std::unique_ptr<Tokenizer> t(new Tokenizer());
  if (Status s = t->read({document.root(), ""}); !s.ok()) return std::move(s).inFile(file);
  return t;
}

}  // namespace wasmformers::tokenizer
