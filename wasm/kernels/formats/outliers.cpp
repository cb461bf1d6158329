// See outliers.h.
#include "kernels/formats/outliers.h"

#include <cmath>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

namespace wasmformers::kernels {

namespace {

float sumOfMagnitudes(const float* x, size_t k) {
  size_t i = 0;
  float sum = 0;
#ifdef __wasm_simd128__
  v128_t a = wasm_f32x4_splat(0), b = a;
  for (; i + 8 <= k; i += 8) {
    a = wasm_f32x4_add(a, wasm_f32x4_abs(wasm_v128_load(x + i)));
    b = wasm_f32x4_add(b, wasm_f32x4_abs(wasm_v128_load(x + i + 4)));
  }
  a = wasm_f32x4_add(a, b);
  sum = (wasm_f32x4_extract_lane(a, 0) + wasm_f32x4_extract_lane(a, 1)) +
        (wasm_f32x4_extract_lane(a, 2) + wasm_f32x4_extract_lane(a, 3));
#endif
  for (; i < k; ++i) sum += std::fabs(x[i]);
  return sum;
}

// Adds a value; once there are kOutliers, in place of the smallest of them.
void add(Outliers& o, size_t at, float value) {
  size_t place = o.count;
  if (o.count < kOutliers) {
    ++o.count;
  } else {
    place = 0;
    for (size_t i = 1; i < kOutliers; ++i) place = std::fabs(o.values[i]) < std::fabs(o.values[place]) ? i : place;
    if (std::fabs(value) <= std::fabs(o.values[place])) return;
  }
  o.at[place] = uint32_t(at);
  o.values[place] = value;
}

}  // namespace

Outliers findOutliers(const float* x, size_t k) {
  Outliers found;
  found.count = 0;
  const float threshold = sumOfMagnitudes(x, k) * (kOutlierThreshold / float(k));
  size_t i = 0;
#ifdef __wasm_simd128__
  const v128_t least = wasm_f32x4_splat(threshold);
  const auto larger = [&](size_t at) { return wasm_f32x4_gt(wasm_f32x4_abs(wasm_v128_load(x + at)), least); };
  for (; i + 16 <= k; i += 16) {
    const v128_t any =
        wasm_v128_or(wasm_v128_or(larger(i), larger(i + 4)), wasm_v128_or(larger(i + 8), larger(i + 12)));
    if (!wasm_v128_any_true(any)) continue;
    for (size_t j = i; j < i + 16; ++j) {
      if (std::fabs(x[j]) > threshold) add(found, j, x[j]);
    }
  }
#endif
  for (; i < k; ++i) {
    if (std::fabs(x[i]) > threshold) add(found, i, x[i]);
  }
  return found;
}

}  // namespace wasmformers::kernels
