// Every fast kernel against the plain one: odd sizes, strides, and the limits of the number range. Natively both are
// the plain one, so only the Wasm tests, in both variants, compare two implementations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "kernels/formats/half.h"
#include "kernels/formats/q8.h"
#ifdef __wasm__
#include "kernels/simd/simd.h"
#endif
#include "random_floats.h"

namespace wasmformers::kernels {
namespace {

void expectNear(const Floats& got, const Floats& want, size_t n, float tolerance, const std::string& what) {
  float biggest = 1;
  for (size_t i = 0; i < n; ++i) biggest = std::max(biggest, std::fabs(want[i]));
  for (size_t i = 0; i < n; ++i) {
    ASSERT_LE(std::fabs(got[i] - want[i]), tolerance * biggest)
        << what << " at " << i << ": " << got[i] << " instead of " << want[i];
  }
}

std::string shape(size_t m, size_t n, size_t k) {
  return std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n);
}

Matrix packed(const Floats& w, size_t n, size_t k, Format format) {
  auto m = Matrix::pack({DType::F32, {int64_t(n), int64_t(k)}, w.data()}, format, Use::Both);
  EXPECT_TRUE(m.ok()) << m.status().message();
  return m.take();
}

const size_t kRowCounts[] = {1, 2, 3, 4, 5, 6, 7, 11, 13, 17, 64, 65, 130};
const size_t kSizes[][2] = {{1, 1},    {3, 5},    {7, 4},    {8, 16},   {9, 17},   {15, 33}, {24, 64},
                            {33, 100}, {40, 129}, {101, 36}, {144, 20}, {397, 12}, {56, 600}};  // N, K

// Computes a product with every epilogue by both tables.
void compareLinear(Format format, float tolerance) {
  for (size_t m : kRowCounts) {
    for (auto [n, k] : kSizes) {
      const size_t xStride = k + (m % 3), yStride = n + (m % 2);
      const Floats x = random(m * xStride, 1, 2), w = random(n * k, 0.3f, 3), bias = random(n, 1, 4),
                   residual = random(m * n, 1, 5);
      const Matrix matrix = packed(w, n, k, format);
      for (int variant = 0; variant < 4; ++variant) {
        Epilogue e;
        if (variant & 1) e.bias = bias.data();
        if (variant == 2) e.activation = Activation::Gelu;
        if (variant >= 2) e.residual = residual.data(), e.residualStride = n;
        const auto run = [&, m = m, k = k](const Table& table) {
          Floats y(m * yStride + 64, -7);
          Arena arena;
          Rows rows(x.data(), m, k, xStride);
          table.linear(arena, rows, matrix, e, y.data(), yStride);
          return y;
        };
        const Floats want = run(reference());
        const std::string what = shape(m, n, k) + " variant " + std::to_string(variant);
        expectNear(run(fast()), want, m * yStride, tolerance, what);
        expectNear(run(fastForEncoders()), want, m * yStride, tolerance, what + " for encoders");
      }
    }
  }
}

TEST(Kernels, LinearF32) { compareLinear(Format::F32, 2e-6f); }
TEST(Kernels, LinearF16) { compareLinear(Format::F16, 2e-6f); }
TEST(Kernels, LinearQ8) { compareLinear(Format::Q8, 2e-6f); }
TEST(Kernels, LinearQ4) { compareLinear(Format::Q4, 2e-6f); }

TEST(Kernels, LinearInPlaceOnItsResidual) {
  for (Format format : {Format::F32, Format::F16, Format::Q8, Format::Q4}) {
    for (Activation activation : {Activation::None, Activation::Relu}) {
      const size_t m = 70, n = 24;
      const Floats x = random(m * n, 1, 2), w = random(n * n, 0.3f, 3);
      const Matrix matrix = packed(w, n, n, format);
      Floats got = random(m * n, 1, 9), want = got;
      Arena a, b;
      Rows gx(x.data(), m, n), wx(x.data(), m, n);
      fast().linear(a, gx, matrix, {.activation = activation, .residual = got.data(), .residualStride = n}, got.data(),
                    n);
      reference().linear(b, wx, matrix, {.activation = activation, .residual = want.data(), .residualStride = n},
                         want.data(), n);
      expectNear(got, want, m * n, 2e-6f, "residual in place");
    }
  }
}

TEST(Kernels, QuantizedWeightsAreNearTheOriginals) {
  const size_t n = 19, k = 77;
  const Floats w = random(n * k, 2);
  const Matrix m = packed(w, n, k, Format::Q8);
  for (size_t r = 0; r < n; ++r) {
    float biggest = 0;
    for (size_t i = 0; i < k; ++i) biggest = std::max(biggest, std::fabs(w[r * k + i]));
    Floats row(k + 64);
    const int32_t id = int32_t(r);
    fast().gather(m, &id, 1, row.data(), k);
    for (size_t i = 0; i < k; ++i) EXPECT_LE(std::fabs(row[i] - w[r * k + i]), biggest / 127 * 0.501f);
  }
}

// Weights of checkpoints in float16 or bfloat16 are kept exactly, whatever their magnitude.
TEST(Kernels, F16KeepsHalfPrecisionExactly) {
  const size_t n = 11, k = 45;
  Floats w = random(n * k);
  for (size_t i = 0; i < n * k; ++i) {
    const float sizes[] = {1, 1e-3f, 1e-30f, 1e4f, 1e30f};
    w[i] = fromHalf(toHalf(w[i])) * std::exp2(std::floor(std::log2(sizes[i / k % 5])));
  }
  w[3] = 0, w[4] = -0.f;
  w[5 * k] = 1e-45f;  // too small next to the others: becomes 0
  std::fill_n(w.begin() + 6 * long(k), k, 1e-45f);
  const Matrix m = packed(w, n, k, Format::F16);
  EXPECT_EQ(m.bytes(), Matrix::packedBytes(n, k, Format::F16));
  for (size_t r = 0; r < n; ++r) {
    Floats row(k + 64);
    const int32_t id = int32_t(r);
    fast().gather(m, &id, 1, row.data(), k);
    for (size_t i = 0; i < k; ++i)
      EXPECT_EQ(row[i], std::fabs(w[r * k + i]) < 1e-44f ? 0 : w[r * k + i]) << r << ", " << i;
  }
  const Floats exact = random(n * k);
  const Matrix near = packed(exact, n, k, Format::F16);
  for (size_t r = 0; r < n; ++r) {
    Floats row(k + 64);
    near.copyRow(r, row.data());
    for (size_t i = 0; i < k; ++i) EXPECT_NEAR(row[i], exact[r * k + i], std::fabs(exact[r * k + i]) * 0x1p-11 + 1e-9);
  }
}

TEST(Kernels, LookUpsInF32AreExactInEveryUse) {
  const size_t n = 19, k = 7;
  const Floats w = random(n * k);
  for (Use use : {Use::Lookup, Use::Both}) {
    auto m = Matrix::pack({DType::F32, {int64_t(n), int64_t(k)}, w.data()}, Format::F32, use);
    ASSERT_TRUE(m.ok());
    EXPECT_EQ(m->bytes(), Matrix::packedBytes(n, k, Format::F32, use));
    const int32_t ids[] = {18, 0, 8, 7};
    Floats y(4 * (k + 2) + 64, -1);
    fast().gather(*m, ids, 4, y.data(), k + 2);
    for (size_t r = 0; r < 4; ++r) {
      for (size_t i = 0; i < k; ++i) EXPECT_EQ(y[r * (k + 2) + i], w[size_t(ids[r]) * k + i]);
      EXPECT_EQ(y[r * (k + 2) + k], -1);
    }
  }
}

TEST(Kernels, TransposedAndHalfPrecisionTensorsPackTheSame) {
  const size_t n = 13, k = 21;
  Floats w = random(n * k);
  for (float& v : w) v = float(int(v * 64)) / 64;  // exact in bfloat16's 8 bits and float16's 11
  Floats turned(n * k);
  std::vector<uint16_t> bf(n * k);
  for (size_t r = 0; r < n; ++r) {
    for (size_t i = 0; i < k; ++i) {
      turned[i * n + r] = w[r * k + i];
      uint32_t bits;
      std::memcpy(&bits, &w[r * k + i], 4);
      bf[r * k + i] = uint16_t(bits >> 16);
      bits &= 0xffff0000u;
      std::memcpy(&w[r * k + i], &bits, 4);
      turned[i * n + r] = w[r * k + i];
    }
  }
  const Floats x = random(5 * k, 1, 8);
  for (Format format : {Format::F32, Format::F16, Format::Q8, Format::Q4}) {
    auto a = Matrix::pack({DType::F32, {int64_t(n), int64_t(k)}, w.data()}, format);
    auto b = Matrix::pack({DType::F32, {int64_t(k), int64_t(n)}, turned.data()}, format, Use::Product, true);
    auto c = Matrix::pack({DType::BF16, {int64_t(n), int64_t(k)}, bf.data()}, format);
    ASSERT_TRUE(a.ok() && b.ok() && c.ok());
    Floats ya(5 * n + 64), yb = ya, yc = ya;
    Arena arena;
    for (auto [matrix, y] : {std::pair{&*a, &ya}, {&*b, &yb}, {&*c, &yc}}) {
      Rows rows(x.data(), 5, k);
      fast().linear(arena, rows, *matrix, {}, y->data(), n);
    }
    EXPECT_EQ(ya, yb);
    EXPECT_EQ(ya, yc);
  }
}

TEST(Kernels, PackingByRowsIsPackingAtOnce) {
  const size_t n = 37, k = 45;
  const Floats w = random(n * k), x = random(5 * k, 1, 8);
  for (Format format : {Format::F32, Format::F16, Format::Q8, Format::Q4}) {
    for (size_t step : {8, 16, 40}) {
      auto whole = Matrix::pack({DType::F32, {int64_t(n), int64_t(k)}, w.data()}, format);
      auto parts = Matrix::make(n, k, format);
      ASSERT_TRUE(whole.ok() && parts.ok());
      for (size_t from = 0; from < n; from += step) {
        const TensorView some{DType::F32, {int64_t(std::min(step, n - from)), int64_t(k)}, w.data() + from * k};
        ASSERT_TRUE(parts->packRows(some, from).ok());
      }
      Floats a(5 * n + 64), b = a;
      Arena arena;
      for (auto [matrix, y] : {std::pair{&*whole, &a}, {&*parts, &b}}) {
        Rows rows(x.data(), 5, k);
        fast().linear(arena, rows, *matrix, {}, y->data(), n);
      }
      EXPECT_EQ(a, b);
    }
  }
  auto m = Matrix::make(n, k, Format::F32);
  EXPECT_EQ(m->packRows({DType::F32, {8, int64_t(k)}, w.data()}, 32).code(), "not_its_rows");
}

TEST(Kernels, PackingRefusesNumbersThatAreNotFinite) {
  for (Format format : {Format::F16, Format::Q8, Format::Q4}) {
    for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                      -std::numeric_limits<float>::infinity()}) {
      for (size_t at : {0, 5, 16, 36}) {
        Floats w = random(37);
        w[at] = bad;
        auto m = Matrix::pack({DType::F32, {1, 37}, w.data()}, format);
        ASSERT_FALSE(m.ok());
        EXPECT_EQ(m.status().code(), "not_finite");
      }
    }
  }
}

