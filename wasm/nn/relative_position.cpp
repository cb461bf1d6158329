// See relative_position.h. The logarithms are taken in float, as the reference takes them: a bucket's border
// can fall on the rounding.
#include "nn/relative_position.h"

#include <algorithm>
#include <cmath>

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

int32_t logBucket(int64_t relative, int32_t buckets, int32_t maxPosition) {
  const int32_t mid = buckets / 2;
  const int64_t magnitude = std::abs(relative);
  if (magnitude <= mid) return int32_t(relative);
  const float log = std::log(float(magnitude) / float(mid)) / std::log(float(maxPosition - 1) / float(mid)) *
                    float(mid - 1);
  const int32_t bucket = int32_t(std::ceil(log)) + mid;
  return relative < 0 ? -bucket : bucket;
}

}  // namespace wasmformers::nn
