// Attention, head by head. Keys are packed into panels of 8, so that a score needs no horizontal sum; values are packed
// without gaps. The scores of a few queries stay in the first-level cache from the dot product through the softmax to
// the weighted sum. Keys after the last visible one, or outside the window, are not read. Tiles are 6 queries (4
// without fused multiply-add) × 8 keys, then as many × 8 values. The packed keys include the scale and log2 e, so the
// softmax uses powers of two. The division by its sum comes last.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/simd/simd.h"
#include "kernels/simd/simd_math.h"
#include "kernels/simd/tiles.h"

namespace wasmformers::kernels::simd {

namespace {

#ifdef __wasm_relaxed_simd__
constexpr size_t kQueries = 6;
#else
constexpr size_t kQueries = 4;
#endif
constexpr size_t kKeys = 8;
constexpr float kHidden = -1e30f;  // 2^(kHidden − anything visible) is 0
constexpr float kLog2E = 1.44269504f;

// The packed keys [S/8][D][8] and values [S][D padded to 8] of one head.
struct Head {
  float *keys, *values;
  size_t valueStride;
};

void packKeys(const float* k, size_t stride, size_t count, size_t d, float scale, float* out) {
  const v128_t by = splat(scale);
  for (size_t s = 0; s < count; s += kKeys, out += d * kKeys) {
    const size_t some = std::min(kKeys, count - s);
    if (some < kKeys) std::memset(out, 0, d * kKeys * sizeof(float));
    size_t i = 0;
    for (; some == kKeys && i + 4 <= d; i += 4) {  // transposes 4 × 8
      for (size_t half = 0; half < 2; ++half) {
        const float* src = k + (s + 4 * half) * stride + i;
        const v128_t a = wasm_f32x4_mul(wasm_v128_load(src), by), b = wasm_f32x4_mul(wasm_v128_load(src + stride), by);
        const v128_t c = wasm_f32x4_mul(wasm_v128_load(src + 2 * stride), by),
                     e = wasm_f32x4_mul(wasm_v128_load(src + 3 * stride), by);
        const v128_t ab0 = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), ab1 = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
        const v128_t ce0 = wasm_i32x4_shuffle(c, e, 0, 4, 1, 5), ce1 = wasm_i32x4_shuffle(c, e, 2, 6, 3, 7);
        float* dst = out + i * kKeys + 4 * half;
        wasm_v128_store(dst, wasm_i64x2_shuffle(ab0, ce0, 0, 2));
        wasm_v128_store(dst + kKeys, wasm_i64x2_shuffle(ab0, ce0, 1, 3));
        wasm_v128_store(dst + 2 * kKeys, wasm_i64x2_shuffle(ab1, ce1, 0, 2));
        wasm_v128_store(dst + 3 * kKeys, wasm_i64x2_shuffle(ab1, ce1, 1, 3));
      }
    }
    for (; i < d; ++i) {
      for (size_t j = 0; j < some; ++j) out[i * kKeys + j] = scale * k[(s + j) * stride + i];
    }
  }
}

void packValues(const float* v, size_t stride, size_t count, size_t d, float* out, size_t outStride) {
  for (size_t s = 0; s < count; ++s) {
    std::memcpy(out + s * outStride, v + s * stride, d * sizeof(float));
    for (size_t i = d; i < outStride; ++i) out[s * outStride + i] = 0;
  }
}

// scores[MR, 8] = q[MR, D] · panel[D, 8]
template <size_t MR>
void scoreTile(const float* q, size_t qStride, const float* panel, size_t d, float* scores, size_t stride) {
  v128_t sum[MR][2];
  for (auto& row : sum) row[0] = row[1] = splat(0);
  WF_NO_UNROLL
  for (size_t i = 0; i < d; ++i, panel += kKeys) {
    const v128_t k0 = wasm_v128_load(panel), k1 = wasm_v128_load(panel + 4);
    for (size_t r = 0; r < MR; ++r) {
      const v128_t v = wasm_v128_load32_splat(q + r * qStride + i);
      sum[r][0] = madd(v, k0, sum[r][0]);
      sum[r][1] = madd(v, k1, sum[r][1]);
    }
  }
  for (size_t r = 0; r < MR; ++r) {
    wasm_v128_store(scores + r * stride, sum[r][0]);
    wasm_v128_store(scores + r * stride + 4, sum[r][1]);
  }
}

// out[MR, D] = (p[MR, S] · v[S, D]) · inverse[MR]
template <size_t MR>
void mixTile(const float* p, size_t stride, const Head& head, size_t from, size_t to, size_t d, const float* inverse,
             float* out, size_t outStride) {
  for (size_t col = 0; col < d; col += 8) {
    v128_t sum[MR][2];
    for (auto& row : sum) row[0] = row[1] = splat(0);
    const float* v = head.values + from * head.valueStride + col;
    WF_NO_UNROLL
    for (size_t s = from; s < to; ++s, v += head.valueStride) {
      const v128_t v0 = wasm_v128_load(v), v1 = wasm_v128_load(v + 4);
      for (size_t r = 0; r < MR; ++r) {
        const v128_t w = wasm_v128_load32_splat(p + r * stride + s);
        sum[r][0] = madd(w, v0, sum[r][0]);
        sum[r][1] = madd(w, v1, sum[r][1]);
      }
    }
    for (size_t r = 0; r < MR; ++r) {
      float* dst = out + r * outStride + col;
      const v128_t scale = splat(inverse[r]);
      const v128_t a = wasm_f32x4_mul(sum[r][0], scale), b = wasm_f32x4_mul(sum[r][1], scale);
      if (d - col >= 8) {
        wasm_v128_store(dst, a);
        wasm_v128_store(dst + 4, b);
      } else {
        storeSome(dst, a, std::min<size_t>(4, d - col));
        if (d - col > 4) storeSome(dst + 4, b, d - col - 4);
      }
    }
  }
}

// p = 2^(p − max p) over [from, to). Returns the inverse of the sum.
float exponentiate(float* p, size_t from, size_t to) {
  // `from` and `to` are multiples of 4: scores after the last key are hidden.
  v128_t best = splat(kHidden);
  for (size_t s = from; s < to; s += 4) best = wasm_f32x4_pmax(best, wasm_v128_load(p + s));
  const v128_t biggest = splat(maxLanes(best));
  v128_t sum = splat(0);
  for (size_t s = from; s < to; s += 4) {
    const v128_t e = exp2Below127(wasm_f32x4_sub(wasm_v128_load(p + s), biggest));
    wasm_v128_store(p + s, e);
    sum = wasm_f32x4_add(sum, e);
  }
  return 1.f / sumLanes(sum);
}

}  // namespace

