// A batch of encodings as flat arrays, one row after the other, with padding. There is a short way: where the
// post-processor only puts tokens around one text, the text's tokens go straight into their row, without an Encoding.
#pragma once

#include "tokenizer/encoding.h"
#include "tokenizer/models/model.h"
#include "tokenizer/post_processors/post_processor.h"

namespace wasmformers::tokenizer {

/// A batch as flat arrays: row r has tokens rowStarts[r] … rowStarts[r + 1]. Overflowing pieces are rows after their
/// text's; rowTexts has the index of each row's text. Details are empty where they were not requested; type ids and
/// mask, too, where only ids were.
struct EncodedBatch {
  std::vector<uint32_t> rowStarts, rowTexts;
  std::vector<uint32_t> ids, typeIds;
  std::vector<uint32_t> attentionMask;
  std::vector<uint32_t> offsets;
  std::vector<int32_t> words;
  std::vector<uint8_t> special;
  std::vector<int8_t> sequences;
  std::vector<Surface> surfaces;  // token: index into the flat arrays

  void clear();
  size_t rows() const { return rowTexts.size(); }
};

enum class PaddingStrategy : uint8_t { None, Longest, Fixed };

struct Padding {
  PaddingStrategy strategy = PaddingStrategy::None;
  uint32_t length = 0;  // of Fixed
  uint32_t multipleOf = 0;
  bool left = false;
  uint32_t id = 0, typeId = 0;
  std::string token = "[PAD]";
};

/// The most tokens of a padded batch, padding included: 0.8 GB without details, 1.7 GB with them.
constexpr uint64_t kMostPaddedTokens = uint64_t(1) << 26;

/// Rounds `length`, of the longest row or of the caller, up to p.multipleOf, and says whether `rows` such rows fit into
/// memory. InputError "too_much_padding", MemoryError "out_of_memory".
Status roundLength(size_t rows, bool details, const Padding& p, size_t& length);
/// Appends an encoding as a row, padded to `length` tokens where it is shorter.
void appendRow(const Encoding& e, uint32_t textIndex, size_t length, const Padding& p, EncodedBatch& out);
/// Appends a model's tokens as a row, with the frame's tokens around them. For details, appendOffsets() must have
/// filled the tokens' offsets and widths. `idsOnly`: without type ids and mask.
void appendRow(Tokens& tokens, const Frame& frame, uint32_t textIndex, bool idsOnly, EncodedBatch& out);

}  // namespace wasmformers::tokenizer
