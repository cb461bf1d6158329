// Norms, softmax, activations and epilogues: one pass over the data where possible, more where a sum must be known
// first.
#include "kernels/simd/simd.h"
#include "kernels/simd/simd_math.h"

#include <cmath>

namespace wasmformers::kernels::simd {

// Constants of exp, exp2 and gelu in simd_math.h, in the order of their use.
extern const float kExp[12] = {-86.f,
                               12582912.f,
                               1.44269504f,
                               -0.693359375f,
                               2.12194440e-4f,
                               1.9875691500e-4f,
                               1.3981999507e-3f,
                               8.3334519073e-3f,
                               4.1665795894e-2f,
                               1.6666665459e-1f,
                               5.0000001201e-1f,
                               1.f};
extern const float kExp2[8] = {-125.f,        12582912.f,   0.00132764718f, 0.00967554133f,
                               0.0555071327f, 0.240221197f, 0.693146967f,   1.00000007f};
extern const float kGelu[15] = {
    -5.6f,         5.6f,          2.17089377e-8f, 6.58964562e-6f, 1.18503273e-6f, 8.09956568e-5f, 1.90120144e-4f,
    2.0031732e-3f, 4.8052234e-3f, 2.98023062e-2f, 3.58444449e-2f, 2.56511461e-1f, 3.98941903e-1f, 1.f,
    0.5f};

extern const uint32_t kMasks[7] = {0x0f0f0f0f, 0x000f000f, 0x00f000f0, 0x0f000f00, 0x8fffe000, 127, 0x00ff00ff};

void layerNorm(const float* x, const float* residual, const float* gamma, const float* beta, float eps, size_t rows,
               size_t cols, float* y) {
  const size_t wide = cols & ~size_t(3), rest = cols - wide;
  for (size_t r = 0; r < rows; ++r, x += cols, y += cols, residual += residual ? cols : 0) {
    v128_t s0 = splat(0), s1 = s0;
    size_t i = 0;
    if (residual) {
      for (; i < wide; i += 4) {
        const v128_t v = wasm_f32x4_add(wasm_v128_load(x + i), wasm_v128_load(residual + i));
        wasm_v128_store(y + i, v);
        s0 = wasm_f32x4_add(s0, v);
      }
    } else {
      for (; i + 8 <= wide; i += 8) {
        s0 = wasm_f32x4_add(s0, wasm_v128_load(x + i));
        s1 = wasm_f32x4_add(s1, wasm_v128_load(x + i + 4));
      }
      for (; i < wide; i += 4) s0 = wasm_f32x4_add(s0, wasm_v128_load(x + i));
    }
    float sum = 0;
    for (; i < cols; ++i) sum += y[i] = x[i] + (residual ? residual[i] : 0.f);
    const float* v = residual ? y : x;
    const float mean = (sum + sumLanes(wasm_f32x4_add(s0, s1))) / float(cols);

    const v128_t m = splat(mean);
    v128_t q0 = splat(0), q1 = q0;
    for (i = 0; i + 8 <= wide; i += 8) {
      const v128_t a = wasm_f32x4_sub(wasm_v128_load(v + i), m), b = wasm_f32x4_sub(wasm_v128_load(v + i + 4), m);
      q0 = madd(a, a, q0);
      q1 = madd(b, b, q1);
    }
    float squares = 0;
    for (; i < cols; ++i) squares += (v[i] - mean) * (v[i] - mean);
    const float scale = 1.f / std::sqrt((squares + sumLanes(wasm_f32x4_add(q0, q1))) / float(cols) + eps);

    const v128_t sc = splat(scale);
    for (i = 0; i < wide; i += 4) {
      const v128_t n = wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(v + i), m), sc);
      wasm_v128_store(y + i, madd(n, wasm_v128_load(gamma + i), beta ? wasm_v128_load(beta + i) : splat(0)));
    }
    for (size_t j = 0; j < rest; ++j, ++i) y[i] = (v[i] - mean) * scale * gamma[i] + (beta ? beta[i] : 0.f);
  }
}

