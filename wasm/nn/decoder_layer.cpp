// See decoder_layer.h.
#include "nn/decoder_layer.h"

#include <algorithm>
#include <cstring>

namespace wasmformers::nn {

namespace {
// Rows of the feed-forward part that go through together: its wide middle stays in the second-level cache.
constexpr size_t kRowBlock = 128;
}  // namespace

void DecoderLayer::operator()(const DecoderPass& p, float* hidden) const {
  const Compute& c = p.c;
  const Arena::Mark mark = c.arena.mark();
  const size_t m = p.rows(), e = attention.shape.hidden;
  const bool parallel = order == Order::Parallel;
  float* normed = attentionNorm && order != Order::Post ? c.arena.alloc<float>(m * e) : hidden;
  if (!normed) return;
  if (normed != hidden) attentionNorm(c, hidden, m, normed);
  float* other = normed;  // Parallel: what the feed-forward part sees
  if (parallel && feedForwardNorm) {
    other = c.arena.alloc<float>(m * e);
    if (!other) return;
    feedForwardNorm(c, hidden, m, other);
  }
  attend(p, normed, hidden, order == Order::FromNorm ? normed : hidden);
  if (order == Order::Post) attentionNorm(c, hidden, m, hidden);
  if (!parallel) c.arena.release(mark);

  const Arena::Mark inner = c.arena.mark();
  for (size_t from = 0; from < m; from += kRowBlock) {
    const size_t count = std::min(kRowBlock, m - from);
    float* h = hidden + from * e;
    const float* x = parallel ? other + from * e : h;
    if (!parallel && order != Order::Post && feedForwardNorm) {
      float* y = c.arena.alloc<float>(count * e);
      if (!y) return;
      feedForwardNorm(c, h, count, y);
      x = y;
    }
    feed(p, x, count, h, order == Order::FromNorm ? x : h);
    if (order == Order::Post) feedForwardNorm(c, h, count, h);
    c.arena.release(inner);
  }
  c.arena.release(mark);
}

void DecoderLayer::remember(const DecoderPass& p, const float* hidden) const {
  if (!attentionNorm || order == Order::Post) return attention.remember(p, hidden);
  const Arena::Mark mark = p.c.arena.mark();
  float* normed = p.c.arena.alloc<float>(p.rows() * attention.shape.hidden);
  if (!normed) return;
  attentionNorm(p.c, hidden, p.rows(), normed);
  attention.remember(p, normed);
  p.c.arena.release(mark);
}

void DecoderLayer::attend(const DecoderPass& p, const float* x, float* hidden, const float* residual) const {
  if (!attentionOutNorm && residualScale == 1) return attention(p, x, hidden, residual);
  const Arena::Mark mark = p.c.arena.mark();
  float* y = p.c.arena.alloc<float>(p.rows() * attention.shape.hidden);
  if (!y) return;
  attention(p, x, y, nullptr);
  add(p.c, attentionOutNorm, y, p.rows(), hidden, residual);
  p.c.arena.release(mark);
}

void DecoderLayer::feed(const DecoderPass& p, const float* x, size_t rows, float* hidden, const float* residual) const {
  const bool direct = !feedForwardOutNorm && residualScale == 1;
  if (direct && !experts) return feedForward(p.c, x, rows, hidden, residual);
  const Arena::Mark mark = p.c.arena.mark();
  float* y = p.c.arena.alloc<float>(rows * attention.shape.hidden);
  if (!y) return;
  if (experts)
    (*experts)(p.c, x, rows, y);
  else
    feedForward(p.c, x, rows, y, nullptr);
  add(p.c, feedForwardOutNorm, y, rows, hidden, residual);
  p.c.arena.release(mark);
}

// hidden = residual + residualScale · norm(y)
void DecoderLayer::add(Compute c, const DecoderNorm& norm, float* y, size_t rows, float* hidden,
                       const float* residual) const {
  const size_t count = rows * attention.shape.hidden;
  if (norm) norm(c, y, rows, y);
  for (size_t i = 0; residualScale != 1 && i < count; ++i) y[i] *= residualScale;
  if (residual != hidden) std::memcpy(hidden, residual, count * sizeof(float));
  c.kernels.add(y, count, hidden);
}

}  // namespace wasmformers::nn
