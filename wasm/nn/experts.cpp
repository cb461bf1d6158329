// See experts.h.
#include "nn/experts.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace wasmformers::nn {

using kernels::Format;
using kernels::Matrix;

void Experts::declare(weights::Weights& w, const std::string& prefix, const Shape& s) {
  picked = s.picked;
  normalized = s.normalized;
  // The router stays f32: it is small, and a rounding could pick other experts.
  router.declare(w, prefix + "gate", s.count, s.hidden, Format::F32, Bias::No);
  each = std::vector<FeedForward>(s.count);
  const FeedForward::Names names{"gate_proj", "up_proj", "down_proj"};
  for (size_t i = 0; i < s.count; ++i)
    each[i].declare(w, prefix + "experts." + std::to_string(i) + ".", names,
                    {s.hidden, s.inner, s.activation, s.format});
  declareFused(w, prefix, s);
  shared.declare(w, prefix + "shared_expert.", names, {s.hidden, s.sharedInner, s.activation, s.format});
  sharedGate.declare(w, prefix + "shared_expert_gate", 1, s.hidden, Format::F32, Bias::No);
}

// Some checkpoints hold all experts in two tensors, [count, 2I, E] and [count, E, I]. They are packed expert by expert.
void Experts::declareFused(weights::Weights& w, const std::string& prefix, const Shape& s) {
  const auto pack = [](Matrix& into, const TensorView& view, size_t expert, size_t first, size_t rows, size_t cols,
                       size_t skip, Format format) -> Status {
    const size_t size = dtypeBits(view.dtype) / 8;
    const auto* bytes = static_cast<const std::byte*>(view.data) + (expert * skip + first) * cols * size;
    WF_ASSIGN(into, Matrix::make(rows, cols, format));
    return into.packRows({view.dtype, {int64_t(rows), int64_t(cols)}, bytes}, 0);
  };
  const auto came = [&w, prefix](size_t expert, const char* name) {
    if (weights::Weights::Wanted* one = w.find(prefix + "experts." + std::to_string(expert) + "." + name + ".weight"))
      one->loaded = true;
  };
  const size_t up = Matrix::packedBytes(s.inner, s.hidden, s.format),
               down = Matrix::packedBytes(s.hidden, s.inner, s.format);
  w.tensor(
      prefix + "experts.gate_up_proj", {int64_t(s.count), int64_t(2 * s.inner), int64_t(s.hidden)}, 2 * up * s.count,
      [this, pack, came, s](const TensorView& view, size_t from) -> Status {
        for (size_t i = 0; i < size_t(view.shape[0]); ++i) {
          FeedForward& f = each[from + i];
          WF_TRY(pack(f.gate.weight, view, i, 0, s.inner, s.hidden, 2 * s.inner, s.format));
          WF_TRY(pack(f.up.weight, view, i, s.inner, s.inner, s.hidden, 2 * s.inner, s.format));
          came(from + i, "gate_proj");
          came(from + i, "up_proj");
        }
        return {};
      },
      weights::Need::Optional, 1);
  w.tensor(
      prefix + "experts.down_proj", {int64_t(s.count), int64_t(s.hidden), int64_t(s.inner)}, down * s.count,
      [this, pack, came, s](const TensorView& view, size_t from) -> Status {
        for (size_t i = 0; i < size_t(view.shape[0]); ++i) {
          WF_TRY(pack(each[from + i].down.weight, view, i, 0, s.hidden, s.inner, s.hidden, s.format));
          came(from + i, "down_proj");
        }
        return {};
      },
      weights::Need::Optional, 1);
}

void Experts::operator()(Compute c, const float* x, size_t rows, float* y) const {
  const Arena::Mark mark = c.arena.mark();
  const size_t e = shared.hidden, n = each.size();
  kernels::Rows in(x, rows, e);
  float* scores = c.arena.alloc<float>(rows * n);  // [rows, experts]
  float* gate = c.arena.alloc<float>(rows);
  uint32_t* order = c.arena.alloc<uint32_t>(n);
  uint32_t* chosen = c.arena.alloc<uint32_t>(rows * picked);  // [rows, picked]; their weights are in `scores`
  if (!scores || !gate || !order || !chosen) return;
  router(c, in, scores);
  c.kernels.softmax(scores, rows, n);
  sharedGate(c, in, gate, 0, {.activation = kernels::Activation::Sigmoid});
  shared(c, x, rows, y, nullptr);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < e; ++i) y[r * e + i] *= gate[r];
    float* p = scores + r * n;
    std::iota(order, order + n, 0u);
    std::partial_sort(order, order + picked, order + n,
                      [p](uint32_t a, uint32_t b) { return p[a] > p[b] || (p[a] == p[b] && a < b); });
    float sum = 0;
    for (size_t i = 0; i < picked; ++i) sum += p[chosen[r * picked + i] = order[i]];
    for (size_t i = 0; normalized && i < picked; ++i) p[order[i]] /= sum;
  }

  float* taken = c.arena.alloc<float>(rows * e);  // the rows that picked one expert
  float* answers = c.arena.alloc<float>(rows * e);
  uint32_t* whose = c.arena.alloc<uint32_t>(rows);
  if (!taken || !answers || !whose) return;
  for (size_t k = 0; k < n; ++k) {
    size_t count = 0;
    for (size_t r = 0; r < rows; ++r) {
      const uint32_t* mine = chosen + r * picked;
      if (std::find(mine, mine + picked, uint32_t(k)) == mine + picked) continue;
      std::memcpy(taken + count * e, x + r * e, e * sizeof(float));
      whose[count++] = uint32_t(r);
    }
    if (count == 0) continue;
    each[k](c, taken, count, answers, nullptr);
    for (size_t j = 0; j < count; ++j) {
      const float weight = scores[whose[j] * n + k];
      float* out = y + whose[j] * e;
      for (size_t i = 0; i < e; ++i) out[i] += weight * answers[j * e + i];
    }
  }
  c.arena.release(mark);
}

}  // namespace wasmformers::nn