void attention(Arena& arena, const AttentionArgs& a) {
  const Arena::Mark mark = arena.mark();
  const size_t padded = roundUp(a.keys, kKeys), d = a.headDim, group = a.heads / a.kvHeads;
  Head head{arena.alloc<float>(padded * d), arena.alloc<float>(padded * roundUp(d, 8)), roundUp(d, 8)};
  float* scores = arena.alloc<float>(kQueries * padded);
  float* hidden = arena.alloc<float>(padded);  // 0 or kHidden per key
  float* average = arena.alloc<float>(padded);
  if (!head.keys || !head.values || !scores || !hidden || !average) return;

  for (size_t b = 0; b < a.batch; ++b) {
    const uint8_t* mask = a.keyMask ? a.keyMask + b * a.keys : nullptr;
    size_t seen = a.keys, gaps = 0;  // keys up to the last visible one, and how many of them are hidden
    while (mask && seen > 0 && !mask[seen - 1]) --seen;
    const bool nothing = seen == 0;  // a sequence of padding only: every query averages all values
    if (nothing) seen = a.keys;
    for (size_t s = 0; s < padded; ++s) {
      const bool hide = s >= seen || (mask && !nothing && !mask[s]);
      hidden[s] = hide ? kHidden : 0.f;
      gaps += hide && s < seen;
      average[s] = s < a.keys ? 1.f : 0.f;
    }
    const float averageScale = 1.f / float(a.keys);

    for (size_t h = 0; h < a.heads; ++h) {
      if (h % group == 0) {
        const size_t kv = h / group * d;
        packKeys(a.k + b * a.keys * a.kStride + kv, a.kStride, a.keys, d, a.scale * kLog2E, head.keys);
        packValues(a.v + b * a.keys * a.vStride + kv, a.vStride, a.keys, d, head.values, head.valueStride);
      }
      const float* bias = a.bias ? a.bias + b * a.biasBatchStride + h * a.biasHeadStride : nullptr;
      for (size_t t = 0; t < a.queries; t += kQueries) {
        const size_t rows = std::min(kQueries, a.queries - t);
        const float* q = a.q + (b * a.queries + t) * a.qStride + h * d;
        float* out = a.out + (b * a.queries + t) * a.outStride + h * d;
        // Keys that any of these queries may see, in whole panels.
        const size_t low = a.left >= 0 && int64_t(t) > a.left ? size_t(int64_t(t) - a.left) / kKeys * kKeys : 0;
        size_t high = seen;
        if (a.right >= 0) high = std::min<size_t>(high, size_t(int64_t(t + rows) + a.right));
        const bool windowed = a.left >= 0 || a.right >= 0;
        const size_t end = roundUp(high, kKeys);

        for (size_t s = low; s < end; s += kKeys) {
          rowTiles<kQueries>(0, rows, [&]<size_t MR>(size_t r) {
            scoreTile<MR>(q + r * a.qStride, a.qStride, head.keys + s * d, d, scores + r * padded + s, padded);
          });
        }

        float inverse[kQueries];
        for (size_t r = 0; r < rows; ++r) {
          float* p = scores + r * padded;
          if (bias) {
            const float* line = bias + (t + r) * a.keys;
            size_t s = low;
            for (; s + 4 <= high; s += 4)
              wasm_v128_store(p + s, madd(wasm_v128_load(line + s), splat(kLog2E), wasm_v128_load(p + s)));
            for (; s < high; ++s) p[s] += line[s] * kLog2E;
          }
          for (size_t s = gaps ? low : high; s < end; ++s) p[s] = hidden[s] < 0 || s >= high ? kHidden : p[s];
          bool any = !nothing;
          if (windowed) {
            any = false;
            for (size_t s = low; s < end; ++s) {
              const int64_t distance = int64_t(s) - int64_t(t + r);
              if ((a.left >= 0 && -distance > a.left) || (a.right >= 0 && distance > a.right)) p[s] = kHidden;
              any = any || p[s] > kHidden;
            }
            any = any && !nothing;
          }
          if (any) {
            inverse[r] = exponentiate(p, low, end);
          } else {
            mixTile<1>(average, padded, head, 0, a.keys, d, &averageScale, out + r * a.outStride, a.outStride);
            inverse[r] = 0;
          }
        }
        const auto mix = [&](size_t first, size_t last) {
          rowTiles<kQueries>(first, last, [&]<size_t MR>(size_t r) {
            mixTile<MR>(scores + r * padded, padded, head, low, high, d, inverse + r, out + r * a.outStride,
                        a.outStride);
          });
        };
        // Of scores that are no numbers, the sum is none: it goes into the output.
        const bool allSee = std::all_of(inverse, inverse + rows, [](float v) { return v != 0; });
        if (allSee) {
          mix(0, rows);
        } else {
          for (size_t r = 0; r < rows; ++r) {
            if (inverse[r] != 0) mix(r, r + 1);
          }
        }
      }
    }
  }
  arena.release(mark);
}

}  // namespace wasmformers::kernels::simd