void rmsNorm(const float* x, const float* gamma, float eps, size_t rows, size_t cols, float* y) {
  for (size_t r = 0; r < rows; ++r, x += cols, y += cols) {
    v128_t q = splat(0);
    size_t i = 0;
    for (; i + 4 <= cols; i += 4) q = madd(wasm_v128_load(x + i), wasm_v128_load(x + i), q);
    float squares = sumLanes(q);
    for (; i < cols; ++i) squares += x[i] * x[i];
    const float scale = 1.f / std::sqrt(squares / float(cols) + eps);
    for (i = 0; i + 4 <= cols; i += 4) {
      wasm_v128_store(y + i,
                      wasm_f32x4_mul(wasm_f32x4_mul(wasm_v128_load(x + i), splat(scale)), wasm_v128_load(gamma + i)));
    }
    for (; i < cols; ++i) y[i] = x[i] * scale * gamma[i];
  }
}

void softmax(float* x, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; ++r, x += cols) {
    v128_t best = splat(-INFINITY);
    size_t i = 0;
    for (; i + 4 <= cols; i += 4) best = wasm_f32x4_pmax(best, wasm_v128_load(x + i));
    float biggest = maxLanes(best);
    for (; i < cols; ++i) biggest = x[i] > biggest ? x[i] : biggest;
    v128_t sums = splat(0);
    for (i = 0; i + 4 <= cols; i += 4) {
      const v128_t e = expBelow88(wasm_f32x4_sub(wasm_v128_load(x + i), splat(biggest)));
      wasm_v128_store(x + i, e);
      sums = wasm_f32x4_add(sums, e);
    }
    float sum = sumLanes(sums);
    for (; i < cols; ++i) sum += x[i] = wasm_f32x4_extract_lane(exp(splat(x[i] - biggest)), 0);
    const float scale = 1.f / sum;
    for (i = 0; i + 4 <= cols; i += 4) wasm_v128_store(x + i, wasm_f32x4_mul(wasm_v128_load(x + i), splat(scale)));
    for (; i < cols; ++i) x[i] *= scale;
  }
}

void activate(Activation a, float* x, size_t count) {
  withActivation(a, [&]<Activation A>() {
    size_t i = 0;
    for (; i + 4 <= count; i += 4) wasm_v128_store(x + i, activation<A>(wasm_v128_load(x + i)));
    if (i < count) storeSome(x + i, activation<A>(loadSome(x + i, count - i)), count - i);
  });
}

void gatedActivate(Activation a, const float* x, size_t rows, size_t n, float* y) {
  withActivation(a, [&]<Activation A>() {
    for (size_t r = 0; r < rows; ++r, x += 2 * n, y += n) {
      size_t i = 0;
      for (; i + 4 <= n; i += 4) {
        wasm_v128_store(y + i, wasm_f32x4_mul(activation<A>(wasm_v128_load(x + i)), wasm_v128_load(x + n + i)));
      }
      if (i < n)
        storeSome(y + i, wasm_f32x4_mul(activation<A>(loadSome(x + i, n - i)), loadSome(x + n + i, n - i)), n - i);
    }
  });
}

void add(const float* x, size_t count, float* y) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) wasm_v128_store(y + i, wasm_f32x4_add(wasm_v128_load(y + i), wasm_v128_load(x + i)));
  for (; i < count; ++i) y[i] += x[i];
}

void epilogue(const Epilogue& e, size_t rows, size_t n, float* y, size_t yStride) {
  if (!e.bias && e.activation == Activation::None && !e.residual) return;
  withActivation(e.activation, [&]<Activation A>() {
    for (size_t r = 0; r < rows; ++r) {
      float* row = y + r * yStride;
      const float* residual = e.residual ? e.residual + r * e.residualStride : nullptr;
      const auto four = [&](v128_t v, size_t i, size_t some) {
        if (e.bias) v = wasm_f32x4_add(v, some < 4 ? loadSome(e.bias + i, some) : wasm_v128_load(e.bias + i));
        v = activation<A>(v);
        if (residual) v = wasm_f32x4_add(v, some < 4 ? loadSome(residual + i, some) : wasm_v128_load(residual + i));
        return v;
      };
      size_t i = 0;
      for (; i + 4 <= n; i += 4) wasm_v128_store(row + i, four(wasm_v128_load(row + i), i, 4));
      if (i < n) storeSome(row + i, four(loadSome(row + i, n - i), i, n - i), n - i);
    }
  });
}

}  // namespace wasmformers::kernels::simd
