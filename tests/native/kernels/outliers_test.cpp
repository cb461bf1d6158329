// Outliers of activations: which are found, that q8 products with them are exact up to the weights' rounding, and that
// the fast product equals the plain one over odd sizes.
#include "kernels/formats/outliers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/kernels.h"
#include "random_floats.h"

namespace wasmformers::kernels {
namespace {

std::vector<uint32_t> placesOf(const Outliers& o) {
  std::vector<uint32_t> places(o.at, o.at + o.count);
  std::sort(places.begin(), places.end());
  return places;
}

TEST(Outliers, AreValuesFarAboveTheMean) {
  for (size_t k : {1, 7, 16, 63, 64, 577}) {
    Floats x = random(k);
    EXPECT_EQ(findOutliers(x.data(), k).count, 0u) << k;
    if (k < 63) continue;
    x[5] = 40;
    x[k - 1] = -90;
    const Outliers found = findOutliers(x.data(), k);
    EXPECT_EQ(placesOf(found), (std::vector<uint32_t>{5, uint32_t(k - 1)})) << k;
    for (size_t i = 0; i < found.count; ++i) EXPECT_EQ(found.values[i], x[found.at[i]]);
  }
}

TEST(Outliers, AreTheLargestWhereThereAreMany) {
  Floats x = random(2048, 0.01f);
  for (size_t i = 0; i < 20; ++i) x[i * 100 + 3] = (i % 2 ? -1.f : 1.f) * float(100 + (i * 7) % 20);
  std::vector<uint32_t> want;
  for (size_t i = 0; i < 20; ++i) {
    if ((i * 7) % 20 >= 12) want.push_back(uint32_t(i * 100 + 3));
  }
  EXPECT_EQ(placesOf(findOutliers(x.data(), 2048)), want);
}

TEST(Outliers, NoneWhereARowHoldsNoNumbers) {
  for (float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 3e38f}) {
    Floats x = random(256);
    std::fill_n(x.begin() + 10, 3, odd);
    EXPECT_EQ(findOutliers(x.data(), 256).count, 0u) << odd;
  }
  const Floats zeros(256, 0.f);
  EXPECT_EQ(findOutliers(zeros.data(), 256).count, 0u);
}

// Rows with outliers of every residue of 4 along K, between rows without.
Floats withOutliers(size_t m, size_t k) {
  Floats x = random(m * k + 64, 1, 3);
  for (size_t r = 0; r < m; r += 2) {
    for (size_t i = 0; i < std::min<size_t>(r + 2, kOutliers); ++i)
      x[r * k + (i * 37 + r) % k] = (i % 2 ? 1.f : -1.f) * (60 + 3 * float(i));
  }
  return x;
}

TEST(Outliers, ProductsAreExactUpToTheWeights) {
  for (size_t m : {1, 2, 3, 7, 30}) {
    for (auto [n, k] : {std::pair<size_t, size_t>{8, 192}, {17, 130}, {70, 577}, {5, 1536}}) {
      const Floats x = withOutliers(m, k), w = random(n * k, 0.3f, 6);
      const Matrix matrix = Matrix::pack({DType::F32, {int64_t(n), int64_t(k)}, w.data()}, Format::Q8).take();
      std::vector<float> row(k + 64);
      for (const Activation activation : {Activation::None, Activation::Relu}) {
        Floats got(m * n + 64), plain(m * n + 64);
        Arena a, b;
        Rows gx(x.data(), m, k), px(x.data(), m, k);
        Epilogue e;
        e.activation = activation;
        fast().linear(a, gx, matrix, e, got.data(), n);
        reference().linear(b, px, matrix, e, plain.data(), n);
        for (size_t c = 0; c < n; ++c) {
          matrix.copyRow(c, row.data());
          for (size_t r = 0; r < m; ++r) {
            double want = 0, weights = 0, size = 0;
            for (size_t i = 0; i < k; ++i) {
              want += double(x[r * k + i]) * row[i];
              weights += std::fabs(double(row[i]));
              size += std::fabs(double(x[r * k + i]) * row[i]);
            }
            if (activation == Activation::Relu) want = std::max(want, 0.);
            // Values are within ±4.5 but for outliers; with one among the 8 bits a step would be 0.25 and more.
            const double bound = 9. / 255 * 0.51 * weights + 1e-5 * size;
            ASSERT_NEAR(got[r * n + c], want, bound) << m << "x" << k << "x" << n << " at " << r << ", " << c;
            ASSERT_NEAR(got[r * n + c], plain[r * n + c], 1e-5 * size + 1e-6) << m << "x" << k << "x" << n;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace wasmformers::kernels
