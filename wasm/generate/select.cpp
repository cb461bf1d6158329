// See select.h.
// Optimize: speed
#include "generate/select.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace wasmformers::generate {

namespace {

/// Two at once in the compilers' vectors; each gets the operations of a single one.
using Two = double __attribute__((vector_size(16)));
using TwoBits = uint64_t __attribute__((vector_size(16)));

Two expOfTwo(Two x) {
  constexpr double kWhole = 6755399441055744;  // 1.5 · 2^52: a sum with it has no places behind the point
  const Two scaled = x * 1.4426950408889634 + 0.5;
  Two n = (scaled + kWhole) - kWhole;
  n = n > scaled ? n - 1 : n;                                                        // floor
  const Two r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;  // ln 2 in two parts
  // Taylor's series: |r| ≤ 0.347, the first term left out is below 2^-57.
  Two p = Two{} + 1.0 / 6227020800;
  for (double c : {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
                   1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
    p = p * r + c;
  const Two power = std::bit_cast<Two>(std::bit_cast<TwoBits>(n + (kWhole + 1023)) << 52);
  return x > -708 ? p * power : x == x ? Two{} : x;  // NOLINT(misc-redundant-expression): NaN is not itself
}

/// Calls f for the scores that may be above `threshold` (which f may raise), in order; most blocks have none.
template <class F>
void above(const float* scores, size_t n, const float& threshold, F&& f) {
  constexpr size_t kBlock = 32;
  for (size_t from = 0; from < n; from += kBlock) {
    const size_t end = std::min(from + kBlock, n);
    if (end - from == kBlock) {
      const float least = threshold;
      uint32_t any = 0;
      for (size_t i = 0; i < kBlock; ++i) any |= scores[from + i] > least;
      if (!any) continue;
    }
    for (size_t i = from; i < end; ++i) {
      if (scores[i] > threshold) f(i);
    }
  }
}

/// The best min(k, n), best first, of the candidates that `each` passes to its argument.
template <class Each>
void bestOf(size_t n, size_t k, std::vector<Candidate>& out, Each&& each) {
  out.clear();
  k = std::min(k, n);
  if (k == 0) return;
  Candidate worst{kNever, std::numeric_limits<int32_t>::max()};  // of the best so far, once there are k
  const auto cut = [&] {
    k = std::min(k, out.size());
    bestFirst(out, 0, k);
    out.resize(k);
    if (k) worst = out[k - 1];
  };
  each(worst.score, [&](const Candidate& c) {
    if (!better(c, worst)) return;
    out.push_back(c);
    if (out.size() == 2 * k) cut();
  });
  cut();
}

}  // namespace

double expBelow0(double x) { return expOfTwo(Two{x, x})[0]; }

double sumOfExps(double* x, size_t n, double sum) {
  size_t i = 0;
  for (; i + 2 <= n; i += 2) {
    const Two e = expOfTwo(Two{x[i], x[i + 1]});
    sum += x[i] = e[0];
    sum += x[i + 1] = e[1];
  }
  if (i < n) sum += x[i] = expBelow0(x[i]);
  return sum;
}

double logSumExp(const float* scores, size_t n) {
  float most = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < n; ++i) most = std::max(most, scores[i]);
  if (!std::isfinite(most)) return most;
  double sum = 0, some[64];
  for (size_t from = 0; from < n; from += 64) {
    const size_t count = std::min(n - from, size_t(64));
    for (size_t i = 0; i < count; ++i) some[i] = double(scores[from + i]) - most;
    sum = sumOfExps(some, count, sum);
  }
  return most + std::log(sum);
}

void logSoftmax(float* scores, size_t n) {
  const double sum = logSumExp(scores, n);
  for (size_t i = 0; i < n; ++i) scores[i] = float(scores[i] - sum);
}

bool belowInfinity(const float* scores, size_t n) {
  uint32_t good = 1;
  for (size_t i = 0; i < n; ++i) good &= scores[i] < std::numeric_limits<float>::infinity();  // without a branch
  return good;
}

// Finds its block first, with eight maxima that the compiler keeps in vectors. Carrying the index along would be a
// chain of comparisons as long as the vocabulary.
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
  above(scores, n, threshold, [&](size_t i) {
    kept.push_back(scores[i]);
    if (kept.size() == 2 * k) cut();
  });
  if (kept.size() >= k) cut();
  return threshold;
}

void bestFirst(std::vector<Candidate>& list, size_t from, size_t to) {
  const auto first = list.begin() + ptrdiff_t(from), last = list.begin() + ptrdiff_t(to);
  if (first == last) return;
  if (last != list.end()) std::nth_element(first, last - 1, list.end(), better);
  std::sort(first, last, better);
}

void best(const float* scores, size_t n, size_t k, std::vector<Candidate>& out) {
  // Equal scores come in order of their ids, so a score equal to the worst so far is not better.
  bestOf(n, k, out, [&](const float& worst, auto&& take) {
    above(scores, n, worst, [&](size_t i) { take({scores[i], int32_t(i)}); });
  });
  // Tokens that must not come fill the rest, by their ids.
  for (size_t i = 0; i < n && out.size() < std::min(k, n); ++i) {
    if (scores[i] == kNever) out.push_back({kNever, int32_t(i)});
  }
}

void best(const std::vector<Candidate>& list, size_t k, std::vector<Candidate>& out) {
  bestOf(list.size(), k, out, [&](const float&, auto&& take) {
    for (const Candidate& c : list) take(c);
  });
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
