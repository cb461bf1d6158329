// WordLevel: a word is one token; a word without a token is the unknown token.
#include "tokenizer/models/model.h"

namespace wasmformers::tokenizer {
namespace {

class WordLevel final : public Model {
 public:
  WordLevel(const Component& c, Tables* tables) : unkToken_(c.string("unk_token")) {
    readVocabulary(c.member("vocab"), tables, vocabulary_);
  }

  Status tokenize(const PreTokenized& text, Tokens& out) const override {
    const uint32_t unk = vocabulary_.find(unkToken_);
    for (size_t i = 0; i < text.pieces.size(); ++i) {
      if (addAdded(text, i, out)) continue;
      const Piece& p = text.pieces[i];
      uint32_t id = vocabulary_.find(text.view(p));
      if (id == kNoId) id = unk;
      if (id == kNoId) return missingUnkToken(unkToken_);
      out.add(id, p.begin, p.end, i);
    }
    return {};
  }

 private:
  std::string unkToken_;
};

}  // namespace

std::unique_ptr<Model> makeWordLevel(const Component& c, Tables* tables) {
  return std::make_unique<WordLevel>(c, tables);
}

}  // namespace wasmformers::tokenizer
