// The keys and values of all layers that a decoder keeps while it writes: memory for some sequences ("rows") of some
// tokens, how many of them are there, and which of those are padding. The form of one layer is in kernels/kv_cache.h.
#pragma once

#include <vector>

#include "base/buffer.h"
#include "kernels/kv_cache.h"

namespace wasmformers::nn {

class KvCache {
 public:
  /// What the model keeps per token; forgets everything.
  void shape(size_t layers, size_t kvHeads, size_t headDim);
  size_t bytesPerToken(kernels::CacheType) const;  // of one row, all layers

  /// Room for `rows` sequences of up to `capacity` tokens each, empty. MemoryError "out_of_memory" with the bytes
  /// needed; there is no room at all then.
  Status reserve(size_t rows, size_t capacity, kernels::CacheType);
  void release();  // gives the memory back

  kernels::CacheType type() const { return type_; }
  size_t room() const { return room_; }          // rows that fit
  size_t capacity() const { return capacity_; }  // tokens that fit in each
  size_t rows() const { return length_ ? rows_ : 0; }
  size_t length() const { return length_; }      // tokens that every row holds, padding among them
  size_t realTokens(size_t row) const { return length_ ? real_[row] : 0; }
  void crop(size_t tokens);
  /// Row r becomes a copy of row from[r]. MemoryError leaves all as it was.
  Status reorder(const uint32_t* from, size_t rows);

  /// Notes the mask of `length` tokens behind the ones that are there, for `rows` sequences (the caller checked that
  /// they fit), and gives their positions: how many real tokens stand before each. They count from commit() on.
  void prepare(const uint8_t* mask, size_t rows, size_t length, int32_t* positions);
  void commit(size_t rows, size_t length);

  kernels::KvLayerView layer(size_t index);
  /// [rows, capacity]; nullptr while nothing in it, the prepared tokens included, is padding.
  const uint8_t* mask() const { return padded_ ? mask_.as<uint8_t>() : nullptr; }
  uint8_t* maskRow(size_t row) { return mask_.as<uint8_t>() + row * capacity_; }

 private:
  struct Layer {
    Buffer keys, values, keyScales, valueScales;
  };
  void recount();
  double tokenBytes(kernels::CacheType) const;

  size_t layerCount_ = 0, kvHeads_ = 0, headDim_ = 0;
  kernels::CacheType type_ = kernels::CacheType::F32;
  size_t room_ = 0, capacity_ = 0, rows_ = 0, length_ = 0;
  bool padded_ = false;
  std::vector<Layer> layers_;
  Buffer mask_;               // [room, capacity], 0: padding
  std::vector<size_t> real_;  // of each row
};

}  // namespace wasmformers::nn
