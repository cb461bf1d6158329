// The text that a decoder's cache holds: ids, padding and condition of every row. Keys and values serve another call
// only where all three are equal, so this decides what a prompt need not run again. It also crops, reorders and moves
// the cache, and writes it as bytes (cached_text_bytes.cpp). It runs no pass.
#pragma once

#include <vector>

#include "arch/decoder.h"
#include "generate/feed.h"

namespace wasmformers::generate {

class CachedText {
 public:
  /// `model` must outlive this.
  explicit CachedText(arch::Decoder& model) : model_(model) {}

  struct Row {
    std::vector<int32_t> ids;
    std::vector<uint8_t> mask;  // 0: padding
    uint64_t condition = 0;     // a hash of what the text is conditioned on; 0: nothing
  };
  size_t tokens() const { return rows_.empty() ? 0 : rows_[0].ids.size(); }  // of each row, padding among them
  size_t rows() const { return rows_.size(); }
  const Row& row(size_t r) const { return rows_[r]; }

  /// What a cache must have room for.
  struct Room {
    size_t rows = 0, tokens = 0;
    kernels::CacheType type = kernels::CacheType::F16;
    size_t chunk = 0;  // the most tokens of all rows in one pass
  };
  /// Keeps what the feed's texts begin with and crops the rest, so that at least one token is left to run; makes room.
  /// MemoryError.
  Status keepPrefix(const Feed& feed, const Room& room);
  /// Makes room behind what is there. MemoryError; where only the copy does not fit, the cache is empty afterwards.
  Status makeRoom(const Room& room);

  /// Notes tokens that a pass has added, [rows, length]; `prompts` as Feed's.
  void recordCached(const int32_t* ids, const uint8_t* mask, const uint32_t* prompts, size_t rows, size_t length);
  /// Row r becomes a copy of row from[r].
  Status reorder(const uint32_t* from, size_t rows);
  /// Keeps the first tokens of every row; none where a window no longer has what they need, or where their rotations
  /// depend on the length of the whole text.
  void crop(size_t tokens);

  /// The cache as bytes; `model` names the checkpoint (a hash), so that another's are refused. InputError
  /// "empty_cache".
  Result<Buffer> save(uint64_t model) const;
  /// InputError "bad_cache" where the bytes are not save()'s for this model: nothing has changed then, unless the cache
  /// is empty. MemoryError.
  Status restore(const std::byte* bytes, size_t size, uint64_t model, size_t chunk);

 private:
  struct Prefix {
    size_t tokens = 0, row = 0;
    bool collapse = false;  // only `row` stays
  };
  Prefix commonPrefix(const Feed& feed) const;
  uint64_t conditionOf(const uint32_t* prompts, size_t row) const;
  std::vector<size_t> firstTokens() const;
  size_t bytes() const;
  void write(std::byte* to) const;
  bool read(const std::byte* from, const std::vector<size_t>& first);

  arch::Decoder& model_;
  std::vector<Row> rows_;
};

}  // namespace wasmformers::generate