// A row that 8 bits cannot represent gives NaN, wherever it stands and whatever it holds; the other rows are as ever.
void compareBadRows(Format format) {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const size_t n = 20, k = 77;
  const Matrix matrix = packed(random(n * k, 0.3f, 3), n, k, format);
  for (const auto& [first, second] : {std::pair(inf, 0.f), {-inf, 0.f}, {nan, 0.f}, {-nan, 0.f}, {3e38f, -3e38f}}) {
    for (size_t at : {0, 5, 31, 40, 74, 75}) {
      for (size_t m : {1, 2, 4, 7, 17}) {
        const Floats clean = random(m * k, 1, 2);
        Floats x = clean;
        const size_t bad = m / 2;
        x[bad * k + at] = first;
        if (second != 0) x[bad * k + at + 1] = second;
        for (const Table* table : {&reference(), &fast(), &fastForEncoders()}) {
          Arena arena;
          Rows rows(x.data(), m, k), others(clean.data(), m, k);
          Floats got(m * n + 64), want = got;
          table->linear(arena, rows, matrix, {}, got.data(), n);
          table->linear(arena, others, matrix, {}, want.data(), n);
          for (size_t i = 0; i < m * n; ++i) {
            if (i / n == bad)
              ASSERT_TRUE(std::isnan(got[i])) << first << " at " << at << " of " << m << " rows: " << got[i];
            else
              ASSERT_EQ(got[i], want[i]);
          }
        }
      }
    }
  }
}

