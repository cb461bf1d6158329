// The keys and values of all layers that a decoder keeps while it writes: memory for some sequences ("rows") of some
// tokens, how many of them are there, and which of those are padding. The form of one layer is in kernels/kv_cache.h.
// A layer whose queries see a window only (Beltagy et al. 2020, arXiv:2004.05150, section 3.1) keeps that, some tokens
// in front of it, so that a text's end can be taken back, and room for a pass; when it is full the end moves to its
// beginning.
#pragma once

#include <vector>

#include "base/buffer.h"
#include "kernels/kv_cache.h"

namespace wasmformers::nn {

/// What layers see, and in how long passes: keys before a query's own by layer, −1 for all of them; no pass is longer
/// than `chunk` tokens a row. Empty: every layer keeps everything.
struct Windows {
  std::vector<int64_t> before;
  size_t chunk = 0;
};

class KvCache {
 public:
  /// What the model keeps per token; forgets everything.
  void shape(size_t layers, size_t kvHeads, size_t headDim);
  size_t bytesPerToken(kernels::CacheType) const;  // of one row, all layers, and its byte of mask
  double layerBytes(kernels::CacheType) const;     // of one token and layer

  double bytes(size_t rows, size_t capacity, kernels::CacheType, const Windows&) const;
  /// Room for `rows` sequences of up to `capacity` tokens each, empty. MemoryError "out_of_memory" with the bytes
  /// needed; there is no room at all then.
  Status reserve(size_t rows, size_t capacity, kernels::CacheType, Windows windows = {});
  void release();  // gives the memory back

  size_t layers() const { return layerCount_; }
  kernels::CacheType type() const { return type_; }
  size_t room() const { return room_; }          // rows that fit
  size_t capacity() const { return capacity_; }  // tokens that fit in each
  size_t rows() const { return length_ ? rows_ : 0; }
  size_t length() const { return length_; }  // tokens that every row holds, padding among them
  size_t realTokens(size_t row) const { return length_ ? real_[row] : 0; }
  /// How many of the first `tokens` can be kept: all, or none where a window has left what they see.
  size_t keepable(size_t tokens) const;
  void crop(size_t tokens);
  /// Row r becomes a copy of row from[r]. MemoryError leaves all as it was.
  Status reorder(const uint32_t* from, size_t rows);

  /// Notes the mask of `length` tokens behind the ones that are there, for `rows` sequences (the caller checked that
  /// they fit), and gives their positions: how many real tokens stand before each. They count from commit() on.
  void prepare(const uint8_t* mask, size_t rows, size_t length, int32_t* positions);
  void commit(size_t rows, size_t length);

  /// Whether so many more tokens fit; the most of one pass.
  bool fits(size_t length) const;
  size_t longestPass() const { return windows_.before.empty() ? SIZE_MAX : windows_.chunk; }

  /// Its first position is the text's first(index).
  kernels::KvLayerView layer(size_t index);
  size_t first(size_t index) const { return layers_[index].first; }
  /// The first token that is worth keeping elsewhere.
  size_t keptFrom(size_t index) const;
  /// As if a text of `rows` sequences had been run; layer i is to be filled from token first[i] on. False where that
  /// cannot be: too much, or less than the layer's window.
  bool hold(const uint8_t* mask, size_t rows, size_t length, const std::vector<size_t>& first);

  /// [rows, capacity]; nullptr while nothing in it, the prepared tokens included, is padding.
  const uint8_t* mask() const { return padded_ ? mask_.as<uint8_t>() : nullptr; }
  uint8_t* maskRow(size_t row) { return mask_.as<uint8_t>() + row * capacity_; }

 private:
  struct Layer {
    Buffer keys, values, keyScales, valueScales;
    size_t capacity = 0, first = 0;
  };
  void recount();
  double tokenBytes(kernels::CacheType) const;
  void makePlace(size_t length);
  int64_t before(size_t index) const { return windows_.before.empty() ? -1 : windows_.before[index]; }

  size_t layerCount_ = 0, kvHeads_ = 0, headDim_ = 0;
  kernels::CacheType type_ = kernels::CacheType::F32;
  size_t room_ = 0, capacity_ = 0, rows_ = 0, length_ = 0;
  bool padded_ = false;
  Windows windows_;
  std::vector<Layer> layers_;
  Buffer mask_;               // [room, capacity], 0: padding
  std::vector<size_t> real_;  // of each row
};

}  // namespace wasmformers::nn
