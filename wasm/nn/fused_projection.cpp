// See fused_projection.h.
#include "nn/fused_projection.h"

#include <algorithm>
#include <cstring>

namespace wasmformers::nn {

namespace {

struct Order {
  size_t groups, queries, headDim;
  size_t rows() const { return groups * (queries + 2) * headDim; }
  /// Where stored row `row` belongs. `run`: how many rows from it on stay together.
  size_t place(size_t row, size_t& run) const {
    const size_t head = row / headDim, within = row % headDim, group = head / (queries + 2),
                 part = head % (queries + 2);
    run = headDim - within;
    const size_t to = part < queries ? group * queries + part : groups * part + group;
    return to * headDim + within;
  }
};

Status packGrouped(kernels::Matrix& into, const Order& order, const TensorView& view, size_t from) {
  const size_t count = size_t(view.shape[0]), rowBytes = size_t(view.shape[1]) * dtypeBits(view.dtype) / 8;
  const auto* bytes = static_cast<const std::byte*>(view.data);
  if (order.headDim % kernels::Matrix::kRowsAtOnce == 0) {
    for (size_t r = 0, run = 0; r < count; r += run) {
      const size_t to = order.place(from + r, run);
      run = std::min(run, count - r);
      WF_TRY(into.packRows({view.dtype, {int64_t(run), view.shape[1]}, bytes + r * rowBytes}, to));
    }
    return {};
  }
  WF_ASSIGN(Buffer ordered, allocate(count * rowBytes, "a weight matrix"));
  for (size_t r = 0, run = 0; r < count; r += run) {
    const size_t to = order.place(r, run);
    std::memcpy(ordered.data() + to * rowBytes, bytes + r * rowBytes, run * rowBytes);
  }
  return into.packRows({view.dtype, view.shape, ordered.data()}, 0);
}

}  // namespace

void declareGrouped(weights::Weights& w, const std::string& name, Linear& into, size_t groups, size_t queries,
                    size_t headDim, size_t hidden, kernels::Format format, Bias hasBias) {
  const Order order{groups, queries, headDim};
  const size_t n = order.rows();
  const bool streams = headDim % kernels::Matrix::kRowsAtOnce == 0;
  w.tensor(
      name + ".weight", {int64_t(n), int64_t(hidden)}, kernels::Matrix::packedBytes(n, hidden, format),
      [&into, order, n, hidden, format](const TensorView& view, size_t from) -> Status {
        if (from == 0) {
          into.weight = {};
          WF_ASSIGN(into.weight, kernels::Matrix::make(n, hidden, format));
        }
        return packGrouped(into.weight, order, view, from);
      },
      weights::Need::Required, streams ? kernels::Matrix::kRowsAtOnce : 0);
  if (hasBias == Bias::No) return;
  w.tensor(name + ".bias", {int64_t(n)}, n * sizeof(float),
           [&into, order, n](const TensorView& view, size_t) -> Status {
             WF_ASSIGN(into.bias.buffer, allocate(n * sizeof(float), "a weight vector"));
             into.bias.size = n;
             const size_t size = dtypeBits(view.dtype) / 8;
             for (size_t r = 0, run = 0; r < n; r += run) {
               const size_t to = order.place(r, run);
               toFloat(view.dtype, static_cast<const std::byte*>(view.data) + r * size, run,
                       into.bias.buffer.as<float>() + to);
             }
             return {};
           });
}

void declareTransposed(weights::Weights& w, const std::string& name, Linear& into, size_t n, size_t k,
                       kernels::Format format) {
  w.tensor(name + ".weight", {int64_t(k), int64_t(n)}, kernels::Matrix::packedBytes(n, k, format),
           [&into, format](const TensorView& view, size_t) -> Status {
             into.weight = {};
             WF_ASSIGN(into.weight, kernels::Matrix::pack(view, format, kernels::Use::Product, true));
             return {};
           });
  if (weights::Weights::Wanted* made = w.find(name + ".weight")) made->transposed = true;
  w.vector(name + ".bias", into.bias, {int64_t(n)});
}

}  // namespace wasmformers::nn
