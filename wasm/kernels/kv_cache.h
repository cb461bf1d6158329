// A decoder's cache of the keys and values of one layer. Rows of D values are ordered by sequence, key/value head and
// position, so that one head's keys are read from end to end:
//   keys, values  [B][KV][capacity][D] of f32, f16 or int8
//   scales        [B][KV][capacity] of f32, for int8: one for each row
// The caller owns the memory, with Buffer's slack after it. Positions from `past` on may hold anything.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmformers::kernels {

enum class CacheType : uint8_t { F32, F16, Q8 };

/// Bytes of one value, without Q8's scales.
constexpr size_t cacheValueBytes(CacheType t) { return t == CacheType::F32 ? 4 : t == CacheType::F16 ? 2 : 1; }

struct KvLayerView {
  CacheType type = CacheType::F32;
  void *keys = nullptr, *values = nullptr;
  float *keyScales = nullptr, *valueScales = nullptr;  // Q8 only
  size_t batch = 0, kvHeads = 0, headDim = 0, capacity = 0;

  /// The index of the row of D values, and of the scale, of position s.
  size_t row(size_t b, size_t kvHead, size_t s) const { return (b * kvHeads + kvHead) * capacity + s; }
  size_t rowBytes() const { return headDim * cacheValueBytes(type); }
  /// Bytes of the keys; the values take as many.
  size_t bytes() const { return batch * kvHeads * capacity * rowBytes(); }
  /// How many scales the keys have; the values have as many.
  size_t scaleCount() const { return type == CacheType::Q8 ? batch * kvHeads * capacity : 0; }
};

/// Stores the keys and values of `tokens` new positions per sequence, from position `past` on, in the cache's type.
/// Token t of sequence b, head h lies at k + (b·tokens + t)·kStride + h·D, likewise v.
struct CacheAppendArgs {
  const float *k = nullptr, *v = nullptr;
  size_t kStride = 0, vStride = 0;  // floats between tokens
  KvLayerView cache;
  size_t batch = 0, tokens = 0, past = 0;
};

/// Scaled dot-product attention of T new positions per sequence over the cache, which holds past + T keys: those of the
/// new positions have been appended. out = softmax(mask(cap(scale·QKᵀ) + slope·(s − p)))·V, head by head. Each
/// heads / kvHeads neighbouring query heads share a key/value head. Query t is at position p = past + t and sees keys
/// up to p. Row t of head h of sequence b lies at q + (b·T + t)·qStride + h·D, likewise out. A query that sees no key
/// at all (left padding) gives zeros.
struct CachedAttentionArgs {
  const float* q = nullptr;
  float* out = nullptr;
  size_t qStride = 0, outStride = 0;
  KvLayerView cache;
  size_t batch = 0, queries = 0, past = 0, heads = 0;
  float scale = 1;
  const uint8_t* keyMask = nullptr;  // [B][maskStride]; 0 hides a key; the first past + T are read
  size_t maskStride = 0;
  int64_t left = -1;              // ≥ 0: a query at position p sees keys p − left … p
  const float* slopes = nullptr;  // [H], ALiBi: slope·(s − p) is added to the score of key s
  float softcap = 0;              // c > 0: scores become c·tanh(score / c), before ALiBi
};

}  // namespace wasmformers::kernels