TEST(Kernels, WhatQ4CannotRepresentIsNaN) { compareBadRows(Format::Q4); }
TEST(Kernels, WhatQ8CannotRepresentIsNaN) {
#ifdef __wasm__
  const ActivationForm chosen = simd::activationForm();
  for (ActivationForm form : {ActivationForm::Unsigned, ActivationForm::Signed, ActivationForm::Wide}) {
    if (simd::forceActivationForm(form)) compareBadRows(Format::Q8);
  }
  simd::forceActivationForm(chosen);
#else
  compareBadRows(Format::Q8);
#endif
}

// The largest floats are no such case: their range has a scale.
TEST(Kernels, Q8HoldsTheLargestFloats) {
  Floats x(8 + 64), w(8 + 64);
  x[3] = 3e38f, x[5] = 1e38f, w[3] = 1e-3f, w[5] = -1e-3f;
  const Matrix matrix = packed(w, 1, 8, Format::Q8);
  for (const Table* table : {&reference(), &fast()}) {
    Arena arena;
    Rows rows(x.data(), 1, 8);
    Floats y(64);
    table->linear(arena, rows, matrix, {}, y.data(), 1);
    EXPECT_NEAR(y[0], 2e35f, 2e33f);
  }
}

#ifdef __wasm__
// Every form of activations that this engine computes exactly gives the plain kernel's integers.
TEST(Int8, EveryFormAgreesWithThePlainOne) {
  using namespace simd;
  int tried = 0;
  const ActivationForm chosen = activationForm();
  for (ActivationForm form : {ActivationForm::Unsigned, ActivationForm::Signed, ActivationForm::Wide}) {
    if (!forceActivationForm(form)) continue;
    ++tried;
    for (size_t m : kRowCounts) {
      for (auto [n, k] : kSizes) {
        for (float scale : {1.f, 1e-30f, 1e30f}) {
          Floats x = random(m * k, scale, 6), w = random(n * k, 1, 7);
          std::fill(x.begin(), x.begin() + long(k), m % 2 ? 0.f : scale);  // a row of zeros, or of one value
          if (k > 2) w[0] = 127, w[1] = -127;
          const Matrix matrix = packed(w, n, k, Format::Q8);
          Arena a, b;
          Rows wx(x.data(), m, k);
          Floats got(m * n + 64), want = got;
          reference().linear(b, wx, matrix, {}, want.data(), n);
          for (const Table* table : {&fast(), &fastForEncoders()}) {
            Rows gx(x.data(), m, k);
            table->linear(a, gx, matrix, {}, got.data(), n);
            for (size_t i = 0; i < m * n; ++i) {
              ASSERT_NEAR(got[i], want[i], 2e-6f * std::max(1e-20f, std::fabs(want[i])))
                  << shape(m, n, k) << " form " << int(form) << " at " << i;
            }
          }
        }
      }
    }
  }
  forceActivationForm(chosen);
  EXPECT_GE(tried, 1);
  std::printf("int8 product: %s, forms tried: %d\n", int8DotName(), tried);
}

