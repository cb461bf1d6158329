// Plain attention over a cache of keys and values, and storing of new ones (kv_cache.h): one query at a time, in the
// order of the formula.
#include <algorithm>
#include <cmath>

#include "kernels/formats/half.h"
#include "kernels/plain/reference.h"

namespace wasmformers::kernels::plain {

namespace {

// Stores one row of D values in the cache's type.
void store(CacheType type, const float* x, size_t d, void* values, float* scales, size_t row) {
  switch (type) {
    case CacheType::F32: std::copy(x, x + d, static_cast<float*>(values) + row * d); return;
    case CacheType::F16:
      for (size_t i = 0; i < d; ++i) static_cast<uint16_t*>(values)[row * d + i] = toHalf(x[i]);
      return;
    case CacheType::Q8: {
      float biggest = 0;
      for (size_t i = 0; i < d; ++i) biggest = std::max(biggest, std::fabs(x[i]));
      const bool none = !(biggest > 1e-35f && biggest < 1e37f);  // too small, or not finite: zeros are stored
      scales[row] = none ? 0.f : biggest / 127.f;
      const float inverse = none ? 0.f : 127.f / biggest;
      for (size_t i = 0; i < d; ++i)
        static_cast<int8_t*>(values)[row * d + i] = none ? int8_t(0) : int8_t(std::nearbyint(x[i] * inverse));
    }
  }
}

float load(CacheType type, const void* values, const float* scales, size_t row, size_t d, size_t i) {
  switch (type) {
    case CacheType::F32: return static_cast<const float*>(values)[row * d + i];
    case CacheType::F16: return fromHalf(static_cast<const uint16_t*>(values)[row * d + i]);
    case CacheType::Q8: return scales[row] * float(static_cast<const int8_t*>(values)[row * d + i]);
  }
  return 0;
}

}  // namespace

void cacheAppend(const CacheAppendArgs& a) {
  const KvLayerView& c = a.cache;
  for (size_t b = 0; b < a.batch; ++b) {
    for (size_t t = 0; t < a.tokens; ++t) {
      for (size_t h = 0; h < c.kvHeads; ++h) {
        const size_t row = c.row(b, h, a.past + t), token = b * a.tokens + t;
        store(c.type, a.k + token * a.kStride + h * c.headDim, c.headDim, c.keys, c.keyScales, row);
        store(c.type, a.v + token * a.vStride + h * c.headDim, c.headDim, c.values, c.valueScales, row);
      }
    }
  }
}

void cachedAttention(Arena& arena, const CachedAttentionArgs& a) {
  const Arena::Mark mark = arena.mark();
  const KvLayerView& c = a.cache;
  const size_t d = c.headDim, group = a.heads / c.kvHeads;
  float* scores = arena.alloc<float>(a.past + a.queries);
  if (!scores) return;
  for (size_t b = 0; b < a.batch; ++b) {
    const uint8_t* mask = a.keyMask ? a.keyMask + b * a.maskStride : nullptr;
    for (size_t h = 0; h < a.heads; ++h) {
      const size_t first = c.row(b, h / group, 0);
      for (size_t t = 0; t < a.queries; ++t) {
        const float* q = a.q + (b * a.queries + t) * a.qStride + h * d;
        float* out = a.out + (b * a.queries + t) * a.outStride + h * d;
        const size_t position = a.past + t;
        const size_t from = a.left >= 0 && int64_t(position) > a.left ? position - size_t(a.left) : 0;
        float biggest = -INFINITY;
        for (size_t s = from; s <= position; ++s) {
          scores[s] = -INFINITY;
          if (mask && !mask[s]) continue;
          double dot = 0;
          for (size_t i = 0; i < d; ++i) dot += double(q[i]) * load(c.type, c.keys, c.keyScales, first + s, d, i);
          float score = float(dot) * a.scale;
          if (a.softcap > 0) score = a.softcap * std::tanh(score / a.softcap);
          if (a.slopes) score -= a.slopes[h] * float(position - s);
          scores[s] = score;
          biggest = std::max(biggest, score);
        }
        const bool any = biggest > -INFINITY;
        double sum = 0;
        for (size_t s = from; s <= position; ++s) sum += scores[s] = any ? std::exp(scores[s] - biggest) : 0.f;
        for (size_t i = 0; i < d; ++i) {
          double o = 0;
          for (size_t s = from; s <= position && any; ++s) {
            if (scores[s] > 0) o += double(scores[s]) * load(c.type, c.values, c.valueScales, first + s, d, i);
          }
          out[i] = any ? float(o / sum) : 0.f;
        }
      }
    }
  }
  arena.release(mark);
}

}  // namespace wasmformers::kernels::plain
