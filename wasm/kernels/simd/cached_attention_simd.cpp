// Attention over a cache of keys and values (kv_cache.h), for one new token or a whole prompt. Up to four queries that
// share a key/value head are computed together: heads of a group, or neighbouring positions. Keys and values are
// converted to f32 in registers, once for these queries; with the many queries of a prompt, a head's are converted
// beforehand. Scores are [keys][4], a query in each lane. So the softmax needs no horizontal step, and a mask is the
// same for all lanes or a comparison of positions.
#include <algorithm>
#include <cstring>

#include "kernels/plain/reference.h"
#include "kernels/simd/simd.h"
#include "kernels/simd/simd_math.h"

namespace wasmformers::kernels::simd {

namespace {

constexpr size_t kLanes = 4;
constexpr size_t kChunk = 64;      // keys whose values, as f32, stay in the first-level cache during a pass over D
constexpr float kHidden = -1e30f;  // 2^(kHidden − anything visible) is 0
constexpr float kLog2E = 1.44269504f;
// Halves are read as floats that are 2^112 times too small, which saves a multiplication. Queries and weights are
// multiplied by 2^96 instead, so that no product is subnormal, and results by the rest.
constexpr float kHalfShift = 0x1p96f, kHalfRest = 0x1p16f;
// A head's keys and values are converted beforehand from this number of queries on, up to this size (that of a
// second-level cache).
constexpr size_t kManyQueries = 3 * kLanes, kFloatBytes = size_t(4) << 20;

// How many keys are computed together: their sums and the queries fit into 15 registers.
constexpr size_t keysAtOnce(size_t queries) { return queries < 3 ? 4 : queries == 3 ? 3 : 2; }

template <CacheType T>
inline v128_t load4(const uint8_t* p) {
  if constexpr (T == CacheType::F32) return wasm_v128_load(p);
  if constexpr (T == CacheType::F16) return fourHalves(p, wasm_v128_load32_splat(kMasks + 4));
  return wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(p))));
}

// `count` rows are read as KR parts, one row of each part at a time, alternately from the first and second half of the
// parts. So memory is read in up to eight streams: while one waits for a new page, others deliver. Where a part has no
// more rows, the last row is read again.
template <size_t KR>
inline size_t partOf(size_t count) {
  return (count + KR - 1) / KR;
}
inline size_t turn(size_t j, size_t part) { return j / 2 + (j % 2 ? (part + 1) / 2 : 0); }
template <size_t KR>
inline void rowsAt(const uint8_t* first, size_t s, size_t count, size_t rowBytes, const uint8_t* (&row)[KR]) {
  for (size_t k = 0; k < KR; ++k) row[k] = first + std::min(s + k * partOf<KR>(count), count - 1) * rowBytes;
}

// scores[count][4] = scale · keys[count, D] · q, for q [D / 4][MR][4]; the scale is each key's, or kHalfRest for
// halves. Returns the largest score of each query. Writes the scores of up to three more keys.
template <CacheType T, size_t MR>
v128_t scoreKeys(const uint8_t* keys, size_t count, const float* q, size_t d, const float* scales, float* scores) {
  constexpr size_t KR = keysAtOnce(MR);
  v128_t biggest = splat(kHidden);
  for (size_t j = 0, part = partOf<KR>(count); j < part; ++j) {
    const size_t s = turn(j, part);
    const uint8_t* row[KR];
    rowsAt(keys, s, count, d * cacheValueBytes(T), row);
    v128_t sum[KR][kLanes];
    for (auto& key : sum) {
      for (auto& lane : key) lane = splat(0);
    }
    const float* x = q;
    WF_NO_UNROLL
    for (size_t i = 0; i < d; i += 4, x += 4 * MR) {
      v128_t query[MR];
      for (size_t r = 0; r < MR; ++r) query[r] = wasm_v128_load(x + 4 * r);
      for (size_t k = 0; k < KR; ++k) {
        const v128_t a = load4<T>(row[k] + i * cacheValueBytes(T));
        for (size_t r = 0; r < MR; ++r) sum[k][r] = madd(a, query[r], sum[k][r]);
      }
    }
    const auto join = [](v128_t u, v128_t v) {
      return wasm_f32x4_add(wasm_i32x4_shuffle(u, v, 0, 4, 1, 5), wasm_i32x4_shuffle(u, v, 2, 6, 3, 7));
    };
    for (size_t k = 0; k < KR; ++k) {
      const v128_t u = join(sum[k][0], sum[k][1]), v = join(sum[k][2], sum[k][3]);
      v128_t score = wasm_f32x4_add(wasm_i64x2_shuffle(u, v, 0, 2), wasm_i64x2_shuffle(u, v, 1, 3));
      if constexpr (T == CacheType::F16) score = wasm_f32x4_mul(score, splat(kHalfRest));
      if constexpr (T == CacheType::Q8)
        score = wasm_f32x4_mul(score, wasm_v128_load32_splat(scales + std::min(s + k * part, count - 1)));
      biggest = wasm_f32x4_pmax(biggest, score);
      wasm_v128_store(scores + (s + k * part) * kLanes, score);
    }
  }
  return biggest;
}

