// Attention over a cache of keys and values (kv_cache.h), for one new token as for a whole prompt: up to four queries
// that share a key/value head, heads of a group or neighbours in time, go together, one in each lane of a vector. Scores
// lie as [keys][4], so the softmax needs no horizontal step and masks are the same for all lanes or a comparison of
// positions. Keys and values become floats in registers, on the way; they are read once per four queries.
#include <algorithm>
#include <cstring>

#include "kernels/reference.h"
#include "kernels/simd.h"
#include "kernels/simd_math.h"

namespace wasmformers::kernels::simd {

namespace {

constexpr size_t kLanes = 4;
constexpr size_t kChunk = 64;      // keys whose values stay in the first-level cache while D is walked
constexpr float kHidden = -1e30f;  // 2^(kHidden − anything visible) is nothing
constexpr float kLog2E = 1.44269504f;
// Halves are read as floats 2^112 times too small, without a multiplication: scores and weights are made larger by
// this instead, so that no product is subnormal, and results by the rest.
constexpr float kHalfShift = 0x1p96f, kHalfRest = 0x1p16f;

template <CacheType T>
inline void load8(const uint8_t* p, v128_t& a, v128_t& b) {
  if constexpr (T == CacheType::F32) {
    a = wasm_v128_load(p);
    b = wasm_v128_load(p + 16);
  } else if constexpr (T == CacheType::F16) {
    const v128_t mask = wasm_v128_load32_splat(kMasks + 4);
    a = wasm_v128_and(wasm_i32x4_shl(wasm_i32x4_load16x4(p), 13), mask);
    b = wasm_v128_and(wasm_i32x4_shl(wasm_i32x4_load16x4(p + 8), 13), mask);
  } else {
    const v128_t both = wasm_i16x8_load8x8(p);
    a = wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(both));
    b = wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(both));
  }
}

// scores[count][4] = keys[count, D] · q[MR, D]
template <CacheType T, size_t MR>
void scoreKeys(const uint8_t* keys, size_t count, const float* q, size_t d, float* scores) {
  for (size_t s = 0; s < count; ++s, scores += kLanes) {
    v128_t sum[kLanes];
    for (auto& lane : sum) lane = splat(0);
    WF_NO_UNROLL
    for (size_t i = 0; i < d; i += 8, keys += 8 * cacheValueBytes(T)) {
      v128_t a, b;
      load8<T>(keys, a, b);
      for (size_t r = 0; r < MR; ++r) {
        sum[r] = madd(a, wasm_v128_load(q + r * d + i), sum[r]);
        sum[r] = madd(b, wasm_v128_load(q + r * d + i + 4), sum[r]);
      }
    }
    const auto join = [](v128_t u, v128_t v) {
      return wasm_f32x4_add(wasm_i32x4_shuffle(u, v, 0, 4, 1, 5), wasm_i32x4_shuffle(u, v, 2, 6, 3, 7));
    };
    const v128_t u = join(sum[0], sum[1]), v = join(sum[2], sum[3]);
    wasm_v128_store(scores, wasm_f32x4_add(wasm_i64x2_shuffle(u, v, 0, 2), wasm_i64x2_shuffle(u, v, 1, 3)));
  }
}

// mixed[MR, D] += weights[count][4] · values[count, D]
template <CacheType T, size_t MR>
void mixValues(const uint8_t* values, size_t count, const float* weights, size_t d, float* mixed) {
  for (size_t i = 0; i < d; i += 8) {
    v128_t sum[MR][2];
    for (size_t r = 0; r < MR; ++r) {
      sum[r][0] = wasm_v128_load(mixed + r * d + i);
      sum[r][1] = wasm_v128_load(mixed + r * d + i + 4);
    }
    const uint8_t* p = values + i * cacheValueBytes(T);
    const float* w = weights;
    WF_NO_UNROLL
    for (size_t s = 0; s < count; ++s, p += d * cacheValueBytes(T), w += kLanes) {
      v128_t a, b;
      load8<T>(p, a, b);
      for (size_t r = 0; r < MR; ++r) {
        const v128_t by = wasm_v128_load32_splat(w + r);
        sum[r][0] = madd(a, by, sum[r][0]);
        sum[r][1] = madd(b, by, sum[r][1]);
      }
    }
    for (size_t r = 0; r < MR; ++r) {
      wasm_v128_store(mixed + r * d + i, sum[r][0]);
      wasm_v128_store(mixed + r * d + i + 4, sum[r][1]);
    }
  }
}

// Calls f with the type and the number of queries as compile-time constants.
template <class F>
void dispatch(CacheType type, size_t rows, F&& f) {
  const auto withType = [&]<CacheType T>() {
    switch (rows) {
      case 1: return f.template operator()<T, 1>();
      case 2: return f.template operator()<T, 2>();
      case 3: return f.template operator()<T, 3>();
      default: return f.template operator()<T, 4>();
    }
  };
  switch (type) {
    case CacheType::F32: return withType.template operator()<CacheType::F32>();
    case CacheType::F16: return withType.template operator()<CacheType::F16>();
    case CacheType::Q8: return withType.template operator()<CacheType::Q8>();
  }
}

struct Scratch {
  float *q, *mixed, *scores;
};

