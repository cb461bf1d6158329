// See disentangled_attention.h. Only the table's rows that occur in a text of this length are projected. The bias is
// made for one sequence at a time, so that it takes [H, T, T] and not B times as much.
#include "nn/disentangled_attention.h"

#include <algorithm>
#include <cstring>

#include "nn/relative_position.h"

namespace wasmformers::nn {

namespace {

// y [rows, n] = scale · x [rows, d] · w [d, n]. The inner loop runs along n, so that compilers vectorize it.
void multiply(const float* x, size_t stride, const float* w, size_t rows, size_t d, size_t n, float scale, float* y) {
  for (size_t r = 0; r < rows; ++r) {
    float* to = y + r * n;
    std::memset(to, 0, n * sizeof(float));
    for (size_t j = 0; j < d; ++j) {
      const float v = x[r * stride + j] * scale;
      const float* line = w + j * n;
      for (size_t i = 0; i < n; ++i) to[i] += v * line[i];
    }
  }
}

}  // namespace

// The table's row of the distance query − key.
int64_t DisentangledAttention::row(int64_t distance) const {
  const int64_t bucket = buckets > 0 ? logBucket(distance, buckets, maxPosition) : distance;
  return std::clamp<int64_t>(bucket + int64_t(span), 0, 2 * int64_t(span) - 1);
}

// Projects the table's rows first … first + count − 1. The result is transposed, head by head: [H, D, count].
const float* DisentangledAttention::project(Compute c, const Linear& projection, const float* table, size_t first,
                                            size_t count) const {
  const size_t d = hidden / heads;
  float* turned = c.arena.alloc<float>(count * hidden);
  const Arena::Mark mark = c.arena.mark();
  float* projected = c.arena.alloc<float>(count * hidden);  // [count, E]
  if (!turned || !projected) return nullptr;
  kernels::Rows in(table + first * hidden, count, hidden);
  projection(c, in, projected);
  for (size_t r = 0; r < count; ++r) {
    for (size_t h = 0; h < heads; ++h) {
      for (size_t j = 0; j < d; ++j) turned[(h * d + j) * count + r] = projected[r * hidden + h * d + j];
    }
  }
  c.arena.release(mark);
  return turned;
}

void DisentangledAttention::operator()(Compute c, AttentionContext a, const float* table, const Linear* key,
                                       const Linear* query, const float* qkv, float* mixed) const {
  const size_t t = a.length, m = a.batch * t, e = hidden, d = e / heads;
  if (!key && !query) {
    c.kernels.attention(c.arena, selfAttention(a, e, heads, qkv, qkv + m * e, qkv + 2 * m * e, e, mixed));
    return;
  }
  const Arena::Mark mark = c.arena.mark();
  const size_t first = size_t(row(1 - int64_t(t))), count = size_t(row(int64_t(t) - 1)) - first + 1;
  const float* keys = key ? project(c, *key, table, first, count) : nullptr;
  const float* queries = query ? project(c, *query, table, first, count) : nullptr;
  float* bias = c.arena.alloc<float>(heads * t * t);  // [1, H, T, T]
  float* products = c.arena.alloc<float>(t * count);  // [T, count]
  size_t* column = c.arena.alloc<size_t>(2 * t);      // column[t − s + T − 1]: the column of the distance t − s
  if ((key && !keys) || (query && !queries) || !bias || !products || !column) return;
  for (size_t i = 0; i < 2 * t - 1; ++i) column[i] = size_t(row(int64_t(i) - int64_t(t) + 1)) - first;

  const size_t batch = a.batch;
  const uint8_t* mask = a.keyMask;
  a.batch = 1;
  a.bias = bias;
  a.biasHeadStride = t * t;
  for (size_t b = 0; b < batch; ++b) {
    const float *q = qkv + b * t * e, *k = q + m * e, *v = k + m * e;  // [T, E] each
    std::memset(bias, 0, heads * t * t * sizeof(float));
    for (size_t h = 0; h < heads; ++h) {
      float* out = bias + h * t * t;
      if (keys) {  // content to position
        multiply(q + h * d, e, keys + h * d * count, t, d, count, a.scale, products);
        for (size_t x = 0; x < t; ++x) {
          for (size_t y = 0; y < t; ++y) out[x * t + y] += products[x * count + column[x + t - 1 - y]];
        }
      }
      if (queries) {  // position to content
        multiply(k + h * d, e, queries + h * d * count, t, d, count, a.scale, products);
        for (size_t x = 0; x < t; ++x) {
          for (size_t y = 0; y < t; ++y) out[x * t + y] += products[y * count + column[x + t - 1 - y]];
        }
      }
    }
    a.keyMask = mask + b * t;
    c.kernels.attention(c.arena, selfAttention(a, e, heads, q, k, v, e, mixed + b * t * e));
  }
  c.arena.release(mark);
}

}  // namespace wasmformers::nn
