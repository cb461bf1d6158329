// See select.h.
#include "generate/select.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace wasmformers::generate {

double expBelow0(double x) {
  if (!(x > -708)) return x == x ? 0 : x;
  const double n = std::floor(x * 1.4426950408889634 + 0.5);
  const double r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;  // ln 2 in two parts
  // Taylor's series: |r| ≤ 0.347, the first term left out is below 2^-57.
  double p = 1.0 / 6227020800;
  for (double c : {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0}) p = p * r + c;
  return p * std::bit_cast<double>(uint64_t(int64_t(n) + 1023) << 52);
}

double logSumExp(const float* scores, size_t n) {
  float most = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < n; ++i) most = std::max(most, scores[i]);
  if (!std::isfinite(most)) return most;
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += expBelow0(double(scores[i]) - most);
  return most + std::log(sum);
}

// Its block first, eight maxima side by side, which the compiler makes vectors: to carry the index along would be a chain
// of comparisons as long as the vocabulary.
size_t largest(const float* scores, size_t n) {
  constexpr size_t kBlock = 512, kSide = 8;
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  float most = kNone;
  size_t at = 0;
  for (size_t from = 0; from < n; from += kBlock) {
    const float* const block = scores + from;
    const size_t count = std::min(kBlock, n - from), whole = count / kSide * kSide;
    float side[kSide];
    std::fill_n(side, kSide, kNone);
    for (size_t i = 0; i < whole; i += kSide) {
      for (size_t j = 0; j < kSide; ++j) side[j] = block[i + j] > side[j] ? block[i + j] : side[j];
    }
    for (size_t i = whole; i < count; ++i) side[0] = block[i] > side[0] ? block[i] : side[0];
    const float biggest = *std::max_element(side, side + kSide);
    if (biggest > most) {
      most = biggest;
      at = from;
    }
  }
  while (at < n && scores[at] != most) ++at;
  return at < n ? at : 0;
}

float kthLargest(const float* scores, size_t n, size_t k, std::vector<float>& kept) {
  float threshold = -std::numeric_limits<float>::infinity();
  if (k >= n) {
    threshold = -threshold;
    for (size_t i = 0; i < n; ++i) threshold = std::min(threshold, scores[i]);
    return threshold;
  }
  kept.clear();
  const auto cut = [&] {
    std::nth_element(kept.begin(), kept.begin() + ptrdiff_t(k - 1), kept.end(), std::greater<float>());
    kept.resize(k);
    threshold = kept[k - 1];
  };
  for (size_t i = 0; i < n; ++i) {
    if (!(scores[i] > threshold)) continue;
    kept.push_back(scores[i]);
    if (kept.size() == 2 * k) cut();
  }
  if (kept.size() >= k) cut();
  return threshold;
}

void best(const float* scores, size_t n, size_t k, std::vector<Candidate>& out) {
  out.clear();
  k = std::min(k, n);
  if (k == 0) return;
  bool full = false;
  Candidate worst{};
  const auto cut = [&] {
    std::nth_element(out.begin(), out.begin() + ptrdiff_t(k - 1), out.end(), better);
    out.resize(k);
    worst = out[k - 1];
    full = true;
  };
  for (size_t i = 0; i < n; ++i) {
    const Candidate c{scores[i], int32_t(i)};
    if (full && !better(c, worst)) continue;
    out.push_back(c);
    if (out.size() == 2 * k) cut();
  }
  if (out.size() > k) cut();
  std::sort(out.begin(), out.end(), better);
}

size_t draw(const std::vector<double>& weights, double sum, Random& random) {
  double left = random.uniform() * sum;
  size_t last = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] > 0)) continue;
    last = i;
    left -= weights[i];
    if (left < 0) return i;
  }
  return last;  // rounding used it all up
}

}  // namespace wasmformers::generate
