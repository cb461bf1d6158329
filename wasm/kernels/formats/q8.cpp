// See q8.h: packing and unpacking, and the plain quantization of activations.
#include "kernels/formats/q8.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>

#include "kernels/simd/simd.h"
#endif

namespace wasmformers::kernels {

QuantizationParams quantizationParams(float low, float high) {
  low = std::min(low, 0.f);
  high = std::max(high, 0.f);
  const float scale = (high - low) / 255.f;
  // 8 bits represent no infinity, no NaN and no range beyond a float's. Such a row gets a scale of NaN, and all that is
  // multiplied by it becomes NaN, which a model reports. f32 products do the same by themselves.
  if (!(scale < 1e37f)) return {std::numeric_limits<float>::quiet_NaN(), 0.f, 0};
  // A row of zeros, or one so small that 1/scale overflows, is quantized to zeros.
  if (!(scale > 1e-37f)) return {0.f, 0.f, 0};
  const float inverse = 1.f / scale;
  return {scale, inverse, int32_t(std::nearbyint(-low * inverse))};
}

const float* withoutOutliers(const float* x, size_t k, const Outliers& outliers, float* scratch) {
  if (outliers.count == 0) return x;
  std::copy_n(x, k, scratch);
  for (size_t i = 0; i < outliers.count; ++i) scratch[outliers.at[i]] = 0;
  return scratch;
}

QuantizedRows* quantizeRowsPlain(Arena& arena, const Rows& x, ActivationForm form) {
  auto* out = arena.alloc<QuantizedRows>(1);
  const size_t stride = roundUp(paddedK(x.cols), 16);
  const size_t width = form == ActivationForm::Wide ? 2 : 1;
  auto* data = static_cast<unsigned char*>(arena.allocBytes(x.rows * stride * width));
  auto* scales = arena.alloc<float>(x.rows);
  auto* zeros = arena.alloc<int32_t>(x.rows);
  auto* outliers = arena.alloc<Outliers>(x.rows);
  auto* scratch = arena.alloc<float>(x.cols);
  if (!out || !data || !scales || !zeros || !outliers || !scratch) return nullptr;
  std::memset(data, 0, x.rows * stride * width);
  for (size_t m = 0; m < x.rows; ++m) {
    const float* row = x.data + m * x.stride;
    outliers[m] = findOutliers(row, x.cols);
    row = withoutOutliers(row, x.cols, outliers[m], scratch);
    const auto [low, high] = std::minmax_element(row, row + x.cols);
    const float* nan = std::find_if(row, row + x.cols, [](float v) { return std::isnan(v); });  // no range knows it
    const QuantizationParams p = quantizationParams(nan < row + x.cols ? *nan : *low, *high);
    scales[m] = p.scale;
    zeros[m] = form == ActivationForm::Wide ? 0 : form == ActivationForm::Signed ? p.zero - 128 : p.zero;
    for (size_t k = 0; k < x.cols && !std::isnan(p.scale); ++k) {
      const int32_t q = std::clamp(int32_t(std::nearbyint(row[k] * p.inverse)) + p.zero, 0, 255);
      if (form == ActivationForm::Wide) {
        reinterpret_cast<int16_t*>(data)[m * stride + k] = int16_t(q - p.zero);
        zeros[m] += q - p.zero;
        continue;
      }
      data[m * stride + k] = static_cast<unsigned char>(form == ActivationForm::Signed ? q ^ 0x80 : q);
    }
  }
  *out = {form, data, scales, zeros, x.rows, stride, outliers};
  return out;
}

namespace {

// The largest magnitude of a row, or NaN or infinity if the row has one.
float absMax(const float* w, size_t k) {
  size_t i = 0;
  float best = 0;
#ifdef __wasm_simd128__
  v128_t a = wasm_f32x4_splat(0), b = a;
  for (; i + 8 <= k; i += 8) {  // f32x4.max keeps NaN
    a = wasm_f32x4_max(a, wasm_f32x4_abs(wasm_v128_load(w + i)));
    b = wasm_f32x4_max(b, wasm_f32x4_abs(wasm_v128_load(w + i + 4)));
  }
  a = wasm_f32x4_max(a, b);
  a = wasm_f32x4_max(a, wasm_i32x4_shuffle(a, a, 2, 3, 0, 1));
  a = wasm_f32x4_max(a, wasm_i32x4_shuffle(a, a, 1, 0, 3, 2));
  best = wasm_f32x4_extract_lane(a, 0);
#endif
  for (; i < k && !std::isnan(best); ++i) {
    const float v = std::fabs(w[i]);
    if (!(v <= best)) best = v;  // also where v is NaN
  }
  return best;
}

// q = round(w · inverse) for a row; returns its sum.
int32_t quantizeWeights(const float* w, size_t k, float inverse, int8_t* q) {
  int32_t sum = 0;
  size_t i = 0;
#ifdef __wasm_simd128__
  const v128_t inv = wasm_f32x4_splat(inverse);
  v128_t sums = wasm_i32x4_splat(0);
  const auto four = [&](size_t at) {
    return wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(wasm_f32x4_mul(wasm_v128_load(w + at), inv)));
  };
  for (; i + 16 <= k; i += 16) {
    const v128_t lo = wasm_i16x8_narrow_i32x4(four(i), four(i + 4));
    const v128_t hi = wasm_i16x8_narrow_i32x4(four(i + 8), four(i + 12));
    sums = wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_add(lo, hi)));
    wasm_v128_store(q + i, wasm_i8x16_narrow_i16x8(lo, hi));
  }
  sum = wasm_i32x4_extract_lane(sums, 0) + wasm_i32x4_extract_lane(sums, 1) + wasm_i32x4_extract_lane(sums, 2) +
        wasm_i32x4_extract_lane(sums, 3);
