// See encoder_layer.h.
#include "nn/encoder_layer.h"

#include "nn/row_blocks.h"

namespace wasmformers::nn {

void EncoderLayer::declare(weights::Weights& w, const std::string& prefix, const EncoderLayerNames& n,
                           const EncoderShape& s) {
  shape = s;
  query.declare(w, prefix + n.query, s.hidden, s.hidden, s.format);
  key.declare(w, prefix + n.key, s.hidden, s.hidden, s.format);
  value.declare(w, prefix + n.value, s.hidden, s.hidden, s.format);
  attentionOut.declare(w, prefix + n.attentionOut, s.hidden, s.hidden, s.format);
  attentionNorm.declare(w, prefix + n.attentionNorm, s.hidden, s.normEps);
  up.declare(w, prefix + n.up, s.intermediate, s.hidden, s.format);
  down.declare(w, prefix + n.down, s.hidden, s.intermediate, s.format);
  outNorm.declare(w, prefix + n.outNorm, s.hidden, s.normEps);
}

// h = norm(h + attention(h)); h = norm(h + feedForward(h))
void EncoderLayer::operator()(Compute c, const AttentionContext& a, float* hidden) const {
  const Arena::Mark mark = c.arena.mark();
  const size_t rows = a.batch * a.length, e = shape.hidden;
  float* qkv = c.arena.alloc<float>(rows * 3 * e);  // [3, M, E]
  if (!qkv) return;
  project(c, hidden, rows, qkv);
  float* mixed = c.arena.alloc<float>(rows * e);  // [M, E]
  if (!mixed) return;
  c.kernels.attention(c.arena, selfAttention(a, e, shape.heads, qkv, qkv + rows * e, qkv + 2 * rows * e, e, mixed));
  attendOut(c, mixed, rows, hidden);
  c.arena.release(mark);
  feedForward(c, rows, hidden);
}

void EncoderLayer::project(Compute c, const float* hidden, size_t rows, float* qkv) const {
  const Arena::Mark mark = c.arena.mark();
  const size_t e = shape.hidden;
  kernels::Rows x(hidden, rows, e);  // quantized once for all three
  query(c, x, qkv);
  key(c, x, qkv + rows * e);
  value(c, x, qkv + 2 * rows * e);
  c.arena.release(mark);
}

kernels::AttentionArgs selfAttention(const AttentionContext& a, size_t hidden, size_t heads, const float* q,
                                     const float* k, const float* v, size_t stride, float* out) {
  kernels::AttentionArgs args;
  args.q = q;
  args.k = k;
  args.v = v;
  args.out = out;
  args.qStride = args.kStride = args.vStride = stride;
  args.outStride = hidden;
  args.batch = a.batch;
  args.queries = args.keys = a.length;
  args.heads = args.kvHeads = heads;
  args.headDim = hidden / heads;
  args.scale = a.scale;
  args.keyMask = a.keyMask;
  args.bias = a.bias;
  args.biasBatchStride = a.biasBatchStride;
  args.biasHeadStride = a.biasHeadStride;
  args.left = args.right = a.window;
  return args;
}

void EncoderLayer::attendOut(Compute c, const float* mixed, size_t rows, float* hidden) const {
  const Arena::Mark mark = c.arena.mark();
  const size_t e = shape.hidden;
  kernels::Rows x(mixed, rows, e);
  attentionOut(c, x, hidden, e, {.residual = hidden, .residualStride = e});
  attentionNorm(c, hidden, rows, hidden);
  c.arena.release(mark);
}

void EncoderLayer::feedForward(Compute c, size_t rows, float* hidden) const {
  const size_t e = shape.hidden;
  inRowBlocks(c.arena, rows, [&](size_t from, size_t count) {
    float *h = hidden + from * e, *middle = c.arena.alloc<float>(count * shape.intermediate);  // [count, I]
    if (!middle) return;
    kernels::Rows x(h, count, e);
    up(c, x, middle, 0, {.activation = shape.activation});
    kernels::Rows m(middle, count, shape.intermediate);
    down(c, m, h, e, {.residual = h, .residualStride = e});
    outNorm(c, h, count, h);
  });
}

}  // namespace wasmformers::nn
