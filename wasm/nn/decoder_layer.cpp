// See decoder_layer.h.
#include "nn/decoder_layer.h"

#include <cstring>

#include "nn/row_blocks.h"

namespace wasmformers::nn {

void DecoderLayer::preNorm(const DecoderPass& p, float* h) const {
  const Compute& c = p.c;
  const Arena::Mark mark = c.arena.mark();
  if (const float* x = normed(c, attentionNorm, h, p.rows())) attend(p, x, h, h);
  c.arena.release(mark);
  inRowBlocks(c.arena, p.rows(), [&](size_t from, size_t count) {
    float* const some = h + from * hidden();
    if (const float* x = normed(c, feedForwardNorm, some, count)) feed(c, x, count, some, some);
  });
}

void DecoderLayer::parallel(const DecoderPass& p, float* h) const {
  const Compute& c = p.c;
  const Arena::Mark mark = c.arena.mark();
  const float* x = normed(c, attentionNorm, h, p.rows());                              // [M, E]
  const float* other = feedForwardNorm ? normed(c, feedForwardNorm, h, p.rows()) : x;  // [M, E], before h changes
  if (x && other) {
    attend(p, x, h, h);
    inRowBlocks(c.arena, p.rows(), [&](size_t from, size_t count) {
      float* const some = h + from * hidden();
      feed(c, other + from * hidden(), count, some, some);
    });
  }
  c.arena.release(mark);
}

void DecoderLayer::remember(const DecoderPass& p, const float* h) const {
  const Arena::Mark mark = p.c.arena.mark();
  if (const float* x = normed(p.c, attentionNorm, h, p.rows())) attention.remember(p, x);
  p.c.arena.release(mark);
}

void DecoderLayer::attend(const DecoderPass& p, const float* x, const float* residual, float* y) const {
  if (!attentionOutNorm && residualScale == 1) return attention(p, x, y, residual);
  const Arena::Mark mark = p.c.arena.mark();
  float* out = p.c.arena.alloc<float>(p.rows() * hidden());
  if (!out) return;
  attention(p, x, out, nullptr);
  add(p.c, attentionOutNorm, out, p.rows(), residual, y);
  p.c.arena.release(mark);
}

void DecoderLayer::feed(Compute c, const float* x, size_t rows, const float* residual, float* y) const {
  if (!feedForwardOutNorm && residualScale == 1 && !experts) return feedForward(c, x, rows, y, residual);
  const Arena::Mark mark = c.arena.mark();
  float* out = c.arena.alloc<float>(rows * hidden());
  if (!out) return;
  if (experts)
    (*experts)(c, x, rows, out);
  else
    feedForward(c, x, rows, out, nullptr);
  add(c, feedForwardOutNorm, out, rows, residual, y);
  c.arena.release(mark);
}

const float* DecoderLayer::normed(Compute c, const DecoderNorm& norm, const float* x, size_t rows) const {
  if (!norm) return x;
  float* y = c.arena.alloc<float>(rows * hidden());
  if (y) norm(c, x, rows, y);
  return y;
}

// into = residual + residualScale · norm(y), which changes y.
void DecoderLayer::add(Compute c, const DecoderNorm& norm, float* y, size_t rows, const float* residual,
                       float* into) const {
  const size_t count = rows * hidden();
  if (norm) norm(c, y, rows, y);
  for (size_t i = 0; residualScale != 1 && i < count; ++i) y[i] *= residualScale;
  if (residual != into) std::memcpy(into, residual, count * sizeof(float));
  c.kernels.add(y, count, into);
}

}  // namespace wasmformers::nn
