// The cache of keys and values of all layers of a decoder: memory for some sequences ("rows") of up to `capacity`
// tokens, how many tokens are cached, and which of those are padding. The layout of one layer is in kernels/kv_cache.h.
// A layer with a sliding window (Beltagy et al. 2020, arXiv:2004.05150, section 3.1) has a smaller buffer: for the
// window, some tokens before it, so that the text's end can be cropped, and one pass. When the buffer is full, its tail
// moves to the front; kernels use relative positions.
#pragma once

#include <algorithm>
#include <vector>

#include "base/buffer.h"
#include "kernels/kv_cache.h"

namespace wasmformers::nn {

/// The sliding windows of layers. Empty: every layer keeps everything.
struct Windows {
  std::vector<int64_t> before;  // by layer: how many keys before its own a query sees; −1: all
  size_t chunk = 0;             // no pass has more tokens per row
};

class KvCache {
 public:
  /// Sets what a token takes. The memory is released.
  void shape(size_t layers, size_t kvHeads, size_t headDim);
  size_t bytesPerToken(kernels::CacheType) const;  // of one row: all layers, and a byte of mask
  double layerBytes(kernels::CacheType) const;     // of one token in one layer

  /// Bytes that reserve() would take.
  double bytes(size_t rows, size_t capacity, kernels::CacheType, const Windows&) const;
  /// Makes room for `rows` sequences of up to `capacity` tokens each; the cache is empty then. MemoryError
  /// "out_of_memory" says the bytes; then there is no room at all.
  Status reserve(size_t rows, size_t capacity, kernels::CacheType, Windows windows = {});
  void release();  // frees the memory

  size_t layers() const { return layerCount_; }
  size_t kvHeads() const { return kvHeads_; }
  size_t headDim() const { return headDim_; }
  kernels::CacheType type() const { return type_; }
  size_t room() const { return room_; }          // rows that fit
  size_t capacity() const { return capacity_; }  // tokens that fit in each
  size_t rows() const { return length_ ? rows_ : 0; }
  size_t length() const { return length_; }  // cached tokens of each row, padding included
  size_t realTokens(size_t row) const { return length_ ? real_[row] : 0; }
  /// To how many tokens crop(tokens) would lead: to all of them, or to 0 where a layer no longer has the window of the
  /// last one.
  size_t keepable(size_t tokens) const;
  /// Keeps the first tokens only.
  void crop(size_t tokens);
  /// Row r becomes a copy of row from[r], for r < rows. After a MemoryError the cache is unchanged.
  Status reorder(const uint32_t* from, size_t rows);

  /// Begins a pass over `length` new tokens of `rows` sequences, for which the caller checked that they fit: stores
  /// their mask (nullptr: all are real), and gives the position of each in its sequence, not counting padding. The
  /// tokens are part of the cache from commit() on.
  void prepare(const uint8_t* mask, size_t rows, size_t length, int32_t* positions);
  void commit(size_t rows, size_t length);
  /// A token of the pass has a key or value that is NaN or infinite, which only f32 can store.
  void spoil() { spoiledFrom_ = std::min(spoiledFrom_, length_); }
  /// Whether a token that is kept, or one of the pass, was spoiled.
  bool spoiled() const { return spoiledFrom_ != SIZE_MAX; }

  /// Whether `length` more tokens per row fit.
  bool fits(size_t length) const;
  /// The most tokens per row in one pass.
  size_t longestPass() const { return windows_.before.empty() ? SIZE_MAX : windows_.chunk; }

  /// A layer's memory. It begins with token first(index) of the text.
  kernels::KvLayerView layer(size_t index);
  size_t first(size_t index) const { return layers_[index].first; }
  /// The first token that a copy of the layer needs.
  size_t keptFrom(size_t index) const;
  /// The first token whose keys transformers' DynamicCache would hold: of a window, as many as a query sees before its
  /// own.
  size_t seenFrom(size_t index) const;
  /// Writes a layer's keys, or its values, to [rows(), kvHeads(), length() − seenFrom(index), headDim()].
  void read(size_t index, bool values, float* to);
  /// Prepares the cache to be filled from a copy, as if a text of `rows` sequences had been run: the caller then writes
  /// layer i from token first[i] on. False: there is no room for that, or a layer would lack a part of its window.
  bool hold(const uint8_t* mask, size_t rows, size_t length, const std::vector<size_t>& first);

  /// [rows, capacity], 0: padding. nullptr: no token is padding, the prepared ones included.
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
  size_t spoiledFrom_ = SIZE_MAX;  // the first token of the first pass with a spoiled one
  bool padded_ = false;
  Windows windows_;
  std::vector<Layer> layers_;
  Buffer mask_;               // [room, capacity], 0: padding
  std::vector<size_t> real_;  // of each row
};

}  // namespace wasmformers::nn
