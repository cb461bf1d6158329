// WordPiece: a word is cut from the left, each time at the longest piece that the vocabulary has; pieces after the
// first have a prefix ("##"). A word that cannot be cut completely, or has too many characters, is the unknown token.
// After tokenizers' models/wordpiece. It is fast because it never tries more bytes than the longest token has, and
// because a second table holds the continuing pieces without their prefix.
#include <algorithm>

#include "text/utf8.h"
#include "tokenizer/models/model.h"

namespace wasmformers::tokenizer {
namespace {

class WordPiece final : public Model {
 public:
  WordPiece(const Component& c, Tables* tables)
      : unkToken_(c.string("unk_token")), maxCharacters_(c.number("max_input_chars_per_word")) {
    prefix_ = c.string("continuing_subword_prefix");
    readVocabulary(c.member("vocab"), tables, vocabulary_);
    unk_ = vocabulary_.find(unkToken_);
    if (tables && tables->form) {
      continuing_.read(*tables->form);
      return;
    }
    continuing_.reserve(vocabulary_.size() / 4, vocabulary_.size() * 2);
    for (size_t e = 0; e < vocabulary_.size(); ++e) {
      const std::string_view token = vocabulary_.text(e);
      if (token.starts_with(prefix_)) continuing_.add(token.substr(prefix_.size()), vocabulary_.id(e));
    }
    continuing_.finish();
  }
  void write(BinaryWriter& to) const override {
    Model::write(to);
    continuing_.write(to);
  }

  Status tokenize(const PreTokenized& text, Tokens& out) const override {
    for (size_t i = 0; i < text.pieces.size(); ++i) {
      if (addAdded(text, i, out)) continue;
      const Piece& p = text.pieces[i];
      const std::string_view word = text.view(p);
      const bool short_ = word.size() <= maxCharacters_ || text::countCharacters(word) <= maxCharacters_;
      if (short_ && addWord(word, p.begin, i, out)) continue;
      if (unk_ == kNoId) return missingUnkToken(unkToken_);
      out.add(unk_, p.begin, p.end, i);
    }
    return {};
  }

 private:
  // Appends the word's pieces. False, and nothing is appended, where it cannot be cut.
  bool addWord(std::string_view word, uint32_t base, size_t index, Tokens& out) const {
    const size_t before = out.ids.size();
    for (size_t start = 0; start < word.size();) {
      const Vocabulary& table = start ? continuing_ : vocabulary_;
      size_t length = std::min(word.size() - start, table.longestToken());
      uint32_t id = kNoId;
      for (; length; --length) {
        const char* end = word.data() + start + length;
        if (start + length < word.size() && (static_cast<unsigned char>(*end) & 0xC0) == 0x80)
          continue;  // inside a character
        id = table.find(word.substr(start, length));
        if (id != kNoId) break;
      }
      if (id == kNoId) {
        out.ids.resize(before);
        if (out.detailed) out.ranges.resize(before), out.words.resize(before);
        return false;
      }
      out.add(id, base + uint32_t(start), base + uint32_t(start + length), index);
      start += length;
    }
    return true;
  }

  std::string unkToken_;
  uint32_t maxCharacters_, unk_ = kNoId;
  Vocabulary continuing_;
};

}  // namespace

std::unique_ptr<Model> makeWordPiece(const Component& c, Tables* tables) {
  return std::make_unique<WordPiece>(c, tables);
}

}  // namespace wasmformers::tokenizer