// mixed += weights[count][4] · values[count, D], for mixed [D / 4][MR][4]. Each row of the cache is read once, from end
// to end, while the sums are loaded and stored. Reads the weights of up to three more keys, which must be zeros.
template <CacheType T, size_t MR>
void mixRows(const uint8_t* values, size_t count, const float* weights, size_t d, float* mixed) {
  constexpr size_t KR = keysAtOnce(MR);
  for (size_t j = 0, part = partOf<KR>(count); j < part; ++j) {
    const size_t s = turn(j, part);
    const uint8_t* row[KR];
    rowsAt(values, s, count, d * cacheValueBytes(T), row);
    v128_t weight[KR][MR];
    for (size_t k = 0; k < KR; ++k) {
      for (size_t r = 0; r < MR; ++r) weight[k][r] = wasm_v128_load32_splat(weights + (s + k * part) * kLanes + r);
    }
    float* to = mixed;
    WF_NO_UNROLL
    for (size_t i = 0; i < d; i += 4, to += 4 * MR) {
      v128_t sum[MR];
      for (size_t r = 0; r < MR; ++r) sum[r] = wasm_v128_load(to + 4 * r);
      for (size_t k = 0; k < KR; ++k) {
        const v128_t a = load4<T>(row[k] + i * cacheValueBytes(T));
        for (size_t r = 0; r < MR; ++r) sum[r] = madd(a, weight[k][r], sum[r]);
      }
      for (size_t r = 0; r < MR; ++r) wasm_v128_store(to + 4 * r, sum[r]);
    }
  }
}

// The same for f32 values that are in the first-level cache: the sums of 8 columns stay in registers.
template <size_t MR>
void mixColumns(const float* values, size_t count, const float* weights, size_t d, float* mixed) {
  for (size_t i = 0; i < d; i += 8, mixed += 8 * MR) {
    v128_t sum[2][MR];
    for (size_t j = 0; j < 2 * MR; ++j) sum[j / MR][j % MR] = wasm_v128_load(mixed + 4 * j);
    const float *p = values + i, *w = weights;
    WF_NO_UNROLL
    for (size_t s = 0; s < count; ++s, p += d, w += kLanes) {
      const v128_t a = wasm_v128_load(p), b = wasm_v128_load(p + 4);
      for (size_t r = 0; r < MR; ++r) {
        const v128_t by = wasm_v128_load32_splat(w + r);
        sum[0][r] = madd(a, by, sum[0][r]);
        sum[1][r] = madd(b, by, sum[1][r]);
      }
    }
    for (size_t j = 0; j < 2 * MR; ++j) wasm_v128_store(mixed + 4 * j, sum[j / MR][j % MR]);
  }
}

template <CacheType T, size_t MR>
void mixValues(const uint8_t* values, size_t count, const float* weights, size_t d, float* mixed) {
  if constexpr (T == CacheType::F32) {
    for (size_t s = 0; s < count; s += kChunk) {
      mixColumns<MR>(reinterpret_cast<const float*>(values) + s * d, std::min(kChunk, count - s), weights + s * kLanes,
                     d, mixed);
    }
  } else {
    mixRows<T, MR>(values, count, weights, d, mixed);
  }
}

// Calls f with the type and the number of queries as compile-time constants.
template <class F>
auto dispatch(CacheType type, size_t rows, F&& f) {
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
    default: return withType.template operator()<CacheType::Q8>();
  }
}

struct Scratch {
  float *q, *mixed, *scores;
};

