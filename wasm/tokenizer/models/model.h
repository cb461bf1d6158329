// Third stage: the `model` section of tokenizer.json turns words into ids.
#pragma once

#include <memory>

#include "tokenizer/component.h"
#include "tokenizer/encoding.h"
#include "tokenizer/models/model_text.h"
#include "tokenizer/models/vocabulary.h"
#include "tokenizer/models/word_cache.h"
#include "tokenizer/pre_tokenizers/pre_tokenized.h"

namespace wasmformers::tokenizer {

/// What the model makes of a text: ids and, where the text is aligned, for each one its word and bytes of the
/// normalized text.
struct Tokens {
  std::vector<uint32_t> ids;
  std::vector<Span> ranges;
  std::vector<int32_t> words;
  std::vector<Surface> surfaces;
  std::vector<uint32_t> offsets;  // begin and end in the text, and Encoding::widths: not the model's, see rows.h
  std::vector<uint8_t> widths;
  bool detailed = false;

  void clear(bool details) {
    ids.clear();
    ranges.clear();
    words.clear();
    surfaces.clear();
    offsets.clear();
    widths.clear();
    detailed = details;
  }
  void add(uint32_t id, uint32_t begin, uint32_t end, size_t word) {
    ids.push_back(id);
    if (!detailed) return;
    ranges.push_back({begin, end});
    words.push_back(int32_t(word));
  }
  /// The tokens of a word that begins at `base`.
  void add(const WordCache::Entry& known, uint32_t base, size_t word) {
    const size_t n = known.count();
    if (n == 1)
      ids.push_back(*known.ids());
    else
      ids.insert(ids.end(), known.ids(), known.ids() + n);
    if (!detailed) return;
    for (size_t k = 0; k < n; ++k) {
      const Span r = known.range(k);
      ranges.push_back({base + r.begin, base + r.end});
    }
    words.insert(words.end(), n, int32_t(word));
  }
  void add(const std::vector<Part>& parts, uint32_t base, size_t word) {
    for (const Part& p : parts) add(p.id, base + p.begin, base + p.end, word);
  }
};

/// Where a model's tables come from, if not from the file's tree: from a binary form, or from the file's text.
struct Tables {
  BinaryReader* form = nullptr;
  const ModelText* text = nullptr;
  bool unusual = false;  // the text has to be parsed as a whole after all
};

class Model {
 public:
  virtual ~Model() = default;
  /// Appends the tokens of every piece of `text`, added tokens included. TokenizerError when a word has no token and
  /// the vocabulary no unknown one.
  virtual Status tokenize(const PreTokenized& text, Tokens& out) const = 0;
  const Vocabulary& vocabulary() const { return vocabulary_; }
  /// What marks tokens that go on with a word ("##"), or "".
  const std::string& continuingSubwordPrefix() const { return prefix_; }
  /// Whether it reads pieces that stand for their byte-level forms (PreTokenized::bytes).
  virtual bool takesBytes() const { return false; }
  /// Where BPE's dropout draws from, from now on.
  virtual void seed(uint32_t) {}
  /// The tables, for makeModel() to read again.
  virtual void write(BinaryWriter& to) const { vocabulary_.write(to); }

 protected:
  /// Adds piece i if it is an added token.
  static bool addAdded(const PreTokenized& text, size_t i, Tokens& out) {
    const Piece& p = text.pieces[i];
    if (p.added < 0) return false;
    if (out.detailed) out.surfaces.push_back({uint32_t(out.ids.size()), std::string(text.view(p))});
    out.add(uint32_t(p.added), p.begin, p.end, i);
    return true;
  }
  Vocabulary vocabulary_;
  std::string prefix_;
};

/// The model that `c` describes; null where something is wrong, which c.status says. A missing `type` (older files)
/// is told from the other fields. With `tables`, c has no vocabulary and no merges: they come from there.
std::unique_ptr<Model> makeModel(const Component& c, Tables* tables = nullptr);
std::unique_ptr<Model> makeWordPiece(const Component& c, Tables* tables);
std::unique_ptr<Model> makeBpe(const Component& c, Tables* tables);
std::unique_ptr<Model> makeUnigram(const Component& c, Tables* tables);
std::unique_ptr<Model> makeWordLevel(const Component& c, Tables* tables);

/// The type of the model that `c` describes, or "".
std::string_view modelType(const Component& c);

/// Fills `to` from an object {token: id}, or from the tables.
void readVocabulary(const Component& c, Tables* tables, Vocabulary& to);

/// The ids of the tokens "<0x00>" to "<0xFF>", kNoId where there is none.
void readByteTokens(const Vocabulary& v, uint32_t (&ids)[256]);

/// The error of a word without tokens where the unknown token is not in the vocabulary either.
Status missingUnkToken(std::string_view unkToken);

}  // namespace wasmformers::tokenizer
