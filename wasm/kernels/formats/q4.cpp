// See q4.h: packing and unpacking, and the plain quantization of activations.
#include "kernels/formats/q4.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

namespace wasmformers::kernels {

namespace {

// The interval that holds 32 values and 0.
struct Range {
  float low, high;
};

// With q = round(x·inverse + z/8) in 0…15 and u = 8q − z: Σu² and Σu·x.
struct Fit {
  float uu, ux;
};

// The larger value; NaN counts as the largest.
inline float larger(float biggest, float v) { return v <= biggest || std::isnan(biggest) ? biggest : v; }

// The next functions exist with SIMD and in plain C++:
//   range      of 32 values
//   magnitude  the largest magnitude of a row
//   nearest    q of a value; see Fit
//   fit        of 32 values
//   quantize   32 values to 16 bytes; byte i has the nibbles of values i and 16 + i
#ifdef __wasm_simd128__
inline float sum(v128_t v) {
  return (wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1)) +
         (wasm_f32x4_extract_lane(v, 2) + wasm_f32x4_extract_lane(v, 3));
}

Range range(const float* x) {
  v128_t low = wasm_f32x4_splat(0), high = low;
  for (size_t i = 0; i < kBlock; i += 4) {
    low = wasm_f32x4_pmin(low, wasm_v128_load(x + i));
    high = wasm_f32x4_pmax(high, wasm_v128_load(x + i));
  }
  float l[4], h[4];
  wasm_v128_store(l, low);
  wasm_v128_store(h, high);
  return {std::min(std::min(l[0], l[1]), std::min(l[2], l[3])), std::max(std::max(h[0], h[1]), std::max(h[2], h[3]))};
}

float magnitude(const float* x, size_t k) {
  v128_t most[4];
  for (auto& m : most) m = wasm_f32x4_splat(0);
  size_t i = 0;
  for (; i + 16 <= k; i += 16) {
    for (size_t j = 0; j < 4; ++j)
      most[j] = wasm_f32x4_max(most[j], wasm_f32x4_abs(wasm_v128_load(x + i + 4 * j)));  // NaN is kept
  }
  float lanes[4];
  wasm_v128_store(lanes, wasm_f32x4_max(wasm_f32x4_max(most[0], most[1]), wasm_f32x4_max(most[2], most[3])));
  float biggest = 0;
  for (float lane : lanes) biggest = larger(biggest, lane);
  for (; i < k; ++i) biggest = larger(biggest, std::fabs(x[i]));
  return biggest;
}

inline v128_t nearest(v128_t x, v128_t inverse, v128_t zero) {
  const v128_t q = wasm_f32x4_nearest(wasm_f32x4_add(wasm_f32x4_mul(x, inverse), zero));
  return wasm_f32x4_pmin(wasm_f32x4_pmax(q, wasm_f32x4_splat(0)), wasm_f32x4_splat(15));
}

Fit fit(const float* x, float inverse, float z) {
  const v128_t by = wasm_f32x4_splat(inverse), eighth = wasm_f32x4_splat(z / 8), zero = wasm_f32x4_splat(z);
  v128_t uu = wasm_f32x4_splat(0), ux = uu;
  for (size_t i = 0; i < kBlock; i += 4) {
    const v128_t v = wasm_v128_load(x + i), q = nearest(v, by, eighth),
                 u = wasm_f32x4_sub(wasm_f32x4_mul(q, wasm_f32x4_splat(8)), zero);
    uu = wasm_f32x4_add(uu, wasm_f32x4_mul(u, u));
    ux = wasm_f32x4_add(ux, wasm_f32x4_mul(u, v));
  }
  return {sum(uu), sum(ux)};
}

void quantize(const float* x, float inverse, float zero, uint8_t* pairs) {
  const v128_t by = wasm_f32x4_splat(inverse), add = wasm_f32x4_splat(zero);
  const auto four = [&](size_t i) { return wasm_i32x4_trunc_sat_f32x4(nearest(wasm_v128_load(x + i), by, add)); };
  const auto sixteen = [&](size_t i) {
    return wasm_u8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(four(i), four(i + 4)),
                                   wasm_i16x8_narrow_i32x4(four(i + 8), four(i + 12)));
  };
  wasm_v128_store(pairs, wasm_v128_or(sixteen(0), wasm_i16x8_shl(sixteen(16), 4)));
}
#else
Range range(const float* x) {
  const auto [low, high] = std::minmax_element(x, x + kBlock);
  return {std::min(*low, 0.f), std::max(*high, 0.f)};
}

