// See convolution.h.
#include "nn/convolution.h"

#include <algorithm>
#include <cstring>

namespace wasmformers::nn {

namespace {
constexpr size_t kRowBlock = 64;  // output rows at a time: their input is `kernel` times as wide
}

void Conv1d::declare(weights::Weights& w, const std::string& name, size_t size, size_t width, kernels::Format format) {
  channels = size;
  kernel = width;
  const size_t columns = kernel * channels;
  w.tensor(name + ".weight", {int64_t(channels), int64_t(channels), int64_t(kernel)},
           kernels::Matrix::packedBytes(channels, columns, format),
           [this, columns, format](const TensorView& view, size_t) -> Status {
             const size_t count = channels * columns;
             WF_ASSIGN(Buffer stored, allocate(count * sizeof(float), "a convolution"));  // [out, in, kernel]
             WF_ASSIGN(Buffer turned, allocate(count * sizeof(float), "a convolution"));  // [out, kernel, in]
             toFloat(view.dtype, view.data, count, stored.as<float>());
             for (size_t out = 0; out < channels; ++out) {
               const float* from = stored.as<float>() + out * columns;
               float* to = turned.as<float>() + out * columns;
               for (size_t in = 0; in < channels; ++in) {
                 for (size_t k = 0; k < kernel; ++k) to[k * channels + in] = from[in * kernel + k];
               }
             }
             const TensorView flat{DType::F32, {int64_t(channels), int64_t(columns)}, turned.data()};
             WF_ASSIGN(weight, kernels::Matrix::pack(flat, format));
             return {};
           });
  w.vector(name + ".bias", bias, {int64_t(channels)});
}

void Conv1d::operator()(Compute c, const float* x, size_t batch, size_t length, float* y) const {
  const Arena::Mark mark = c.arena.mark();
  const size_t columns = kernel * channels, pad = (kernel - 1) / 2, rows = batch * length;
  for (size_t from = 0; from < rows; from += kRowBlock) {
    const size_t count = std::min(kRowBlock, rows - from);
    float* wide = c.arena.alloc<float>(count * columns);  // [block, kernel·channels]
    if (!wide) return;
    for (size_t i = 0; i < count; ++i) {
      const size_t row = from + i, t = row % length;
      for (size_t k = 0; k < kernel; ++k) {
        float* to = wide + i * columns + k * channels;
        const bool inside = t + k >= pad && t + k - pad < length;
        if (inside)
          std::memcpy(to, x + (row + k - pad) * channels, channels * sizeof(float));
        else
          std::memset(to, 0, channels * sizeof(float));
      }
    }
    kernels::Rows in(wide, count, columns);
    c.kernels.linear(c.arena, in, weight, {.bias = bias}, y + from * channels, channels);
    c.arena.release(mark);
  }
}

}  // namespace wasmformers::nn
