// See model.h: the factory, the vocabulary section, and WordLevel, which is a look-up.
#include "tokenizer/models/model.h"

#include <algorithm>

#include "tokenizer/binary_form.h"

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

Status missingUnkToken(std::string_view unkToken) {
  return tokenizerError(
      "missing_unk_token",
      "A word is not in the vocabulary, and neither is the unknown token \"" + std::string(unkToken) + "\".",
      "model.unk_token");
}

namespace {

// Reads on until kMany tokens are there or the object ends; a call of its own, so that slow code of the engine's first
// pass does not stay to the end. False where it is not written so.
[[gnu::noinline]] bool readSome(TextScanner& s, Vocabulary& to, bool& more) {
  Spelling waiting[Vocabulary::kMany];
  uint32_t ids[Vocabulary::kMany];
  size_t n = s.plainMembers(waiting, ids, Vocabulary::kMany);
  more = true;
  if (!n) {
    uint64_t id = 0;
    std::string_view token;
    if (!s.string(token) || !s.take(':') || !s.number(id) || id > INT32_MAX) return false;
    waiting[0].set(token.data(), token.size(), false);
    ids[n++] = uint32_t(id);
    more = s.take(',');
  }
  to.addMany(waiting, ids, n);
  return true;
}

// {"token": id, …} as it stands in the file. False where it is not written so.
bool readText(const ModelText& from, Vocabulary& to) {
  const std::string_view text = from.vocab;
  TextScanner s(text);
  if (!s.take('{')) return false;
  if (s.take('}')) return to.reserve(0, 0), true;
  const size_t n = from.vocabCommas + 1;
  to.reserve(
      n, text.size() - std::min(text.size(), n * 8));  // a token stands between quotes, with a colon, an id and a comma
  for (bool more = true; more;) {
    if (!readSome(s, to, more)) return false;
  }
  return s.take('}');
}

}  // namespace

void readVocabulary(const Component& c, Tables* tables, Vocabulary& to) {
  if (tables && tables->form) return to.read(*tables->form);
  if (tables) {
    tables->unusual |= !readText(*tables->text, to);
    return to.finish();
  }
  if (!c.value.isObject()) c.wrongType("an object of tokens and ids");
  const size_t n = c.value.size();
  to.reserve(n, n * 8);
  for (auto [token, value] : c.value.members()) {
    const auto id = value.asUint();
    if (id && *id <= INT32_MAX)
      to.add(token, uint32_t(*id));
    else
      c.fail("bad_id", "gives \"" + std::string(token) + "\" an id that is no integer from 0 to 2147483647.");
  }
  to.finish();
}

void readByteTokens(const Vocabulary& v, uint32_t (&ids)[256]) {
  static const char digits[] = "0123456789ABCDEF";
  for (uint32_t b = 0; b < 256; ++b) {
    const char name[] = {'<', '0', 'x', digits[b >> 4], digits[b & 15], '>'};
    ids[b] = v.find({name, 6});
  }
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
  if (type == "WordLevel") return std::make_unique<WordLevel>(c, tables);
  return c.unknown("model");
}

}  // namespace wasmformers::tokenizer