float nearest(float x, float inverse, float zero) { return std::clamp(std::nearbyint(x * inverse + zero), 0.f, 15.f); }

Fit fit(const float* x, float inverse, float z) {
  Fit f{0, 0};
  for (size_t i = 0; i < kBlock; ++i) {
    const float u = 8 * nearest(x[i], inverse, z / 8) - z;
    f.uu += u * u;
    f.ux += u * x[i];
  }
  return f;
}

void quantize(const float* x, float inverse, float zero, uint8_t* pairs) {
  const auto q = [&](size_t i) { return uint32_t(nearest(x[i], inverse, zero)); };
  for (size_t i = 0; i < kBlock / 2; ++i) pairs[i] = uint8_t(q(i) | q(i + 16) << 4);
}

float magnitude(const float* x, size_t k) {
  float biggest = 0;
  for (size_t i = 0; i < k; ++i) biggest = larger(biggest, std::fabs(x[i]));
  return biggest;
}
#endif

// The code of a block with this scale and zero point. `unit` is the scale of the largest exponent.
uint16_t encode(float scale, float unit, uint32_t z) {
  const uint32_t bits = std::bit_cast<uint32_t>(scale / unit * 0x1p-112f);  // exponent 15 of a code
  return uint16_t(
      std::clamp<uint32_t>(bits + (1u << 17) - std::min(z << 11, bits), 1u << 23, (16u << 23) - 1) >> 18 << 7 | z);
}

// The code of a block of zeros: q = 8, z = 64. Its scale is not subnormal, because arithmetic would be slow.
constexpr uint16_t kZeros = 1 << 12 | 64;

// Finds the best code for 32 values. It tries the zero point that spans the block and one on either side, for two
// spans, each with the scale of least squares. The best explains the largest share of Σx², which is (Σux)²/Σu². The
// whole span finds a grid of 16 steps on which the weights lie already.
uint16_t searchCode(const float* x, float unit) {
  const auto [low, high] = range(x);
  const float width = high - low;
  if (!(width > 1e-30f)) return kZeros;
  alignas(16) float y[kBlock];  // within [−1, 1], so that squares are finite for weights of any size
  for (size_t i = 0; i < kBlock; ++i) y[i] = x[i] * (1.f / width);
  const float middle = std::nearbyint(-low / width * 120.f);
  float best = 0, scale = 0;
  uint32_t zero = 0;
  for (const float span : {1.f, 0.9f}) {
    for (const float z : {middle, middle - 3, middle + 3}) {
      if (z < 0 || z > 127) continue;
      const Fit f = fit(y, 15.f / span, z);
      if (f.ux <= 0 || f.ux * f.ux <= best * f.uu) continue;
      best = f.ux * f.ux / f.uu;
      scale = 8 * f.ux / f.uu;  // for q, since f is for 8q − z
      zero = uint32_t(z);
    }
  }
  return best > 0 ? encode(scale * width, unit, zero) : kZeros;
}

}  // namespace

