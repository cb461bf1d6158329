// Finds the few best of many scores without sorting them all: a vocabulary has up to 256 k tokens. The order is by
// score, for equal scores by id, so that every standard library gives the same result.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "generate/random.h"

namespace wasmformers::generate {

struct Candidate {
  float score;
  int32_t id;
};
/// The score of a token that must not come, and the highest that a bias may give: sums of it are still finite.
inline constexpr float kNever = -std::numeric_limits<float>::infinity(), kMostScore = 1e30f;

inline bool better(const Candidate& a, const Candidate& b) {
  return a.score > b.score || (a.score == b.score && a.id < b.id);
}

/// e^x for x ≤ 0 within 2^-51, by additions and products only, so that the bits are equal natively and in every Wasm
/// variant (those of libraries' exp() are not). Below −708 it is 0.
double expBelow0(double x);

/// Each of `x` (at most 0) becomes its e^x. Returns `sum` plus all of them, added in order. The bits are expBelow0's.
double sumOfExps(double* x, size_t n, double sum = 0);

/// e^(score − the best's) of each of `list`, into `weights`; their sum and the best score.
struct Weighed {
  double sum = 0;
  float most = -std::numeric_limits<float>::infinity();
};
template <class T>
Weighed weigh(const std::vector<T>& list, std::vector<double>& weights) {
  Weighed w;
  for (const T& c : list) w.most = std::max(w.most, c.score);
  weights.resize(list.size());
  for (size_t i = 0; i < list.size(); ++i) weights[i] = double(list[i].score) - w.most;
  w.sum = sumOfExps(weights.data(), weights.size());
  return w;
}

/// log Σ e^score; −∞ where all scores are.
double logSumExp(const float* scores, size_t n);

/// Each score − logSumExp.
void logSoftmax(float* scores, size_t n);

/// Whether all are below +∞ (NaN is not).
bool belowInfinity(const float* scores, size_t n);

/// The first of the largest scores.
size_t largest(const float* scores, size_t n);

/// The k-th largest score, 1 ≤ k; the smallest where there are fewer. One pass that keeps 2k values.
float kthLargest(const float* scores, size_t n, size_t k, std::vector<float>& scratch);

/// Partial sort: [from, to) holds the best of [from, end), in order.
void bestFirst(std::vector<Candidate>& list, size_t from, size_t to);

/// The best min(k, n), best first.
void best(const float* scores, size_t n, size_t k, std::vector<Candidate>& out);
void best(const std::vector<Candidate>& list, size_t k, std::vector<Candidate>& out);

/// An index, with probability proportional to its weight; the weights' sum is given and above 0.
size_t draw(const std::vector<double>& weights, double sum, Random& random);

}  // namespace wasmformers::generate
