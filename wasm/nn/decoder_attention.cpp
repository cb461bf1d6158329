// See decoder_attention.h.
#include "nn/decoder_attention.h"

#include <bit>
#include <cmath>

namespace wasmformers::nn {

void DecoderAttention::project(const DecoderPass& p, const float* x, float* queries, float* keys, float* values,
                               size_t stride) const {
  const Compute& c = p.c;
  const AttentionShape& s = shape;
  const size_t m = p.rows();
  kernels::Rows in(x, m, s.hidden);  // quantized once for all three
  if (fused.present()) {
    fused(c, in, keys - s.heads * s.headDim, stride);
  } else {
    if (queries) query(c, in, queries, stride);
    key(c, in, keys, stride);
    value(c, in, values, stride);
  }
  if (queries) queryNorm(c, queries, m, stride, s.heads);
  keyNorm(c, keys, m, stride, s.kvHeads);
  if (s.rope >= 0) {
    const RopeTable& t = p.ropes[s.rope];
    if (queries) c.kernels.rotary(queries, m, stride, s.heads, s.headDim, t.dims, p.rowNumbers, t.cos, t.sin);
    c.kernels.rotary(keys, m, stride, s.kvHeads, s.headDim, t.dims, p.rowNumbers, t.cos, t.sin);
  }
  for (size_t r = 0; p.spoiled && r < m; ++r)  // values follow keys
    *p.spoiled |= !allFinite(keys + r * stride, 2 * s.kvHeads * s.headDim);
  kernels::CacheAppendArgs append;
  append.k = keys;
  append.v = values;
  append.kStride = append.vStride = stride;
  append.cache = p.cache;
  append.batch = p.batch;
  append.tokens = p.length;
  append.past = p.past;
  c.kernels.cacheAppend(append);
}

void DecoderAttention::remember(const DecoderPass& p, const float* x) const {
  const Arena::Mark mark = p.c.arena.mark();
  const size_t q = fused.present() ? shape.heads * shape.headDim : 0, kv = shape.kvHeads * shape.headDim;
  float* all = p.c.arena.alloc<float>(p.rows() * (q + 2 * kv));
  if (!all) return;
  project(p, x, nullptr, all + q, all + q + kv, q + 2 * kv);
  p.c.arena.release(mark);
}

void DecoderAttention::operator()(const DecoderPass& p, const float* x, float* y, const float* residual) const {
  const Compute& c = p.c;
  const AttentionShape& s = shape;
  const Arena::Mark mark = c.arena.mark();
  const size_t m = p.rows(), q = s.heads * s.headDim, kv = s.kvHeads * s.headDim, stride = q + 2 * kv;
  float* queries = c.arena.alloc<float>(m * stride);  // [M, stride]: queries | keys | values
  float* mixed = c.arena.alloc<float>(m * q);
  if (!queries || !mixed) return;
  project(p, x, queries, queries + q, queries + q + kv, stride);

  kernels::CachedAttentionArgs a;
  a.q = queries;
  a.out = mixed;
  a.qStride = stride;
  a.outStride = q;
  a.cache = p.cache;
  a.batch = p.batch;
  a.queries = p.length;
  a.past = p.past;
  a.heads = s.heads;
  a.scale = s.scale;
  a.keyMask = p.keyMask;
  a.maskStride = p.maskStride;
  a.left = s.window;
  a.slopes = s.slopes;
  a.softcap = s.softcap;
  c.kernels.cachedAttention(c.arena, a);

  kernels::Rows z(mixed, m, q);
  out(c, z, y, s.hidden, {.residual = residual, .residualStride = s.hidden});
  c.arena.release(mark);
}

std::vector<float> alibiSlopes(size_t heads) {
  const size_t whole = std::bit_floor(heads);
  std::vector<float> slopes;
  for (size_t i = 0; i < heads; ++i) {
    const double step =
        i < whole ? 8.0 / double(whole) * double(i + 1) : 4.0 / double(whole) * double(2 * (i - whole) + 1);
    slopes.push_back(float(std::exp2(-step)));
  }
  return slopes;
}

}  // namespace wasmformers::nn
