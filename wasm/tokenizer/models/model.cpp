// See model.h: the factory.
// Optimize: least
#include "tokenizer/models/model.h"

namespace wasmformers::tokenizer {

Status missingUnkToken(std::string_view unkToken) {
  return tokenizerError(
      "missing_unk_token",
      "A word is not in the vocabulary, and neither is the unknown token \"" + std::string(unkToken) + "\".",
      "model.unk_token");
}

std::string_view modelType(const Component& c) {
  if (c.value["type"]) return c.type();
  if (c.value["vocab"].isArray()) return "Unigram";
  if (!c.value["vocab"].isObject()) return {};
  if (c.value["merges"]) return "BPE";
  return c.value["continuing_subword_prefix"] && c.value["max_input_chars_per_word"] ? "WordPiece" : "WordLevel";
}

std::unique_ptr<Model> makeModel(const Component& c, Tables* tables) {
  const std::string_view type = modelType(c);
  if (type == "Unigram") return makeUnigram(c, tables);
  if (type == "BPE") return makeBpe(c, tables);
  if (type == "WordPiece") return makeWordPiece(c, tables);
  if (type == "WordLevel") return makeWordLevel(c, tables);
  return c.unknown("model");
}

}  // namespace wasmformers::tokenizer