bool packPanelQ4(const float* w, size_t rows, size_t k, uint8_t* panel) {
  auto* factors = reinterpret_cast<float*>(panel + blocksOf(k) * kBlockBytes);
  float units[kPanel];
  for (size_t r = 0; r < kPanel; ++r) {
    const float biggest = r < rows ? magnitude(w + r * k, k) : 0;
    if (!(biggest <= 1e24f)) return false;
    // The largest exponent: a span of 2·biggest in 15 steps is less than 2·unit, and so is the scale of least squares.
    units[r] = biggest > 1e-30f ? std::bit_cast<float>(std::bit_cast<uint32_t>(biggest / 6.f) & 0x7f800000u) : 0.f;
    factors[r] = units[r] * (0x1p109f / kActivationShift);
  }
  for (size_t from = 0; from < k; from += kBlock, panel += kBlockBytes) {
    auto* codes = reinterpret_cast<uint16_t*>(panel + kBlockBytes - 2 * kPanel);
    for (size_t r = 0; r < kPanel; ++r) {
      alignas(16) float part[kBlock] = {};
      const float* x = part;
      const bool some = r < rows && units[r] > 0;
      if (some && k - from >= kBlock)
        x = w + r * k + from;
      else if (some)
        std::copy_n(w + r * k + from, k - from, part);
      codes[r] = some ? searchCode(x, units[r]) : kZeros;
      const float scale = codeScale(codes[r]) * 0x1p112f * units[r];
      alignas(16) uint8_t pairs[kBlock / 2];
      quantize(x, scale > 0 ? 1.f / scale : 0.f, float(codeZero(codes[r])) / 8, pairs);
      for (size_t j = 0; j < 4; ++j) std::memcpy(panel + 32 * j + 4 * r, pairs + 4 * j, 4);
    }
  }
  return true;
}

void unpackRow(const Matrix::Q4Data& w, size_t n, size_t k, float* y) {
  const uint8_t* const panel = w.panel(n / kPanel, k);
  const uint8_t* block = panel;
  const size_t r = n % kPanel;
  const float factor = w.factors(panel, k)[r];
  for (size_t from = 0; from < k; from += kBlock, block += kBlockBytes) {
    uint16_t code;
    std::memcpy(&code, block + kBlockBytes - 2 * kPanel + 2 * r, 2);
    const float scale = codeScale(code) * kActivationShift * factor;
    const int32_t zero = codeZero(code);
    for (size_t i = 0; i < std::min(kBlock, k - from); ++i) {
      const uint8_t byte = block[i % 16 / 4 * 32 + r * 4 + i % 4];
      y[from + i] = scale * float(8 * (i < 16 ? byte & 15 : byte >> 4) - zero);
    }
  }
}

QuantizedBlocks* quantizeBlocksPlain(Arena& arena, const Rows& x) {
  auto* out = arena.alloc<QuantizedBlocks>(1);
  const size_t blocks = blocksOf(x.cols);
  auto* data = arena.alloc<int8_t>(x.rows * blocks * kBlock);
  auto* scales = arena.alloc<float>(x.rows * blocks);
  auto* sums = arena.alloc<int32_t>(x.rows * blocks);
  if (!out || !data || !scales || !sums) return nullptr;
  for (size_t m = 0; m < x.rows; ++m) {
    for (size_t g = 0; g < blocks; ++g) {
      const size_t count = std::min(kBlock, x.cols - g * kBlock), at = m * blocks + g;
      const float* src = x.data + m * x.stride + g * kBlock;
      float biggest = 0;
      for (size_t i = 0; i < count && !std::isnan(biggest); ++i)
        biggest = std::fabs(src[i]) <= biggest ? biggest : std::fabs(src[i]);
      const BlockScale s = blockScale(biggest);
      scales[at] = s.stored;
      sums[at] = 0;
      for (size_t i = 0; i < kBlock; ++i) {
        const auto q =
            int8_t(i < count && s.inverse > 0 ? std::clamp(int32_t(std::nearbyint(src[i] * s.inverse)), -127, 127) : 0);
        data[at * kBlock + i] = q;
        sums[at] -= q;
      }
    }
  }
  *out = {false, data, scales, sums, x.rows, blocks};
  return out;
}

}  // namespace wasmformers::kernels
