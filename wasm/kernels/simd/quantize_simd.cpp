// Quantizes activations to 8 bits, a row or a block of 32 values at a time: one pass finds the range, a second converts
// the values while they are in the cache. The arithmetic is that of the plain functions, so both give the same
// integers.
#include "kernels/simd/simd.h"
#include "kernels/simd/simd_math.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace wasmformers::kernels::simd {

namespace {

// The interval of a row and 0. Bits are compared in place of floats: those of positive numbers are ordered as signed
// integers, those of negative ones by magnitude as unsigned integers. A NaN is beyond all of its sign, so it is kept,
// which no minimum of floats does at the same cost.
void range(const float* x, size_t k, float& low, float& high) {
  const v128_t minusZero = wasm_i32x4_splat(INT32_MIN);
  v128_t lo = minusZero, hi = wasm_i32x4_splat(0), lo2 = lo, hi2 = hi;
  size_t i = 0;
  for (; i + 8 <= k; i += 8) {
    const v128_t a = wasm_v128_load(x + i), b = wasm_v128_load(x + i + 4);
    lo = wasm_u32x4_max(lo, a);
    hi = wasm_i32x4_max(hi, a);
    lo2 = wasm_u32x4_max(lo2, b);
    hi2 = wasm_i32x4_max(hi2, b);
  }
  if (i < k) {
    float tail[8] = {};
    std::memcpy(tail, x + i, (k - i) * sizeof(float));
    for (size_t at : {0, 4}) {
      lo = wasm_u32x4_max(lo, wasm_v128_load(tail + at));
      hi = wasm_i32x4_max(hi, wasm_v128_load(tail + at));
    }
  }
  lo = wasm_u32x4_max(lo, lo2);
  hi = wasm_i32x4_max(hi, hi2);
  lo = wasm_u32x4_max(lo, wasm_i32x4_shuffle(lo, lo, 2, 3, 0, 1));
  hi = wasm_i32x4_max(hi, wasm_i32x4_shuffle(hi, hi, 2, 3, 0, 1));
  low = wasm_f32x4_extract_lane(wasm_u32x4_max(lo, wasm_i32x4_shuffle(lo, lo, 1, 0, 3, 2)), 0);
  high = wasm_f32x4_extract_lane(wasm_i32x4_max(hi, wasm_i32x4_shuffle(hi, hi, 1, 0, 3, 2)), 0);
}

// 8 values rounded to whole numbers (ties to even), as int16: adding 1.5·2^23 leaves the number in the low bits.
// Multiplication and addition are not fused, because that would round differently from the plain function.
inline v128_t round8(const float* x, v128_t inverse) {
  const v128_t magic = splat(12582912.f);
  const v128_t a = wasm_f32x4_add(wasm_f32x4_mul(wasm_v128_load(x), inverse), magic);
  const v128_t b = wasm_f32x4_add(wasm_f32x4_mul(wasm_v128_load(x + 4), inverse), magic);
  return wasm_i16x8_narrow_i32x4(wasm_i32x4_sub(a, magic), wasm_i32x4_sub(b, magic));
}

constexpr float kNothing[kBlock] = {};

}  // namespace

QuantizedRows* quantizeRows(Arena& arena, const Rows& x, ActivationForm form, bool apart) {
  auto* out = arena.alloc<QuantizedRows>(1);
  const bool wide = form == ActivationForm::Wide;
  const size_t stride = roundUp(x.cols, 16);
  auto* data = static_cast<uint8_t*>(arena.allocBytes(x.rows * stride * (wide ? 2 : 1)));
  auto* scales = arena.alloc<float>(x.rows);
  auto* zeros = arena.alloc<int32_t>(x.rows);
  auto* outliers = apart ? arena.alloc<Outliers>(x.rows) : nullptr;
  auto* scratch = apart ? arena.alloc<float>(x.cols) : nullptr;
  if (!out || !data || !scales || !zeros || (apart && !(outliers && scratch))) return nullptr;
  const v128_t flip = form == ActivationForm::Signed ? wasm_i8x16_splat(int8_t(0x80)) : wasm_i8x16_splat(0);
  const v128_t top = wasm_i16x8_splat(255), none = wasm_i16x8_splat(0);

  for (size_t m = 0; m < x.rows; ++m) {
    const float* row = x.data + m * x.stride;
    if (apart) {
      outliers[m] = findOutliers(row, x.cols);
      row = withoutOutliers(row, x.cols, outliers[m], scratch);
    }
    float low, high;
    range(row, x.cols, low, high);
    const QuantizationParams p = quantizationParams(low, high);
    scales[m] = p.scale;
    zeros[m] = wide ? 0 : form == ActivationForm::Signed ? p.zero - 128 : p.zero;
    const v128_t inverse = splat(p.inverse), zero = wasm_i16x8_splat(int16_t(p.zero));
    v128_t sums = wasm_i32x4_splat(0);
    const auto sixteen = [&](const float* src, size_t at) {
      v128_t a = wasm_i16x8_add(round8(src, inverse), zero), b = wasm_i16x8_add(round8(src + 8, inverse), zero);
      if (wide) {
        auto* y = reinterpret_cast<int16_t*>(data) + m * stride + at;
        a = wasm_i16x8_sub(wasm_i16x8_min(wasm_i16x8_max(a, none), top), zero);
        b = wasm_i16x8_sub(wasm_i16x8_min(wasm_i16x8_max(b, none), top), zero);
        sums = wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_add(a, b)));
        wasm_v128_store(y, a);
        wasm_v128_store(y + 8, b);
      } else {
        wasm_v128_store(data + m * stride + at, wasm_v128_xor(wasm_u8x16_narrow_i16x8(a, b), flip));
      }
    };
    size_t k = 0;
    for (; k + 16 <= x.cols; k += 16) sixteen(row + k, k);
    if (k < x.cols) {
      float tail[16] = {};
      std::memcpy(tail, row + k, (x.cols - k) * sizeof(float));
      sixteen(tail, k);
    }
    if (wide) zeros[m] = sumInts(sums);
  }
  *out = {form, data, scales, zeros, x.rows, stride, outliers};
  return out;
}

