// Elementary functions on four floats. Errors are relative, unless said, over the whole range that the kernels use;
// tests/native/kernels/kernels_test.cpp checks them.
#pragma once

#include <wasm_simd128.h>

#include <cstddef>

#include "kernels/kernels.h"

// Goes before the inner loop of a register tile. In unrolled loops, compilers move loads ahead of the steps that use
// them and spill sums: measured 15–30 % slower for every tile (tests/bench/kernels/RESULTS.md).
#define WF_NO_UNROLL _Pragma("clang loop unroll(disable)")

namespace wasmformers::kernels::simd {

inline v128_t splat(float x) { return wasm_f32x4_splat(x); }

/// a·b + c; with relaxed SIMD, fused where the processor can.
inline v128_t madd(v128_t a, v128_t b, v128_t c) {
#ifdef __wasm_relaxed_simd__
  return wasm_f32x4_relaxed_madd(a, b, c);
#else
  return wasm_f32x4_add(wasm_f32x4_mul(a, b), c);
#endif
}

inline int32_t sumInts(v128_t v) {
  return (wasm_i32x4_extract_lane(v, 0) + wasm_i32x4_extract_lane(v, 1)) +
         (wasm_i32x4_extract_lane(v, 2) + wasm_i32x4_extract_lane(v, 3));
}
inline float sumLanes(v128_t v) {
  v = wasm_f32x4_add(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
  return wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1);
}
inline float maxLanes(v128_t v) {
  v = wasm_f32x4_pmax(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
  v = wasm_f32x4_pmax(v, wasm_i32x4_shuffle(v, v, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(v, 0);
}

// Constants are loaded from memory, one load each. V8 builds a v128.const from two integers wherever it is used, in
// three or four instructions, which cost more than the arithmetic. They are defined in another file (norm_simd.cpp), so
// that no compiler folds them back.
extern const float kExp[12], kExp2[8], kGelu[15];
extern const uint32_t kMasks[7];  // 0–3, 5: of the q4 product; 4: of halves; 6: of the low bytes of words
inline v128_t load(const float& constant) { return wasm_v128_load32_splat(&constant); }

/// Four halves as floats 2^112 times too small; `mask` is kMasks[4].
inline v128_t fourHalves(const void* p, v128_t mask) {
  return wasm_v128_and(wasm_i32x4_shl(wasm_i32x4_load16x4(p), 13), mask);
}

/// e^x within 2e-7 for x ≤ 88. Arguments below −86 give about 1e-38, which is negligible in any sum.
/// x = n·ln 2 + r, |r| ≤ ln 2 / 2, with ln 2 in two parts; the polynomial for e^r is Cephes' (expf.c). Adding
/// 1.5·2^23 rounds to a whole number and leaves it in the low bits, ready to be added to the exponent.
inline v128_t expBelow88(v128_t x) {
  x = wasm_f32x4_pmax(x, load(kExp[0]));
  const v128_t magic = load(kExp[1]);
  const v128_t t = madd(x, load(kExp[2]), magic);
  const v128_t n = wasm_f32x4_sub(t, magic);
  v128_t r = madd(n, load(kExp[3]), x);
  r = madd(n, load(kExp[4]), r);
  v128_t p = madd(r, load(kExp[5]), load(kExp[6]));
  p = madd(p, r, load(kExp[7]));
  p = madd(p, r, load(kExp[8]));
  p = madd(p, r, load(kExp[9]));
  p = madd(p, r, load(kExp[10]));
  p = madd(wasm_f32x4_mul(p, r), r, wasm_f32x4_add(r, load(kExp[11])));
  return wasm_i32x4_add(p, wasm_i32x4_shl(t, 23));
}

/// 2^x within 3e-7 for x ≤ 127. Arguments below −125 give about 1e-38. The polynomial is a fit of our own
/// (tools/fit-exp2.py). It is two thirds of the work of e^x, for callers that can use exponents in base 2.
inline v128_t exp2Below127(v128_t x) {
  x = wasm_f32x4_pmax(x, load(kExp2[0]));
  const v128_t magic = load(kExp2[1]);
  const v128_t t = wasm_f32x4_add(x, magic);
  const v128_t f = wasm_f32x4_sub(x, wasm_f32x4_sub(t, magic));
  v128_t p = madd(f, load(kExp2[2]), load(kExp2[3]));
  p = madd(p, f, load(kExp2[4]));
  p = madd(p, f, load(kExp2[5]));
  p = madd(p, f, load(kExp2[6]));
  p = madd(p, f, load(kExp2[7]));
  return wasm_i32x4_add(p, wasm_i32x4_shl(t, 23));
}
inline v128_t exp(v128_t x) { return expBelow88(wasm_f32x4_pmin(x, splat(88.f))); }

/// 1 / (1 + e^−x)
inline v128_t sigmoid(v128_t x) {
  return wasm_f32x4_div(splat(1.f), wasm_f32x4_add(splat(1.f), exp(wasm_f32x4_neg(x))));
}

/// tanh, absolute error 2e-7: 1 − 2 / (e^2x + 1)
inline v128_t tanh(v128_t x) {
  x = wasm_f32x4_pmin(wasm_f32x4_pmax(x, splat(-20.f)), splat(20.f));
  return wasm_f32x4_sub(splat(1.f), wasm_f32x4_div(splat(2.f), wasm_f32x4_add(exp(wasm_f32x4_add(x, x)), splat(1.f))));
}

/// x·Φ(x), absolute error 3e-7·max(1, |x|): x·(1/2 + c·P(c²)/Q(c²)), where c is x clamped to ±5.6, beyond which Φ is 0
/// or 1 to the last bit of a float. The coefficients are a minimax fit of our own (tools/fit-gelu.py). It is half the
/// work of an exponential.
inline v128_t gelu(v128_t x) {
  const v128_t c = wasm_f32x4_pmin(wasm_f32x4_pmax(x, load(kGelu[0])), load(kGelu[1]));
  const v128_t t = wasm_f32x4_mul(c, c);
  v128_t p = madd(t, load(kGelu[2]), load(kGelu[3]));
  v128_t q = madd(t, load(kGelu[4]), load(kGelu[5]));
  p = madd(p, t, load(kGelu[6]));
  q = madd(q, t, load(kGelu[7]));
  p = madd(p, t, load(kGelu[8]));
  q = madd(q, t, load(kGelu[9]));
  p = madd(p, t, load(kGelu[10]));
  q = madd(q, t, load(kGelu[11]));
  p = madd(p, t, load(kGelu[12]));
  q = madd(q, t, load(kGelu[13]));
  return wasm_f32x4_mul(x, madd(c, wasm_f32x4_div(p, q), load(kGelu[14])));
}

inline v128_t geluTanh(v128_t x) {
  const v128_t cube = wasm_f32x4_mul(wasm_f32x4_mul(x, x), x);
  const v128_t inner = wasm_f32x4_mul(madd(cube, splat(0.044715f), x), splat(0.79788456f));
  return wasm_f32x4_mul(wasm_f32x4_mul(x, splat(0.5f)), wasm_f32x4_add(tanh(inner), splat(1.f)));
}

template <Activation A>
inline v128_t activation(v128_t x) {
  if constexpr (A == Activation::Gelu)
    return gelu(x);
  else if constexpr (A == Activation::GeluTanh)
    return geluTanh(x);
  else if constexpr (A == Activation::QuickGelu)
    return wasm_f32x4_mul(x, sigmoid(wasm_f32x4_mul(x, splat(1.702f))));
  else if constexpr (A == Activation::Relu)
    return wasm_f32x4_pmax(x, splat(0.f));
  else if constexpr (A == Activation::Silu)
    return wasm_f32x4_mul(x, sigmoid(x));
  else if constexpr (A == Activation::Tanh)
    return tanh(x);
  else if constexpr (A == Activation::Sigmoid)
    return sigmoid(x);
  else
    return x;
}

/// Calls f with the activation as a compile-time constant.
template <class F>
void withActivation(Activation a, F&& f) {
  switch (a) {
    case Activation::None: return f.template operator()<Activation::None>();
    case Activation::Gelu: return f.template operator()<Activation::Gelu>();
    case Activation::GeluTanh: return f.template operator()<Activation::GeluTanh>();
    case Activation::QuickGelu: return f.template operator()<Activation::QuickGelu>();
    case Activation::Relu: return f.template operator()<Activation::Relu>();
    case Activation::Silu: return f.template operator()<Activation::Silu>();
    case Activation::Tanh: return f.template operator()<Activation::Tanh>();
    case Activation::Sigmoid: return f.template operator()<Activation::Sigmoid>();
    case Activation::Count: break;
  }
}

/// Loads and stores up to 3 floats, at the end of a row.
inline v128_t loadSome(const float* p, size_t count) {
  float lanes[4] = {0, 0, 0, 0};
  for (size_t i = 0; i < count; ++i) lanes[i] = p[i];
  return wasm_v128_load(lanes);
}
inline void storeSome(float* p, v128_t v, size_t count) {
  float lanes[4];
  wasm_v128_store(lanes, v);
  for (size_t i = 0; i < count; ++i) p[i] = lanes[i];
}

}  // namespace wasmformers::kernels::simd
