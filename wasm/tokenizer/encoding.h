// The encoding of a text: parallel arrays with one entry per token. Ids and type ids are always there; the rest
// ("details") only on request, so that the usual path moves nothing but ids. Truncation, merging and overflow follow
// tokenizers 0.23.3 (tokenizer/encoding.rs), including the order of the overflowing pieces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace wasmformers::tokenizer {

/// A token whose text is not that of its id: an added token that matched the spaces around it, or an unknown piece.
struct Surface {
  uint32_t token;  // index in the encoding
  std::string text;
};

/// A range of tokens; not `set`: unknown.
struct Range {
  uint32_t begin = 0, end = 0;
  bool set = false;
};

template <class T>
void appendTo(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

struct Encoding {
  std::vector<uint32_t> ids, typeIds;
  // Details.
  std::vector<uint32_t> offsets;  // two per token: begin and end in its text
  std::vector<int32_t> words;     // index of the word, -1 where there is none
  std::vector<uint8_t> special;   // 1: added by the post-processor
  std::vector<uint8_t> widths;    // of a token of one character: that character's width in units of offsets; else 1
  std::vector<Surface> surfaces;  // sorted by token
  Range sequence[2];              // tokens of the first and of the second text, where known
  bool detailed = false;

  std::vector<Encoding> overflowing;

  size_t size() const { return ids.size(); }
  void clear(bool details);
  /// Appends a token that belongs to no text. `surface`: its text for details, or null.
  void addSpecial(uint32_t id, uint32_t typeId, const std::string* surface);
  void setTypeIds(uint32_t typeId) { typeIds.assign(ids.size(), typeId); }
  void setSequence(int i) { sequence[i] = {0, uint32_t(size()), true}; }
  /// Which text each token belongs to: 0, 1 or -1.
  std::vector<int8_t> sequenceIds() const;

  /// Appends `other`, without its overflow.
  void append(const Encoding& other);
  /// Appends `other`. Each overflowing piece of either is combined with the other encoding and with its pieces.
  void merge(Encoding&& other);
  /// Cuts to maxLength tokens. With `keepOverflow` the rest goes to `overflowing`, in pieces that share `stride`
  /// tokens. InputError "stride_too_large" where stride is not smaller than maxLength.
  Status truncate(size_t maxLength, size_t stride, bool fromLeft, bool keepOverflow);

 private:
  Encoding slice(size_t begin, size_t end) const;
};

enum class TruncationStrategy : uint8_t { None, LongestFirst, OnlyFirst, OnlySecond };

struct Truncation {
  TruncationStrategy strategy = TruncationStrategy::None;
  uint32_t maxLength = 0;
  uint32_t stride = 0;
  bool fromLeft = false;
};

/// The most tokens that truncation may keep of what it cuts off, in all texts of a batch. Each piece counts as
/// kTokensOfPiece more, for the memory of its arrays.
constexpr uint64_t kMostOverflowTokens = uint64_t(1) << 24;
constexpr size_t kTokensOfPiece = 16;
/// The InputError where they would be more.
Status tooMuchOverflow(std::string_view field);

/// Truncates one encoding, or two of a pair, to t.maxLength tokens in all.
/// InputError: "stride_too_large", "too_much_overflow", "no_second_text", "text_too_short".
Status truncateEncodings(std::vector<Encoding>& encodings, const Truncation& t, bool keepOverflow);

}  // namespace wasmformers::tokenizer
