// See model.h: the factory, the vocabulary section, and WordLevel, which is a look-up.
#include "tokenizer/model.h"

namespace wasmformers::tokenizer {
namespace {

class WordLevel final : public Model {
 public:
  Status read(const Component& c) {
    WF_ASSIGN(unkToken_, c.string("unk_token"));
    return readVocabulary(c.member("vocab"), vocabulary_);
  }

  Status tokenize(const PreTokenized& text, Tokens& out) const override {
    const uint32_t unk = vocabulary_.find(unkToken_);
    for (size_t i = 0; i < text.pieces.size(); ++i) {
      if (addAdded(text, i, out)) continue;
      const Piece& p = text.pieces[i];
      uint32_t id = vocabulary_.find(text.view(p));
      if (id == kNoId) id = unk;
      if (id == kNoId) {
        return tokenizerError("missing_unk_token", "A word is not in the vocabulary, and neither is the unknown token \"" + unkToken_ + "\".", "model.unk_token");
      }
      out.add(id, p.begin, p.end, i);
    }
    return {};
  }

 private:
  std::string unkToken_;
};

}  // namespace

Status readVocabulary(const Component& c, Vocabulary& to) {
  if (!c.value.isObject()) {
    return tokenizerError(c.value ? "wrong_type" : "missing_field",
                          c.path + " must be an object of tokens and ids, found " + std::string(c.value.typeName()) + ".", c.path);
  }
  const size_t n = c.value.size();
  to.reserve(n, n * 8);
  for (auto [token, value] : c.value.members()) {
    const auto id = value.asUint();
    if (!id || *id > INT32_MAX) {
      return tokenizerError("bad_id", "The id of token \"" + std::string(token) + "\" in " + c.path + " must be an integer from 0 to 2147483647.", c.path);
    }
    to.add(token, uint32_t(*id));
  }
  to.finish();
  return {};
}

Result<std::unique_ptr<Model>> makeWordLevel(const Component& c) {
  auto model = std::make_unique<WordLevel>();
  WF_TRY(model->read(c));
  return std::unique_ptr<Model>(std::move(model));
}

Result<std::unique_ptr<Model>> makeModel(const Component& c) {
  std::string_view type = c.type();
  if (c.value.isObject() && !c.value["type"] && c.value["vocab"].isObject() && !c.value["merges"]) {
    type = c.value["continuing_subword_prefix"] && c.value["max_input_chars_per_word"] ? "WordPiece" : "WordLevel";
  }
  if (type == "WordPiece") return makeWordPiece(c);
  if (type == "WordLevel") return makeWordLevel(c);
  return unknownComponent(c, "model");
}

}  // namespace wasmformers::tokenizer
