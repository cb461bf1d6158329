// Reading tokenizer.json: its sections in the order of the stages, each by the factory of its stage.
// Optimize: least
#include "json/write.h"
#include "tokenizer/tokenizer.h"

namespace wasmformers::tokenizer {
namespace {

bool isLeft(const Component& c) { return c.oneOf("direction", "Right", {"Right", "Left"}); }

Truncation readTruncation(const Component& c) {
  Truncation t;
  if (c.absent()) return t;
  t.maxLength = c.number("max_length");
  t.stride = c.number("stride", 0);
  t.fromLeft = isLeft(c);
  t.strategy = TruncationStrategy(1 + c.oneOf("strategy", "LongestFirst", {"LongestFirst", "OnlyFirst", "OnlySecond"}));
  return t;
}

Padding readPadding(const Component& c) {
  Padding p;
  if (c.absent()) return p;
  p.left = isLeft(c);
  p.multipleOf = c.number("pad_to_multiple_of", 0);
  p.id = c.number("pad_id", 0);
  p.typeId = c.number("pad_type_id", 0);
  p.token = c.string("pad_token", p.token);
  const Component strategy = c.member("strategy");
  if (strategy.value.isObject()) {
    p.strategy = PaddingStrategy::Fixed;
    p.length = strategy.number("Fixed");
  } else {
    c.oneOf("strategy", "BatchLongest", {"BatchLongest"});
    p.strategy = PaddingStrategy::Longest;
  }
  return p;
}

// The file as JSON without what the binary form keeps as tables: the sections that are read here, and of the model all
// but vocab and merges.
std::string skeletonOf(const Component& root) {
  std::string out = "{";
  const auto key = [&](std::string_view name) {
    if (out.back() != '{') out += ',';
    json::writeString(name, out);
    out += ':';
  };
  for (std::string_view name : {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
                                "post_processor", "decoder"}) {
    if (!root.value[name]) continue;
    key(name);
    json::write(root.value[name], out);
  }
  const Component model = root.member("model");
  key("model");
  out += '{';
  if (!model.value["type"]) {
    key("type");
    json::writeString(modelType(model), out);
  }
  for (auto [name, value] : model.value.members()) {
    if (name == "vocab" || name == "merges") continue;
    key(name);
    json::write(value, out);
  }
  return out + "}}";
}

}  // namespace

void Tokenizer::read(const Component& root, Tables* tables) {
  if (root.string("version", "1.0") != "1.0") root.member("version").fail("unknown_version", "is not \"1.0\".");
  truncation_ = readTruncation(root.member("truncation"));
  padding_ = readPadding(root.member("padding"));
  normalizer_ = makeNormalizer(root.member("normalizer"));
  preTokenizer_ = makePreTokenizer(root.member("pre_tokenizer"));
  model_ = makeModel(root.member("model"), tables);
  if (model_ && preTokenizer_ && model_->takesBytes()) preTokenizer_->leaveBytes();
  post_ = makePostProcessor(root.member("post_processor"));
  decoder_ = makeDecoder(root.member("decoder"));
  const std::vector<AddedToken> tokens = readAddedTokens(root.member("added_tokens"));
  if (root.failed() || (tables && (tables->unusual || (tables->form && !tables->form->ok())))) return;
  addTokens(tokens);
  later_.clear();
}

void Tokenizer::addTokens(const std::vector<AddedToken>& tokens, bool onlyNew) {
  const size_t before = later_.size();
  for (const AddedToken& token : tokens)
    if (!added_.has(token, !onlyNew)) later_.push_back(token);
  if (later_.size() == before) return;
  added_.add({later_.begin() + long(before), later_.end()}, model_->vocabulary(), normalizer_.get());
  decodeTable_.reset();
  spaces_.clear();
  decodes_ = Decodes::Unknown;
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::parsed(std::string_view json, std::string_view file, Tables* tables) {
  WF_ASSIGN(const json::Document document, json::Document::parse(json, file, ErrorClass::Tokenizer, true));
  Status status;
  std::unique_ptr<Tokenizer> t(new Tokenizer());
  const Component root(document.root(), "", &status);
  if (root.value.isObject())
    t->read(root, tables);
  else
    status = tokenizerError("wrong_type",
                            "The file must be a JSON object, found " + std::string(root.value.typeName()) + ".", "");
  if (!status.ok()) return std::move(status).inFile(file);
  t->skeleton_ = skeletonOf(root);
  return t;
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::fromJson(std::string_view json, std::string_view file) {
  ModelText text;
  if (text.find(json)) {
    Tables tables;
    tables.text = &text;
    auto quick = parsed(text.rest, file, &tables);
    if (quick.ok() && !tables.unusual) {
      (*quick)->source_ = Source::of(json);
      return quick;
    }
  }
  auto whole = parsed(json, file, nullptr);  // which also gives the best errors
  if (whole.ok()) (*whole)->source_ = Source::of(json);
  return whole;
}

}  // namespace wasmformers::tokenizer
