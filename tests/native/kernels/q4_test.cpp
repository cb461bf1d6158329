// The block-4-bit format: the error of its weights, products against those of the unpacked weights in double precision,
// and the limits of the number range. (kernels_test.cpp compares fast and plain products.)
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "kernels/formats/q4.h"
#include "kernels/kernels.h"
#include "random_floats.h"

namespace wasmformers::kernels {
namespace {

Matrix packed(const Floats& w, size_t n, size_t k) {
  auto m = Matrix::pack({DType::F32, {int64_t(n), int64_t(k)}, w.data()}, Format::Q4);
  EXPECT_TRUE(m.ok()) << m.status().message();
  return m.take();
}

Floats unpacked(const Matrix& m) {
  Floats y(m.n() * m.k() + 64);
  for (size_t r = 0; r < m.n(); ++r) {
    const int32_t id = int32_t(r);
    fast().gather(m, &id, 1, y.data() + r * m.k(), m.k());
  }
  return y;
}

double relativeError(const Floats& got, const Floats& want, size_t n) {
  double error = 0, all = 0;
  for (size_t i = 0; i < n; ++i) {
    error += (double(got[i]) - want[i]) * (double(got[i]) - want[i]);
    all += double(want[i]) * want[i];
  }
  return std::sqrt(error / all);
}

TEST(Q4, TakesFourAndAHalfBits) {
  EXPECT_EQ(Matrix::packedBytes(2048, 2048, Format::Q4), 2048 * (2048 * 9 / 16 + 4));
  for (auto [n, k] : {std::pair<size_t, size_t>{1, 1}, {9, 33}, {24, 64}}) {
    auto m = Matrix::make(n, k, Format::Q4);
    ASSERT_TRUE(m.ok());
    EXPECT_EQ(m->bytes(), Matrix::packedBytes(n, k, Format::Q4));
  }
}

// The search for scales reaches this bound; a scale by the largest magnitude alone has 9.7 %.
TEST(Q4, NormalWeightsAreWithinSevenAndAHalfPercent) {
  const size_t n = 64, k = 1024;
  for (float scale : {1.f, 1e-20f, 3e-5f, 1e20f}) {
    const Floats w = random(n * k, scale);
    EXPECT_LT(relativeError(unpacked(packed(w, n, k)), w, n * k), 0.075) << scale;
  }
}

TEST(Q4, BlocksOfOneSignUseAllValues) {
  const size_t n = 8, k = 256;
  Floats w = random(n * k);
  for (float& v : w) v = std::fabs(v);
  EXPECT_LT(relativeError(unpacked(packed(w, n, k)), w, n * k), 0.05);
  for (float& v : w) v = -v;
  EXPECT_LT(relativeError(unpacked(packed(w, n, k)), w, n * k), 0.05);
}

TEST(Q4, ProductsAreThoseOfTheUnpackedWeights) {
  for (size_t m : {1, 2, 3, 4, 7, 30}) {
    for (auto [n, k] : {std::pair<size_t, size_t>{1, 1}, {8, 32}, {17, 31}, {16, 33}, {19, 96}, {40, 577}, {9, 2048}}) {
      const Floats x = random(m * k, 2, 5), w = random(n * k, 0.3f, 6);
      const Matrix matrix = packed(w, n, k);
      const Floats u = unpacked(matrix);
      Floats y(m * n + 64);
      Arena arena;
      Rows rows(x.data(), m, k);
      fast().linear(arena, rows, matrix, {}, y.data(), n);
      for (size_t r = 0; r < m; ++r) {
        for (size_t c = 0; c < n; ++c) {
          double want = 0, bound = 1e-6;  // half a step of each activation
          for (size_t from = 0; from < k; from += kBlock) {
            double biggest = 0, weights = 0;
            for (size_t i = from; i < std::min(k, from + kBlock); ++i) {
              want += double(x[r * k + i]) * u[c * k + i];
              biggest = std::max(biggest, std::fabs(double(x[r * k + i])));
              weights += std::fabs(double(u[c * k + i]));
            }
            bound += biggest / 127 * 0.501 * weights;
          }
          ASSERT_NEAR(y[r * n + c], want, bound + std::fabs(want) * 1e-5)
              << m << "x" << k << "x" << n << " at " << r << ", " << c;
        }
      }
    }
  }
}

// Activations that 8 bits represent exactly, and weights that 4 bits do: then the product is exact, too.
TEST(Q4, RepresentableNumbersGiveExactProducts) {
  const size_t n = 11, k = 160, m = 5;
  Floats w(n * k + 64), x(m * k + 64);
  std::mt19937 engine(3);
  for (size_t i = 0; i < n * k; ++i) w[i] = float(int(engine() % 16) - 8) * 0.25f;
  for (size_t i = 0; i < n * k; i += kBlock) w[i] = -2, w[i + 1] = 1.75f;
  for (size_t i = 0; i < m * k; ++i) x[i] = float(int(engine() % 255) - 127);
  for (size_t i = 0; i < m * k; i += kBlock) x[i] = 127;
  const Matrix matrix = packed(w, n, k);
  EXPECT_LT(relativeError(unpacked(matrix), w, n * k), 0.02);  // the scale is one of 32 in a power of two
  for (size_t rows : {1, 2, 5}) {
    const Floats u = unpacked(matrix);
    Floats y(m * n + 64);
    Arena arena;
    Rows in(x.data(), rows, k);
    fast().linear(arena, in, matrix, {}, y.data(), n);
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < n; ++c) {
        double want = 0, size = 0;
        for (size_t i = 0; i < k; ++i)
          want += double(x[r * k + i]) * u[c * k + i], size += std::fabs(double(x[r * k + i]) * u[c * k + i]);
        ASSERT_NEAR(y[r * n + c], want, size * 3e-7);
      }
    }
  }
}