TEST(Int8, ExtremesDoNotSaturate) {
  // The largest products in the longest rows: sums up to 255 · 127 · K must fit in 32 bits, and no step may have fewer.
  const size_t k = 4096, n = 8;
  for (float sign : {1.f, -1.f}) {
    const Floats w(n * k + 64, sign), x(3 * k + 64, 2.f);
    const Matrix matrix = packed(w, n, k, Format::Q8);
    Arena arena;
    Rows rows(x.data(), 3, k);
    Floats y(3 * n + 64);
    fast().linear(arena, rows, matrix, {}, y.data(), n);
    for (size_t i = 0; i < 3 * n; ++i) EXPECT_NEAR(y[i], sign * 2 * k, 0.01f);
  }
}
#endif

TEST(Kernels, LayerNorm) {
  for (size_t cols : {1, 2, 3, 4, 5, 8, 13, 32, 63, 384}) {
    for (int variant = 0; variant < 4; ++variant) {
      const size_t rows = 5;
      const Floats x = random(rows * cols, 3, 1), r = random(rows * cols, 3, 2), g = random(cols, 1, 3),
                   b = random(cols, 1, 4);
      Floats got = x, want = x;  // in place
      const float* residual = variant & 1 ? r.data() : nullptr;
      const float* beta = variant & 2 ? b.data() : nullptr;
      fast().layerNorm(got.data(), residual, g.data(), beta, 1e-5f, rows, cols, got.data());
      reference().layerNorm(want.data(), residual, g.data(), beta, 1e-5f, rows, cols, want.data());
      expectNear(got, want, rows * cols, 2e-5f, "layerNorm " + std::to_string(cols));
      fast().rmsNorm(x.data(), g.data(), 1e-5f, rows, cols, got.data());
      reference().rmsNorm(x.data(), g.data(), 1e-5f, rows, cols, want.data());
      expectNear(got, want, rows * cols, 3e-6f, "rmsNorm " + std::to_string(cols));
    }
  }
}

