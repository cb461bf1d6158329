// The products of outliers (formats/outliers.h) with q8 matrices, which the 8-bit product leaves out. Eight weights of
// a column of W lie in one stretch of 32 bytes (q8.h): shifts take the byte of each lane.
#include <algorithm>

#include "kernels/simd/simd.h"
#include "kernels/simd/simd_math.h"

namespace wasmformers::kernels::simd {

namespace {

// The weights of place `at` for the 8 rows of W in a panel, as floats without their scales.
inline void weightsAt(const int8_t* panel, WeightOrder order, size_t at, v128_t& w0, v128_t& w1) {
  if (order == WeightOrder::Fours) {
    const int8_t* four = panel + at / kGroup * (kPanel * kGroup);
    const uint32_t left = 24 - 8 * uint32_t(at % kGroup);
    w0 = wasm_i32x4_shr(wasm_i32x4_shl(wasm_v128_load(four), left), 24);
    w1 = wasm_i32x4_shr(wasm_i32x4_shl(wasm_v128_load(four + 16), left), 24);
  } else {  // rows 0–3 in the low bytes of words, their top bit inverted; rows 4–7 in the high bytes
    const v128_t pairs = wasm_v128_load(panel + at / 2 * (kPanel * 2));
    const uint32_t left = 16 - 16 * uint32_t(at % 2);
    const v128_t low = wasm_i32x4_shl(pairs, left + 8);
    w0 = wasm_i32x4_shr(wasm_v128_xor(low, wasm_i32x4_splat(int32_t(0x80000000u))), 24);
    w1 = wasm_i32x4_shr(wasm_i32x4_shl(pairs, left), 24);
  }
  w0 = wasm_f32x4_convert_i32x4(w0);
  w1 = wasm_f32x4_convert_i32x4(w1);
}

}  // namespace

void addOutliers(const QuantizedRows& x, const Matrix& w, Columns columns, float* y, size_t yStride) {
  const Matrix::Q8Data& q = *w.q8();
  for (size_t p = columns.from; p < columns.to; ++p) {
    const int8_t* panel = q.panel(p, w.k());
    const float* scales = Matrix::Q8Data::scales(panel, w.k());
    const v128_t scale0 = wasm_v128_load(scales), scale1 = wasm_v128_load(scales + 4);
    const size_t width = std::min(kPanel, w.n() - p * kPanel);
    for (size_t m = 0; m < x.rows; ++m) {
      const Outliers& o = x.outliers[m];
      if (o.count == 0) continue;
      v128_t sum0 = splat(0), sum1 = splat(0);
      for (size_t i = 0; i < o.count; ++i) {
        v128_t w0, w1;
        weightsAt(panel, q.order, o.at[i], w0, w1);
        const v128_t v = wasm_v128_load32_splat(o.values + i);
        sum0 = madd(w0, v, sum0);
        sum1 = madd(w1, v, sum1);
      }
      sum0 = wasm_f32x4_mul(sum0, scale0);
      sum1 = wasm_f32x4_mul(sum1, scale1);
      float* to = y + m * yStride + p * kPanel;
      if (width == kPanel) {
        wasm_v128_store(to, wasm_f32x4_add(wasm_v128_load(to), sum0));
        wasm_v128_store(to + 4, wasm_f32x4_add(wasm_v128_load(to + 4), sum1));
        continue;
      }
      float some[kPanel];
      wasm_v128_store(some, sum0);
      wasm_v128_store(some + 4, sum1);
      for (size_t j = 0; j < width; ++j) to[j] += some[j];
    }
  }
}

}  // namespace wasmformers::kernels::simd