TEST(Q4, Extremes) {
  const size_t n = 10, k = 96;
  Floats w = random(n * k);
  std::fill_n(w.begin() + 32, 32, 0.f);                                  // row 0: a block of zeros
  std::fill_n(w.begin() + long(k), k, 0.f);                              // row 1: all zeros
  std::fill_n(w.begin() + 2 * long(k), k, 1e-42f);                       // row 2: subnormal
  w[3 * k + 40] = 5e3f;                                                  // row 3: an outlier
  std::fill_n(w.begin() + 4 * long(k), k, 3.f);                          // row 4: one value
  for (size_t i = 0; i < k; ++i) w[5 * k + i] = i % 2 ? 1e23f : -1e23f;  // row 5: huge
  std::fill_n(w.begin() + 6 * long(k), 32, 1e-12f);                      // row 6: a block far below the others
  const Matrix matrix = packed(w, n, k);
  const Floats u = unpacked(matrix);
  for (float v : u) ASSERT_TRUE(std::isfinite(v));
  for (size_t i = 0; i < 32; ++i) EXPECT_EQ(u[32 + i], 0);
  for (size_t i = 0; i < 2 * k; ++i) EXPECT_EQ(u[k + i], 0);
  EXPECT_NEAR(u[3 * k + 40], 5e3f, 1e2f);
  EXPECT_LT(relativeError(Floats(u.begin() + 3 * long(k), u.begin() + 3 * long(k) + 32),
                          Floats(w.begin() + 3 * long(k), w.begin() + 3 * long(k) + 32), 32),
            0.1)
      << "an outlier affects its own block only";
  for (size_t i = 0; i < k; ++i) EXPECT_NEAR(u[4 * k + i], 3, 0.03f);
  for (size_t i = 0; i < k; ++i) EXPECT_NEAR(u[5 * k + i], w[5 * k + i], 5e21f);
  for (size_t i = 0; i < 32; ++i) EXPECT_LE(std::fabs(u[6 * k + i]), 1e-8f);

  const float odd[] = {0, 1e-42f, 1e-20f, 1e19f, 1e20f, std::numeric_limits<float>::infinity()};
  for (float value : odd) {
    for (size_t m : {1, 2, 4}) {
      Floats x = random(m * k), got(m * n + 64), want = got;
      std::fill_n(x.begin(), 40, value);  // a block, and some of the next one
      Arena a, b;
      Rows gx(x.data(), m, k), wx(x.data(), m, k);
      fast().linear(a, gx, matrix, {}, got.data(), n);
      reference().linear(b, wx, matrix, {}, want.data(), n);
      for (size_t i = 0; i < m * n; ++i) {
        const bool fits = value < 1e20f || i / n;  // only the first row has it
        ASSERT_EQ(std::isnan(got[i]), !fits) << value;
        ASSERT_EQ(std::isnan(want[i]), !fits) << value;
        if (!fits) continue;
        ASSERT_TRUE(std::isfinite(got[i])) << value;
        ASSERT_NEAR(got[i], want[i], 1e-5 * std::max(1.f, std::fabs(want[i]))) << value << " at " << i;
      }
    }
  }
}

TEST(Q4, TheLargestSumsDoNotOverflow) {
  const size_t k = 8192, n = 8;
  for (float sign : {1.f, -1.f}) {
    Floats w(n * k + 64, sign);
    const Floats x(3 * k + 64, -2.f);
    const Matrix matrix = packed(w, n, k);
    for (size_t m : {1, 2, 3}) {
      Arena arena;
      Rows rows(x.data(), m, k);
      Floats y(3 * n + 64);
      fast().linear(arena, rows, matrix, {}, y.data(), n);
      for (size_t i = 0; i < m * n; ++i)
        EXPECT_NEAR(y[i], -sign * 2 * k, 0.03f * k);  // the scale has 5 bits of mantissa
    }
  }
}

}  // namespace
}  // namespace wasmformers::kernels
