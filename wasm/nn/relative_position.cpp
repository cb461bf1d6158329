// See relative_position.h. Logarithms are computed in float, as in the reference: at a bucket's border the rounding
// decides.
#include "nn/relative_position.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace wasmformers::nn {

int32_t t5Bucket(int64_t distance, int32_t buckets, int32_t maxDistance) {
  const int32_t half = buckets / 2, exact = half / 2;
  const int32_t side = distance > 0 ? half : 0;
  const int64_t n = std::abs(distance);
  if (n < exact) return side + int32_t(n);
  const float log =
      std::log(float(n) / float(exact)) / std::log(float(maxDistance) / float(exact)) * float(half - exact);
  return side + std::min(half - 1, exact + int32_t(log));
}

void t5Bias(const float* table, size_t heads, int32_t buckets, int32_t maxDistance, size_t length, float* bias) {
  for (size_t h = 0; h < heads; ++h) {
    float* plane = bias + h * length * length;
    // Each row has the distances of the row below, shifted by one. So the last row is filled first, and every other row
    // is a copy with one new distance at its end.
    float* last = plane + (length - 1) * length;
    for (size_t s = 0; s < length; ++s) {
      const int32_t bucket = t5Bucket(int64_t(s) + 1 - int64_t(length), buckets, maxDistance);
      last[s] = table[size_t(bucket) * heads + h];
    }
    for (size_t t = length - 1; t-- > 0;) {
      float* row = plane + t * length;
      std::memcpy(row, row + length + 1, (length - 1) * sizeof(float));
      const int32_t bucket = t5Bucket(int64_t(length - 1 - t), buckets, maxDistance);
      row[length - 1] = table[size_t(bucket) * heads + h];
    }
  }
}

int32_t logBucket(int64_t relative, int32_t buckets, int32_t maxPosition) {
  const int32_t mid = buckets / 2;
  const int64_t magnitude = std::abs(relative);
  if (magnitude <= mid) return int32_t(relative);
  const float log =
      std::log(float(magnitude) / float(mid)) / std::log(float(maxPosition - 1) / float(mid)) * float(mid - 1);
  const int32_t bucket = int32_t(std::ceil(log)) + mid;
  return relative < 0 ? -bucket : bucket;
}

}  // namespace wasmformers::nn