TEST(Kernels, SoftmaxAndActivations) {
  for (size_t cols : {1, 3, 4, 7, 16, 129}) {
    Floats got = random(4 * cols, 5), want = got;
    got[0] = want[0] = -1e30f;
    fast().softmax(got.data(), 4, cols);
    reference().softmax(want.data(), 4, cols);
    expectNear(got, want, 4 * cols, 1e-6f, "softmax " + std::to_string(cols));
  }
  for (int a = 0; a < int(Activation::Count); ++a) {
    for (size_t n : {1, 2, 3, 5, 400001}) {
      Floats got(n + 64);
      for (size_t i = 0; i < n; ++i) got[i] = n == 1 ? 0.f : -40.f + 80.f * float(i) / float(n - 1);
      Floats want = got;
      const Floats x = got;
      fast().activate(Activation(a), got.data(), n);
      reference().activate(Activation(a), want.data(), n);
      for (size_t i = 0; i < n; ++i) {
        ASSERT_NEAR(got[i], want[i], 3e-7f * std::max(1.f, std::fabs(x[i]))) << "activation " << a << " of " << x[i];
      }
    }
    const size_t n = 13;
    const Floats x = random(3 * 2 * n);
    Floats got(3 * n + 64), want = got;
    fast().gatedActivate(Activation(a), x.data(), 3, n, got.data());
    reference().gatedActivate(Activation(a), x.data(), 3, n, want.data());
    expectNear(got, want, 3 * n, 2e-6f, "gated " + std::to_string(a));
  }
}

TEST(Kernels, RotaryAndAdd) {
  for (size_t d : {2, 6, 8, 32, 64}) {
    for (size_t part : {d, d / 2 + d / 2 % 2, d / 4 + d / 4 % 2}) {  // how many values of a head are rotated; even
      const size_t rows = 5, heads = 3, stride = heads * d + 1;
      const Floats cos = random(9 * d, 1, 2), sin = random(9 * d, 1, 3);
      const int32_t positions[] = {0, 3, 1, 8, 7};
      const Floats before = random(rows * stride);
      Floats got = before, want = before;
      fast().rotary(got.data(), rows, stride, heads, d, part, positions, cos.data(), sin.data());
      reference().rotary(want.data(), rows, stride, heads, d, part, positions, cos.data(), sin.data());
      expectNear(got, want, rows * stride, 1e-6f, "rotary " + std::to_string(part) + " of " + std::to_string(d));
      for (size_t r = 0; r < rows; ++r) {
        for (size_t h = 0; h < heads; ++h) {
          for (size_t i = part; i < d; ++i) EXPECT_EQ(got[r * stride + h * d + i], before[r * stride + h * d + i]);
        }
      }
    }
  }
  for (size_t n : {1, 4, 7}) {
    const Floats x = random(n);
    Floats got = random(n, 1, 2), want = got;
    fast().add(x.data(), n, got.data());
    reference().add(x.data(), n, want.data());
    expectNear(got, want, n, 0, "add");
  }
}

TEST(Kernels, Attention) {
  for (size_t d : {1, 4, 7, 8, 20, 32, 64}) {
    for (size_t t : {1, 2, 3, 5, 8, 13, 40}) {
      for (int variant = 0; variant < 8; ++variant) {
        const size_t batch = 2, heads = 4, kvHeads = variant & 1 ? 2 : 4, keys = t;
        const size_t qs = heads * d + 3, ks = kvHeads * d + 1, os = heads * d;
        const Floats q = random(batch * t * qs, 1, 1), k = random(batch * keys * ks, 1, 2),
                     v = random(batch * keys * ks, 1, 3);
        const Floats bias = random(batch * heads * t * keys, 1, 4);
        std::vector<uint8_t> mask(batch * keys, 1);
        if (variant & 2) {
          for (size_t s = 0; s < keys; ++s) mask[s] = s % 3 != 1;       // gaps
          for (size_t s = keys / 2; s < keys; ++s) mask[keys + s] = 0;  // padding at the end; for t = 1 all keys
        }
        AttentionArgs a;
        a.q = q.data(), a.k = k.data(), a.v = v.data();
        a.qStride = qs, a.kStride = a.vStride = ks, a.outStride = os;
        a.batch = batch, a.queries = t, a.keys = keys, a.heads = heads, a.kvHeads = kvHeads, a.headDim = d;
        a.scale = 0.3f;
        a.keyMask = mask.data();
        if (variant & 4) {
          a.bias = bias.data(), a.biasBatchStride = heads * t * keys, a.biasHeadStride = t * keys;
          a.left = 4, a.right = variant & 1 ? 0 : 2;
        }
        Floats got(batch * t * os + 64), want = got;
        Arena ga, wa;
        a.out = got.data();
        fast().attention(ga, a);
        a.out = want.data();
        reference().attention(wa, a);
        expectNear(
            got, want, batch * t * os, 2e-6f,
            "attention D=" + std::to_string(d) + " T=" + std::to_string(t) + " variant " + std::to_string(variant));
      }
    }
  }
}

}  // namespace
}  // namespace wasmformers::kernels
