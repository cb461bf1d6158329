// Plain scaled dot-product attention (AttentionArgs in kernels.h): one query at a time, in the order of the formula.
#include <algorithm>
#include <cmath>

#include "kernels/plain/reference.h"

namespace wasmformers::kernels::plain {

void attention(Arena& arena, const AttentionArgs& a) {
  const Arena::Mark mark = arena.mark();
  float* scores = arena.alloc<float>(a.keys);
  if (!scores) return;
  const size_t group = a.heads / a.kvHeads;  // query heads that share a key/value head
  for (size_t b = 0; b < a.batch; ++b) {
    const uint8_t* mask = a.keyMask ? a.keyMask + b * a.keys : nullptr;
    for (size_t h = 0; h < a.heads; ++h) {
      const float* k = a.k + b * a.keys * a.kStride + h / group * a.headDim;
      const float* v = a.v + b * a.keys * a.vStride + h / group * a.headDim;
      const float* bias = a.bias ? a.bias + b * a.biasBatchStride + h * a.biasHeadStride : nullptr;
      for (size_t t = 0; t < a.queries; ++t) {
        const float* q = a.q + (b * a.queries + t) * a.qStride + h * a.headDim;
        float* out = a.out + (b * a.queries + t) * a.outStride + h * a.headDim;
        const auto visible = [&](size_t s) {
          const int64_t distance = int64_t(s) - int64_t(t);
          return (!mask || mask[s]) && (a.left < 0 || -distance <= a.left) && (a.right < 0 || distance <= a.right);
        };
        bool any = false;
        for (size_t s = 0; s < a.keys; ++s) any = any || visible(s);
        float biggest = -INFINITY;
        for (size_t s = 0; s < a.keys; ++s) {
          if (!any) {  // sees no key: all weigh the same, as when the smallest float is added to every score
            scores[s] = 0;
          } else if (!visible(s)) {
            scores[s] = -INFINITY;
          } else {
            double dot = 0;
            for (size_t d = 0; d < a.headDim; ++d) dot += double(q[d]) * k[s * a.kStride + d];
            scores[s] = float(dot) * a.scale + (bias ? bias[t * a.keys + s] : 0.f);
          }
          biggest = std::max(biggest, scores[s]);
        }
        double sum = 0;
        for (size_t s = 0; s < a.keys; ++s) sum += scores[s] = std::exp(scores[s] - biggest);
        for (size_t d = 0; d < a.headDim; ++d) {
          double o = 0;
          for (size_t s = 0; s < a.keys; ++s) o += double(scores[s]) * v[s * a.vStride + d];
          out[d] = float(o / sum);
        }
      }
    }
  }
  arena.release(mark);
}

}  // namespace wasmformers::kernels::plain
