// A batch of encodings as flat arrays, row behind row, and the short way there: where a post-processor only puts tokens
// around one text, its tokens go straight into their row, with no Encoding of their own.
#pragma once

#include "tokenizer/encoding.h"
#include "tokenizer/models/model.h"
#include "tokenizer/post_processors/post_processor.h"

namespace wasmformers::tokenizer {

/// A batch as flat arrays: row r has tokens rowStarts[r] .. rowStarts[r + 1]. Overflow follows its text as rows of
/// its own; rowTexts says which text a row comes from. Details are empty where they were not asked for, of ids alone
/// type ids and mask too.
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

/// Appends an encoding as a row of `length` tokens or more.
void appendRow(const Encoding& e, uint32_t textIndex, size_t length, const Padding& p, EncodedBatch& out);
/// Appends a model's tokens as a row within a frame; with details places and widths are as the two functions below gave
/// them.
void appendRow(Tokens& tokens, const Frame& frame, uint32_t textIndex, bool idsOnly, EncodedBatch& out);

}  // namespace wasmformers::tokenizer