// The keys and values of one key/value head of one sequence.
struct Head {
  CacheType type;
  const uint8_t *keys, *values;
  const float *keyScales, *valueScales;
};

// Computes queries [row, row + rows) of one key/value head, where row = t·group + (head within the group).
void attendRows(const CachedAttentionArgs& a, const Head& c, size_t b, size_t kvHead, size_t row, size_t rows,
                const Scratch& to) {
  const size_t d = a.cache.headDim, group = a.heads / a.cache.kvHeads, rowBytes = d * cacheValueBytes(c.type);
  const bool half = c.type == CacheType::F16, scaled = c.type == CacheType::Q8;
  const float into = a.scale * (a.softcap > 0 ? 1.f / a.softcap : kLog2E) * (half ? kHalfShift : 1.f);
  float positions[kLanes] = {}, slopes[kLanes] = {};
  for (size_t r = 0; r < rows; ++r) {
    const size_t t = (row + r) / group, h = kvHead * group + (row + r) % group;
    const float* q = a.q + (b * a.queries + t) * a.qStride + h * d;
    for (size_t i = 0; i < d; i += 4)
      wasm_v128_store(to.q + i * rows + 4 * r, wasm_f32x4_mul(wasm_v128_load(q + i), splat(into)));
    positions[r] = float(a.past + t);
    slopes[r] = a.slopes ? a.slopes[h] * kLog2E : 0.f;
  }
  // From here on keys are counted from the first one that any query sees. Some query sees each of [0, count); all
  // queries see [allFrom, allTo).
  const size_t first = a.past + row / group, last = a.past + (row + rows - 1) / group;
  const auto lowest = [&](size_t p) { return a.left >= 0 && int64_t(p) > a.left ? p - size_t(a.left) : 0; };
  const size_t from = lowest(first), count = last + 1 - from;
  const bool simple = a.softcap <= 0 && !a.slopes && !a.keyMask;
  const size_t allTo = simple ? first + 1 - from : 0, allFrom = std::min(lowest(last) - from, allTo);
  const auto score = [&](size_t begin, size_t end) {
    if (begin == end) return splat(kHidden);
    return dispatch(c.type, rows, [&]<CacheType T, size_t MR>() {
      return scoreKeys<T, MR>(c.keys + (from + begin) * rowBytes, end - begin, to.q, d,
                              scaled ? c.keyScales + from + begin : nullptr, to.scores + begin * kLanes);
    });
  };
  v128_t biggest = splat(kHidden);
  const uint8_t* mask = a.keyMask ? a.keyMask + b * a.maskStride + from : nullptr;
  const v128_t position = wasm_v128_load(positions), slope = wasm_v128_load(slopes), hidden = splat(kHidden);
  const v128_t window = splat(a.left >= 0 ? float(a.left) : 1e30f);
  // For keys that not all queries see, or whose scores need more than the scale.
  const auto scoreSome = [&](size_t begin, size_t end) {
    score(begin, end);
    for (size_t s = begin; s < end; ++s) {
      v128_t v = wasm_v128_load(to.scores + s * kLanes);
      if (a.softcap > 0) v = wasm_f32x4_mul(tanh(v), splat(a.softcap * kLog2E));
      const v128_t distance = wasm_f32x4_sub(position, splat(float(from + s)));  // whole numbers below 2^24
      v = madd(slope, wasm_f32x4_neg(distance), v);
      v = wasm_v128_bitselect(hidden, v,
                              wasm_v128_or(wasm_f32x4_lt(distance, splat(0)), wasm_f32x4_gt(distance, window)));
      if (mask && !mask[s]) v = hidden;
      biggest = wasm_f32x4_pmax(biggest, v);
      wasm_v128_store(to.scores + s * kLanes, v);
    }
  };
  scoreSome(0, allFrom);  // the order matters: each writes beyond its end
  biggest = wasm_f32x4_pmax(biggest, score(allFrom, allTo));
  scoreSome(allTo, count);

  const v128_t larger = wasm_i32x4_splat(half ? 96 << 23 : 0);  // times 2^96, in the exponent
  v128_t sums = splat(0);
  const float* valueScales = scaled ? c.valueScales + from : nullptr;
  for (size_t s = 0; s < count; ++s) {
    const v128_t e =
        wasm_i32x4_add(exp2Below127(wasm_f32x4_sub(wasm_v128_load(to.scores + s * kLanes), biggest)), larger);
    sums = wasm_f32x4_add(sums, e);
    wasm_v128_store(to.scores + s * kLanes, scaled ? wasm_f32x4_mul(e, wasm_v128_load32_splat(valueScales + s)) : e);
  }
  for (size_t s = count; s < count + 3; ++s) wasm_v128_store(to.scores + s * kLanes, splat(0));

  std::memset(to.mixed, 0, rows * d * sizeof(float));
  dispatch(c.type, rows, [&]<CacheType T, size_t MR>() {
    mixValues<T, MR>(c.values + from * rowBytes, count, to.scores, d, to.mixed);
  });
  // For halves, weights and their sum are both 2^96 too large, and values 2^112 too small.
  v128_t inverse = wasm_f32x4_div(splat(half ? 0x1p112f : 1.f), sums);
  inverse = wasm_v128_andnot(inverse, wasm_f32x4_le(biggest, hidden));  // zeros where a query sees no key
  float by[kLanes];
  wasm_v128_store(by, inverse);
  for (size_t r = 0; r < rows; ++r) {
    const size_t t = (row + r) / group, h = kvHead * group + (row + r) % group;
    float* out = a.out + (b * a.queries + t) * a.outStride + h * d;
    for (size_t i = 0; i < d; i += 4)
      wasm_v128_store(out + i, wasm_f32x4_mul(wasm_v128_load(to.mixed + i * rows + 4 * r), splat(by[r])));
  }
}