#endif
  for (; i < k; ++i) {
    q[i] = int8_t(std::nearbyint(w[i] * inverse));
    sum += q[i];
  }
  return sum;
}

// Reorders a panel in place, from Fours to Pairs.
void pairUp(int8_t* panel, size_t kp) {
  for (int8_t* end = panel + kPanel * kp; panel < end; panel += 32) {
#ifdef __wasm_simd128__
    const v128_t turned = wasm_i16x8_splat(0x80);
    const v128_t a = wasm_v128_load(panel), b = wasm_v128_load(panel + 16);  // rows 0–3, 4–7, four k each
    wasm_v128_store(
        panel,
        wasm_v128_xor(wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29), turned));
    wasm_v128_store(
        panel + 16,
        wasm_v128_xor(wasm_i8x16_shuffle(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31), turned));
#else
    int8_t fours[32];
    std::memcpy(fours, panel, 32);
    for (size_t i = 0; i < 32; ++i)
      panel[Matrix::Q8Data::pairAt(i / 4, i % 4)] = int8_t(fours[i] ^ (i < 16 ? 0x80 : 0));
#endif
  }
}

}  // namespace

WeightOrder productOrder() {
#ifdef __wasm_simd128__
  if (simd::activationForm() == ActivationForm::Wide) return WeightOrder::Pairs;
#endif
  return WeightOrder::Fours;
}

bool packPanel(const float* w, size_t rows, size_t stride, size_t k, WeightOrder order, int8_t* panel) {
  const size_t kp = paddedK(k);
  auto* scales = reinterpret_cast<float*>(panel + kPanel * kp);
  auto* sums = reinterpret_cast<int32_t*>(scales + kPanel);
  int8_t row[1024 + 16];  // a stretch of one row at a time: any K without an allocation
  if (rows < kPanel) std::memset(panel, 0, kPanel * kp);
  for (size_t r = 0; r < kPanel; ++r) {
    scales[r] = 0;
    sums[r] = 0;
    if (r >= rows) continue;
    const float* src = w + r * stride;
    const float biggest = absMax(src, k);
    if (!std::isfinite(biggest)) return false;
    const float inverse = biggest > 1e-37f ? 127.f / biggest : 0.f;
    scales[r] = biggest > 1e-37f ? biggest / 127.f : 0.f;
    for (size_t from = 0; from < kp; from += 1024) {
      const size_t n = std::min<size_t>(1024, k - std::min(k, from)), padded = std::min<size_t>(1024, kp - from);
      for (size_t i = n; i < padded; ++i) row[i] = 0;
      sums[r] += quantizeWeights(src + from, n, inverse, row);
      int8_t* dst = panel + from * kPanel + r * kGroup;
      for (size_t i = 0; i < padded; i += kGroup, dst += kPanel * kGroup) std::memcpy(dst, row + i, kGroup);
    }
  }
  if (order == WeightOrder::Pairs) pairUp(panel, kp);
  return true;
}

void unpackRow(const Matrix::Q8Data& q, size_t n, size_t k, float* y) {
  const int8_t* panel = q.panel(n / kPanel, k);
  const float scale = q.scales(panel, k)[n % kPanel];
  size_t i = 0;
#ifdef __wasm_simd128__
  const int8_t* src = panel + n % kPanel * kGroup;
  const v128_t by = wasm_f32x4_splat(scale);
  for (; q.order == WeightOrder::Fours && i + kGroup <= k; i += kGroup, src += kPanel * kGroup) {
    const v128_t four = wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(src)));
    wasm_v128_store(y + i, wasm_f32x4_mul(wasm_f32x4_convert_i32x4(four), by));
  }
#endif
  for (; i < k; ++i) y[i] = scale * float(q.at(panel, n, i));
}

}  // namespace wasmformers::kernels