QuantizedBlocks* quantizeBlocks(Arena& arena, const Rows& x) {
#ifdef __wasm_relaxed_simd__
  constexpr bool wide = false;
#else
  constexpr bool wide = true;
#endif
  auto* out = arena.alloc<QuantizedBlocks>(1);
  const size_t blocks = blocksOf(x.cols);
  auto* data = static_cast<uint8_t*>(arena.allocBytes(x.rows * blocks * kBlock * (wide ? 2 : 1)));
  auto* scales = arena.alloc<float>(x.rows * blocks);
  auto* sums = arena.alloc<int32_t>(x.rows * blocks);
  if (!out || !data || !scales || !sums) return nullptr;
  for (size_t m = 0, at = 0; m < x.rows; ++m) {
    for (size_t from = 0; from < x.cols; from += kBlock, ++at) {
      const float* src = x.data + m * x.stride + from;
      float tail[kBlock];
      if (x.cols - from < kBlock) {
        std::fill_n(tail, kBlock, 0.f);
        std::memcpy(tail, src, (x.cols - from) * sizeof(float));
        src = tail;
      }
      // Magnitudes are ordered like their bits, with NaN above all. An integer maximum is one instruction, a maximum of
      // floats several.
      const auto pair = [&](size_t i) {
        return wasm_i32x4_max(wasm_f32x4_abs(wasm_v128_load(src + i)), wasm_f32x4_abs(wasm_v128_load(src + i + 4)));
      };
      v128_t biggest = wasm_i32x4_max(wasm_i32x4_max(pair(0), pair(8)), wasm_i32x4_max(pair(16), pair(24)));
      biggest = wasm_i32x4_max(biggest, wasm_i32x4_shuffle(biggest, biggest, 2, 3, 0, 1));
      biggest = wasm_i32x4_max(biggest, wasm_i32x4_shuffle(biggest, biggest, 1, 0, 3, 2));
      const BlockScale s = blockScale(wasm_f32x4_extract_lane(biggest, 0));
      if (s.inverse == 0) src = kNothing;
      const v128_t inverse = splat(s.inverse);
      const v128_t a = round8(src, inverse), b = round8(src + 8, inverse), c = round8(src + 16, inverse),
                   d = round8(src + 24, inverse);
      const v128_t sum = wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_add(wasm_i16x8_add(a, b), wasm_i16x8_add(c, d)));
      const int32_t total = sumInts(sum);
      scales[at] = s.stored * (wide ? 0x1p-5f : 1.f);
      sums[at] = -total;
      if constexpr (wide) {
        auto* y = reinterpret_cast<int16_t*>(data) + at * kBlock;
        const v128_t by = wasm_i16x8_make(256, 256, 16, 16, 1, 1, 256, 256);
        wasm_v128_store(y, wasm_i16x8_mul(wasm_i16x8_shuffle(a, c, 0, 2, 8, 10, 1, 3, 9, 11), by));
        wasm_v128_store(y + 8, wasm_i16x8_mul(wasm_i16x8_shuffle(a, c, 4, 6, 12, 14, 5, 7, 13, 15), by));
        wasm_v128_store(y + 16, wasm_i16x8_mul(wasm_i16x8_shuffle(b, d, 0, 2, 8, 10, 1, 3, 9, 11), by));
        wasm_v128_store(y + 24, wasm_i16x8_mul(wasm_i16x8_shuffle(b, d, 4, 6, 12, 14, 5, 7, 13, 15), by));
      } else {
        wasm_v128_store(data + at * kBlock, wasm_i8x16_narrow_i16x8(a, b));
        wasm_v128_store(data + at * kBlock + 16, wasm_i8x16_narrow_i16x8(c, d));
      }
    }
  }
  *out = {wide, data, scales, sums, x.rows, blocks};
  return out;
}

}  // namespace wasmformers::kernels::simd
