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

/// The tokens that the model gives for a text: ids, and with details for each one its word and its bytes of the
/// normalized text.
struct Tokens {
  std::vector<uint32_t> ids;
  std::vector<Span> ranges;
  std::vector<int32_t> words;
  std::vector<Surface> surfaces;
  std::vector<uint32_t> offsets;  // begin and end in the original text; filled by appendOffsets(), not by the model
  std::vector<uint8_t> widths;    // Encoding::widths; filled by appendOffsets()
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

/// The source of a model's tables, if not the file's tree: a binary form, or the file's text.
struct Tables {
  BinaryReader* form = nullptr;
  const ModelText* text = nullptr;
  bool unusual = false;  // set by readers: the text is not written as usual and must be parsed as a whole
};

class Model {
 public:
  virtual ~Model() = default;
  /// Appends the tokens of every piece of `text`, including added tokens. TokenizerError "missing_unk_token" where a
  /// word has no token and the vocabulary lacks the unknown token.
  virtual Status tokenize(const PreTokenized& text, Tokens& out) const = 0;
  const Vocabulary& vocabulary() const { return vocabulary_; }
  /// The prefix of tokens that continue a word ("##"), or "".
  const std::string& continuingSubwordPrefix() const { return prefix_; }
  /// Whether it accepts pieces that stand for their byte-level forms (PreTokenized::bytes).
  virtual bool takesBytes() const { return false; }
  /// Seeds the random numbers of BPE's dropout.
  virtual void seed(uint32_t) {}
  /// Writes the tables, for makeModel() to read.
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

/// The model that `c` describes; null on errors, which go to c.status. Older files have no `type`; then the other
/// fields tell it. With `tables`, c has no vocabulary and no merges, and `tables` gives them.
std::unique_ptr<Model> makeModel(const Component& c, Tables* tables = nullptr);
std::unique_ptr<Model> makeWordPiece(const Component& c, Tables* tables);
std::unique_ptr<Model> makeBpe(const Component& c, Tables* tables);
std::unique_ptr<Model> makeUnigram(const Component& c, Tables* tables);
std::unique_ptr<Model> makeWordLevel(const Component& c, Tables* tables);

/// The type of the model that `c` describes, or "".
std::string_view modelType(const Component& c);

/// Fills `to` from the object {token: id} or, if not null, from `tables`.
void readVocabulary(const Component& c, Tables* tables, Vocabulary& to);

/// Fills `to` from the object {token: id} of the file's tree. With `numbered`, tokens get the numbers 0, 1, 2, … in its
/// place. Returns the ids by number.
std::vector<uint32_t> readTokenIds(const Component& c, Vocabulary& to, bool numbered);

/// Fills `ids` with the ids of the tokens "<0x00>" to "<0xFF>"; kNoId where there is none.
void readByteTokens(const Vocabulary& v, uint32_t (&ids)[256]);

/// TokenizerError "missing_unk_token": a word has no token, and the vocabulary lacks the unknown token.
Status missingUnkToken(std::string_view unkToken);

}  // namespace wasmformers::tokenizer