// Queries [row, row + rows) of one key/value head, where row = t·group + (head within the group).
void attendRows(const CachedAttentionArgs& a, size_t b, size_t kvHead, size_t row, size_t rows, const Scratch& to) {
  const KvLayerView& c = a.cache;
  const size_t d = c.headDim, group = a.heads / c.kvHeads, rowBytes = c.rowBytes();
  const bool half = c.type == CacheType::F16;
  const float into = a.scale * (a.softcap > 0 ? 1.f / a.softcap : kLog2E) * (half ? kHalfShift : 1.f);
  float positions[kLanes] = {}, slopes[kLanes] = {};
  for (size_t r = 0; r < rows; ++r) {
    const size_t t = (row + r) / group, h = kvHead * group + (row + r) % group;
    const float* q = a.q + (b * a.queries + t) * a.qStride + h * d;
    for (size_t i = 0; i < d; i += 4) wasm_v128_store(to.q + r * d + i, wasm_f32x4_mul(wasm_v128_load(q + i), splat(into)));
    positions[r] = float(a.past + t);
    slopes[r] = a.slopes ? a.slopes[h] * kLog2E : 0.f;
  }
  // Keys that any of them sees, and from where to where all do.
  const size_t first = a.past + row / group, last = a.past + (row + rows - 1) / group;
  const auto lowest = [&](size_t p) { return a.left >= 0 && int64_t(p) > a.left ? p - size_t(a.left) : 0; };
  const size_t from = lowest(first), to_ = last + 1, allFrom = lowest(last), allTo = first + 1;
  const size_t base = c.row(b, kvHead, 0) + from, count = to_ - from;
  const auto* keys = static_cast<const uint8_t*>(c.keys) + base * rowBytes;
  const auto* values = static_cast<const uint8_t*>(c.values) + base * rowBytes;
  dispatch(c.type, rows, [&]<CacheType T, size_t MR>() { scoreKeys<T, MR>(keys, count, to.q, d, to.scores); });

  const uint8_t* mask = a.keyMask ? a.keyMask + b * a.maskStride + from : nullptr;
  const bool scaled = c.type == CacheType::Q8;
  const float *keyScales = scaled ? c.keyScales + base : nullptr, *valueScales = scaled ? c.valueScales + base : nullptr;
  const v128_t position = wasm_v128_load(positions), slope = wasm_v128_load(slopes), hidden = splat(kHidden);
  const v128_t window = splat(a.left >= 0 ? float(a.left) : 1e30f);
  v128_t biggest = hidden;
  for (size_t s = 0; s < count; ++s) {
    v128_t v = wasm_v128_load(to.scores + s * kLanes);
    if (half) v = wasm_f32x4_mul(v, splat(kHalfRest));
    if (scaled) v = wasm_f32x4_mul(v, wasm_v128_load32_splat(keyScales + s));
    if (a.softcap > 0) v = wasm_f32x4_mul(tanh(v), splat(a.softcap * kLog2E));
    if (a.slopes || from + s < allFrom || from + s >= allTo) {
      const v128_t distance = wasm_f32x4_sub(position, splat(float(from + s)));  // whole numbers below 2^24
      v = madd(slope, wasm_f32x4_neg(distance), v);
      v = wasm_v128_bitselect(hidden, v, wasm_v128_or(wasm_f32x4_lt(distance, splat(0)), wasm_f32x4_gt(distance, window)));
    }
    if (mask && !mask[s]) v = hidden;
    biggest = wasm_f32x4_pmax(biggest, v);
    wasm_v128_store(to.scores + s * kLanes, v);
  }
  const v128_t larger = wasm_i32x4_splat(half ? 96 << 23 : 0);  // times 2^96, in the exponent
  v128_t sums = splat(0);
  for (size_t s = 0; s < count; ++s) {
    const v128_t e = wasm_i32x4_add(exp2Below127(wasm_f32x4_sub(wasm_v128_load(to.scores + s * kLanes), biggest)), larger);
    sums = wasm_f32x4_add(sums, e);
    wasm_v128_store(to.scores + s * kLanes, scaled ? wasm_f32x4_mul(e, wasm_v128_load32_splat(valueScales + s)) : e);
  }

  std::memset(to.mixed, 0, rows * d * sizeof(float));
  for (size_t s = 0; s < count; s += kChunk) {
    dispatch(c.type, rows, [&]<CacheType T, size_t MR>() {
      mixValues<T, MR>(values + s * rowBytes, std::min(kChunk, count - s), to.scores + s * kLanes, d, to.mixed);
    });
  }
  // Weights are 2^96 too large for halves and are divided by their sum, which is as well; values lack 2^112.
  v128_t inverse = wasm_f32x4_div(splat(half ? 0x1p112f : 1.f), sums);
  inverse = wasm_v128_andnot(inverse, wasm_f32x4_le(biggest, hidden));  // sees nothing: zeros
  float by[kLanes];
  wasm_v128_store(by, inverse);
  for (size_t r = 0; r < rows; ++r) {
    const size_t t = (row + r) / group, h = kvHead * group + (row + r) % group;
    float* out = a.out + (b * a.queries + t) * a.outStride + h * d;
    for (size_t i = 0; i < d; i += 4) wasm_v128_store(out + i, wasm_f32x4_mul(wasm_v128_load(to.mixed + r * d + i), splat(by[r])));
  }
}

}  // namespace

void cachedAttention(Arena& arena, const CachedAttentionArgs& a) {
  const KvLayerView& c = a.cache;
  if (c.headDim % 8) return plain::cachedAttention(arena, a);
  const Arena::Mark mark = arena.mark();
  const size_t rows = a.heads / c.kvHeads * a.queries;
  const Scratch scratch{arena.alloc<float>(kLanes * c.headDim), arena.alloc<float>(kLanes * c.headDim), arena.alloc<float>(kLanes * (a.past + a.queries))};
  if (!scratch.q || !scratch.mixed || !scratch.scores) return;
  for (size_t b = 0; b < a.batch; ++b) {
    for (size_t h = 0; h < c.kvHeads; ++h) {
      for (size_t row = 0; row < rows; row += kLanes) attendRows(a, b, h, row, std::min(kLanes, rows - row), scratch);
    }
  }
  arena.release(mark);
}

}  // namespace wasmformers::kernels::simd