// Converts `count` rows of D halves, or of bytes with their scales, to f32.
void toFloats(CacheType type, const uint8_t* rows, const float* scales, size_t count, size_t d, float* y) {
  for (size_t s = 0; s < count; ++s) {
    const v128_t by = splat(type == CacheType::F16 ? 0x1p112f : scales[s]);
    for (size_t i = 0; i < d; i += 4, y += 4) {
      const size_t at = s * d + i;
      wasm_v128_store(y, wasm_f32x4_mul(by, type == CacheType::F16 ? load4<CacheType::F16>(rows + 2 * at)
                                                                   : load4<CacheType::Q8>(rows + at)));
    }
  }
}

}  // namespace

void cachedAttention(Arena& arena, const CachedAttentionArgs& a) {
  const KvLayerView& c = a.cache;
  if (c.headDim % 8) return plain::cachedAttention(arena, a);
  const Arena::Mark mark = arena.mark();
  const size_t d = c.headDim, keys = a.past + a.queries, rows = a.heads / c.kvHeads * a.queries;
  const Scratch scratch{arena.alloc<float>(kLanes * d), arena.alloc<float>(kLanes * d),
                        arena.alloc<float>(kLanes * (keys + 3))};
  const bool floats = c.type != CacheType::F32 && rows >= kManyQueries && keys <= kFloatBytes / (2 * sizeof(float) * d);
  float* made = floats ? arena.alloc<float>(2 * keys * d) : nullptr;
  if (!scratch.q || !scratch.mixed || !scratch.scores || (floats && !made)) return;
  for (size_t b = 0; b < a.batch; ++b) {
    for (size_t h = 0; h < c.kvHeads; ++h) {
      const size_t base = c.row(b, h, 0);
      const bool scaled = c.type == CacheType::Q8;
      Head head{c.type, static_cast<const uint8_t*>(c.keys) + base * c.rowBytes(),
                static_cast<const uint8_t*>(c.values) + base * c.rowBytes(), scaled ? c.keyScales + base : nullptr,
                scaled ? c.valueScales + base : nullptr};
      if (floats) {
        // A window hides the oldest keys from all queries.
        const size_t from = a.left >= 0 && int64_t(a.past) > a.left ? a.past - size_t(a.left) : 0;
        const auto all = [&](const uint8_t* rows, const float* scales, float* y) {
          toFloats(c.type, rows + from * c.rowBytes(), scaled ? scales + from : nullptr, keys - from, d, y + from * d);
          return reinterpret_cast<const uint8_t*>(y);
        };
        head = {CacheType::F32, all(head.keys, head.keyScales, made),
                all(head.values, head.valueScales, made + keys * d), nullptr, nullptr};
      }
      for (size_t row = 0; row < rows; row += kLanes)
        attendRows(a, head, b, h, row, std::min(kLanes, rows - row), scratch);
    }
  }
  arena.release(mark);
}

}  // namespace wasmformers::kernels::simd
