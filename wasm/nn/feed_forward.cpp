// See feed_forward.h.
#include "nn/feed_forward.h"

namespace wasmformers::nn {

void FeedForward::declare(weights::Weights& w, const std::string& prefix, const Names& n, const Shape& s) {
  hidden = s.hidden;
  inner = s.inner;
  activation = s.activation;
  if (n.gate && !n.up) {
    gateUp.declare(w, prefix + n.gate, 2 * inner, hidden, s.format, s.bias);
  } else {
    if (n.gate) gate.declare(w, prefix + n.gate, inner, hidden, s.format, s.bias);
    up.declare(w, prefix + n.up, inner, hidden, s.format, s.bias);
  }
  down.declare(w, prefix + n.down, hidden, inner, s.format, s.bias);
}

void FeedForward::operator()(Compute c, const float* x, size_t rows, float* y, const float* residual) const {
  const Arena::Mark mark = c.arena.mark();
  float* middle = c.arena.alloc<float>(rows * inner);  // [rows, I]
  if (!middle) return;
  kernels::Rows in(x, rows, hidden);  // quantized once for gate and up
  if (gate.present() || gateUp.present()) {
    float* wide = c.arena.alloc<float>(rows * 2 * inner);  // [rows, 2I]: gate | up
    if (!wide) return;
    if (gateUp.present()) {
      gateUp(c, in, wide);
    } else {
      gate(c, in, wide, 2 * inner);
      up(c, in, wide + inner, 2 * inner);
    }
    c.kernels.gatedActivate(activation, wide, rows, inner, middle);
  } else {
    up(c, in, middle, 0, {.activation = activation});
  }
  kernels::Rows m(middle, rows, inner);
  down(c, m, y, hidden, {.residual = residual, .residualStride = hidden});
  c.arena.release(mark);
}

}  // namespace wasmformers::nn
