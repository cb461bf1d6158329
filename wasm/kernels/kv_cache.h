// The keys and values that a decoder keeps of one layer: what attention with a cache reads and appends to. Rows of D
// values lie by sequence, key/value head and position, so that one head's keys are read from end to end:
//   keys, values [B][KV][capacity][D] of f32, f16 or int8; for int8 one scale per row, [B][KV][capacity].
// Memory belongs to the caller, with Buffer's slack behind it; positions from `past` on may hold anything.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmformers::kernels {

enum class CacheType : uint8_t { F32, F16, Q8 };

/// Bytes of one value (without Q8's scales).
constexpr size_t cacheValueBytes(CacheType t) { return t == CacheType::F32 ? 4 : t == CacheType::F16 ? 2 : 1; }

struct KvLayerView {
  CacheType type = CacheType::F32;
  void *keys = nullptr, *values = nullptr;
  float *keyScales = nullptr, *valueScales = nullptr;  // Q8 only
  size_t batch = 0, kvHeads = 0, headDim = 0, capacity = 0;

  /// Which row of D values, and which scale, belongs to position s.
  size_t row(size_t b, size_t kvHead, size_t s) const { return (b * kvHeads + kvHead) * capacity + s; }
  size_t rowBytes() const { return headDim * cacheValueBytes(type); }
  /// Bytes of keys, and of values as much again; scales: `scaleCount()` floats each, for Q8.
  size_t bytes() const { return batch * kvHeads * capacity * rowBytes(); }
  size_t scaleCount() const { return type == CacheType::Q8 ? batch * kvHeads * capacity : 0; }
};

/// Stores the keys and values of `tokens` new positions per sequence, from position `past` on, in the cache's form.
/// Token t of sequence b, head h: k + (b·tokens + t)·kStride + h·D, likewise v.
struct CacheAppendArgs {
  const float *k = nullptr, *v = nullptr;
  size_t kStride = 0, vStride = 0;  // floats between tokens
  KvLayerView cache;
  size_t batch = 0, tokens = 0, past = 0;
};

/// Scaled dot-product attention of T new positions per sequence over the cache, which holds past + T keys (theirs were
/// appended before): out = softmax(mask(cap(scale·QKᵀ) + slope·s))·V, head by head, the query heads of a group
/// (heads / kvHeads, neighbours) sharing one key/value head. Query t stands at position past + t and sees keys up to
/// it. Row t of head h of sequence b lies at q + (b·T + t)·qStride + h·D, out the same.
struct CachedAttentionArgs {
  const float* q = nullptr;
  float* out = nullptr;
  size_t qStride = 0, outStride = 0;
  KvLayerView cache;
  size_t batch = 0, queries = 0, past = 0, heads = 0;
  float scale = 1;
  const uint8_t* keyMask = nullptr;  // [B][maskStride], 0 hides a key; past + T of them are read
  size_t maskStride = 0;
  int64_t left = -1;              // ≥ 0: a query at position p sees keys p − left … p (a window of left + 1)
  const float* slopes = nullptr;  // [H], ALiBi: slope·(s − p) is added to a score
  float softcap = 0;              // c > 0: scores become c·tanh(score / c), before ALiBi
  // A query that sees no key at all (left padding) gives zeros.
};

}  // namespace wasmformers::kernels
