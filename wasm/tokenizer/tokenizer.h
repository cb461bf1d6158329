// A whole tokenizer.json: text → normalizer → pre-tokenizer → model → post-processor → Encoding, and ids → decoder →
// text. It gives the results of Rust's `tokenizers` 0.23.3, for the components that the factories list.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "tokenizer/added_vocabulary.h"
#include "tokenizer/binary_form.h"
#include "tokenizer/decoders/decode_table.h"
#include "tokenizer/decoders/decoder.h"
#include "tokenizer/encoding.h"
#include "tokenizer/models/model.h"
#include "tokenizer/normalizers/normalizer.h"
#include "tokenizer/post_processors/post_processor.h"
#include "tokenizer/pre_tokenizers/pre_tokenizer.h"
#include "tokenizer/rows.h"

namespace wasmformers::tokenizer {

struct EncodeOptions {
  bool addSpecialTokens = true;
  bool details = true;    // offsets, words, special_tokens_mask, sequences, surfaces
  bool idsOnly = false;   // no type ids and no mask; needs details = false
  bool overflow = false;  // keep what truncation cuts off
  bool utf16 = false;     // offsets in UTF-16 code units instead of bytes
  Truncation truncation;
  Padding padding;
};

/// One or two texts. Each is one string, or words that the caller has split; then offsets count from each word's start.
struct EncodeInput {
  std::vector<std::string_view> texts[2];
  bool pair = false;
  bool splitIntoWords = false;
};

class Tokenizer final : private TokenTexts {
 public:
  /// Reads a tokenizer.json. `file` names it in errors (TokenizerError).
  static Result<std::unique_ptr<Tokenizer>> fromJson(std::string_view json, std::string_view file);
  /// Reads the binary form in the first `size` bytes of `form`. It keeps `form`, because the tables are used in place.
  /// TokenizerError: as BinaryReader::open(), and "binary_form_stale" where it was made from other bytes than `source`.
  static Result<std::unique_ptr<Tokenizer>> fromBinary(Buffer form, size_t size, const Source* source = nullptr);
  /// The binary form, with the tokens that addTokens() added.
  std::string toBinary() const;

  /// Encodes a batch into `out`, which is cleared first. InputError where options contradict the text; TokenizerError
  /// where a word has no token or a pattern gives up. Then `out` is unspecified, and the tokenizer stays usable.
  Status encodeBatch(const std::vector<EncodeInput>& inputs, const EncodeOptions& options, EncodedBatch& out);

  /// The text of ids. Ids that do not exist are skipped, as in the reference.
  std::string decode(const uint32_t* ids, size_t count, bool skipSpecialTokens) const;
  /// The same, appended to `out`. `failure` is set where a pattern of the decoder gave up.
  void decode(const uint32_t* ids, size_t count, bool skipSpecialTokens, std::string& out,
              Status* failure = nullptr) const;
  /// The token's text for decoding. False where there is no such id, or it is special and skipped.
  bool decodedToken(uint32_t id, bool skipSpecialTokens, std::string_view& token) const;
  const Decoder* decoder() const { return decoder_.get(); }

  /// The token's id, or kNoId.
  uint32_t tokenToId(std::string_view token) const;
  /// The token as the vocabulary or the added tokens spell it.
  std::optional<std::string_view> idToToken(uint32_t id) const;
  /// One more than the highest id in use.
  uint32_t idEnd() const;
  size_t vocabularySize() const;
  const AddedVocabulary& added() const { return added_; }
  /// Adds tokens, or gives the flags of `tokens` to those that are added tokens already. `onlyNew`: leaves these alone.
  void addTokens(const std::vector<AddedToken>& tokens, bool onlyNew = false);
  /// Replaces the file's post-processor; null: none. The binary form keeps the file's.
  void setPostProcessor(std::unique_ptr<PostProcessor> post) { post_ = std::move(post); }
  /// Seeds the random numbers of BPE's dropout.
  void seed(uint32_t number) { model_->seed(number); }
  const std::string& continuingSubwordPrefix() const { return model_->continuingSubwordPrefix(); }
  /// How many tokens the post-processor adds.
  size_t addedTokens(bool pair) const { return post_ ? post_->addedTokens(pair) : 0; }

  /// The file's own `truncation` and `padding` sections (strategy None where there is none).
  const Truncation& fileTruncation() const { return truncation_; }
  const Padding& filePadding() const { return padding_; }

 private:
  Tokenizer() = default;
  std::string_view textOf(uint32_t id) const override;
  Spaces spacesOf(uint32_t id) const override;
  void read(const Component& root, Tables* tables);
  static Result<std::unique_ptr<Tokenizer>> parsed(std::string_view json, std::string_view file, Tables* tables);
  Status tokenizeText(std::string_view bytes, const EncodeOptions& options);
  Status encodeRows(const std::vector<EncodeInput>& inputs, const EncodeOptions& options, const Frame& frame,
                    EncodedBatch& out);
  Status encodeText(std::string_view bytes, int32_t word, uint32_t typeId, const EncodeOptions& options, Encoding& out);
  Status checkStride(const Truncation& t) const;
  void prepare(std::string_view text, bool details);
  void decodeTokens(const uint32_t* ids, size_t count, bool skipSpecialTokens, std::string& text) const;
  void appendPart(std::string_view part, uint32_t start, bool details);

  Buffer form_;  // the model views its tables; declared first, so that it is freed last
  Source source_;
  std::string skeleton_;           // the file without the model's tables
  std::vector<AddedToken> later_;  // added by addTokens()

  std::unique_ptr<Normalizer> normalizer_;
  std::unique_ptr<PreTokenizer> preTokenizer_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<PostProcessor> post_;
  std::unique_ptr<Decoder> decoder_;
  enum class Decodes : uint8_t { Unknown, ByTable, ByToken };
  mutable Decodes decodes_ = Decodes::Unknown;
  mutable std::unique_ptr<DecodeTable> decodeTable_;  // made and filled by decoding
  mutable std::vector<uint8_t> spaces_;  // of every id: leading and trailing, four bits each, or kUnknownSpaces
  AddedVocabulary added_;
  Truncation truncation_;
  Padding padding_;

  // Working memory, kept between calls.
  PreTokenized work_;
  NormalizedString part_;
  Tokens tokens_;
  std::string repaired_;
};

}  // namespace wasmformers::tokenizer
