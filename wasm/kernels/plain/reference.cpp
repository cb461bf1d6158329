// The plain kernels define what every operation of the table means, in simple loops. They run natively, and tests
// compare the fast ones with them. Attention is in reference_attention.cpp and reference_cache.cpp.
#include <algorithm>
#include <cmath>

#include "kernels/formats/q4.h"
#include "kernels/formats/q8.h"
#include "kernels/plain/reference.h"

namespace wasmformers::kernels::plain {

float activation(Activation a, float x) {
  switch (a) {
    case Activation::None: return x;
    case Activation::Gelu: return 0.5f * x * (1.f + std::erf(x * 0.70710678f));
    case Activation::GeluTanh: return 0.5f * x * (1.f + std::tanh(0.79788456f * (x + 0.044715f * x * x * x)));
    case Activation::QuickGelu: return x / (1.f + std::exp(-1.702f * x));
    case Activation::Relu: return std::max(x, 0.f);
    case Activation::Silu: return x / (1.f + std::exp(-x));
    case Activation::Tanh: return std::tanh(x);
    case Activation::Sigmoid: return 1.f / (1.f + std::exp(-x));
    case Activation::Count: break;
  }
  return x;
}

void activate(Activation a, float* x, size_t count) {
  for (size_t i = 0; i < count; ++i) x[i] = activation(a, x[i]);
}

namespace {

// Row m of x times row n of W, both in blocks: exact sums within a block, then scales.
float blockProduct(const QuantizedBlocks& x, size_t m, const Matrix::Q4Data& w, size_t n, size_t k) {
  const auto* a = static_cast<const int8_t*>(x.data) + m * x.stride();
  const uint8_t* const panel = w.panel(n / kPanel, k);
  const uint8_t* block = panel;
  const size_t r = n % kPanel;
  double total = 0;
  for (size_t g = 0; g < x.blocks; ++g, a += kBlock, block += kBlockBytes) {
    const uint16_t code = reinterpret_cast<const uint16_t*>(block + kBlockBytes - 2 * kPanel)[r];
    int32_t sum = codeZero(code) * x.sums[m * x.blocks + g];
    for (size_t i = 0; i < kBlock; ++i) {
      const uint8_t byte = block[i % 16 / 4 * 32 + r * 4 + i % 4];
      sum += 8 * a[i] * (i < 16 ? byte & 15 : byte >> 4);
    }
    total += double(sum) * (double(codeScale(code)) * x.scales[m * x.blocks + g]);
  }
  return float(total * w.factors(panel, k)[r]);
}

}  // namespace

void linear(Arena& arena, Rows& x, const Matrix& w, const Epilogue& e, float* y, size_t yStride) {
  const Arena::Mark mark = arena.mark();
  if (w.format() == Format::Q8 && (!x.quantized || x.quantized->form == ActivationForm::Wide)) {
    // The quantized rows are freed on return, since plain kernels need not be fast.
    Rows fresh(x.data, x.rows, x.cols, x.stride);
    fresh.quantized = quantizeRowsPlain(arena, x, ActivationForm::Unsigned);
    if (!fresh.quantized) return;
    linear(arena, fresh, w, e, y, yStride);
    arena.release(mark);
    return;
  }
  const QuantizedBlocks* blocks = w.format() == Format::Q4 ? quantizeBlocksPlain(arena, x) : nullptr;
  if (w.format() == Format::Q4 && !blocks) return;
  float* row = w.format() == Format::F32 || w.format() == Format::F16 ? arena.alloc<float>(w.k()) : nullptr;
  for (size_t n = 0; n < w.n(); ++n) {
    if (row) w.copyRow(n, row);
    for (size_t m = 0; m < x.rows; ++m) {
      float v = 0;
      if (blocks) {
        v = blockProduct(*blocks, m, *w.q4(), n, w.k());
      } else if (row) {
        const float* in = x.data + m * x.stride;
        double sum = 0;
        for (size_t k = 0; k < w.k(); ++k) sum += double(in[k]) * row[k];
        v = float(sum);
      } else {
        const QuantizedRows& q = *x.quantized;
        const int8_t* panel = w.q8()->panel(n / kPanel, w.k());
        int32_t sum = -q.zeros[m] * w.q8()->sums(panel, w.k())[n % kPanel];
        for (size_t k = 0; k < w.k(); ++k) {
          const size_t at = m * q.stride + k;
          const int32_t a = q.form == ActivationForm::Unsigned ? static_cast<const uint8_t*>(q.data)[at]
                                                               : static_cast<const int8_t*>(q.data)[at];
          sum += a * w.q8()->at(panel, n, k);
        }
        const float scale = w.q8()->scales(panel, w.k())[n % kPanel];
        v = float(sum) * (q.scales[m] * scale);
        for (size_t i = 0; q.outliers && i < q.outliers[m].count; ++i)
          v += q.outliers[m].values[i] * (scale * float(w.q8()->at(panel, n, q.outliers[m].at[i])));
      }
      if (e.bias) v += e.bias[n];
      v = activation(e.activation, v);
      if (e.residual) v += e.residual[m * e.residualStride + n];
      y[m * yStride + n] = v;
    }
  }
  arena.release(mark);
}

void layerNorm(const float* x, const float* residual, const float* gamma, const float* beta, float eps, size_t rows,
               size_t cols, float* y) {
  for (size_t r = 0; r < rows; ++r, x += cols, y += cols, residual += residual ? cols : 0) {
    double mean = 0, var = 0;
    for (size_t i = 0; i < cols; ++i) mean += y[i] = x[i] + (residual ? residual[i] : 0.f);
    mean /= double(cols);
    for (size_t i = 0; i < cols; ++i) var += (y[i] - mean) * (y[i] - mean);
    const double scale = 1 / std::sqrt(var / double(cols) + eps);
    for (size_t i = 0; i < cols; ++i) y[i] = float((y[i] - mean) * scale) * gamma[i] + (beta ? beta[i] : 0.f);
  }
}

void rmsNorm(const float* x, const float* gamma, float eps, size_t rows, size_t cols, float* y) {
  for (size_t r = 0; r < rows; ++r, x += cols, y += cols) {
    double sum = 0;
    for (size_t i = 0; i < cols; ++i) sum += double(x[i]) * x[i];
    const double scale = 1 / std::sqrt(sum / double(cols) + eps);
    for (size_t i = 0; i < cols; ++i) y[i] = float(x[i] * scale) * gamma[i];
  }
}

void softmax(float* x, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; ++r, x += cols) {
    const float biggest = *std::max_element(x, x + cols);
    double sum = 0;
    for (size_t i = 0; i < cols; ++i) sum += x[i] = std::exp(x[i] - biggest);
    for (size_t i = 0; i < cols; ++i) x[i] = float(x[i] / sum);
  }
}

void gatedActivate(Activation a, const float* x, size_t rows, size_t n, float* y) {
  for (size_t r = 0; r < rows; ++r, x += 2 * n, y += n) {
    for (size_t i = 0; i < n; ++i) y[i] = activation(a, x[i]) * x[n + i];
  }
}

void add(const float* x, size_t count, float* y) {
  for (size_t i = 0; i < count; ++i) y[i] += x[i];
}

void rotary(float* x, size_t rows, size_t stride, size_t heads, size_t headDim, size_t rotaryDim,
            const int32_t* positions, const float* cos, const float* sin) {
  const size_t half = rotaryDim / 2;
  for (size_t r = 0; r < rows; ++r, x += stride) {
    const float *c = cos + size_t(positions[r]) * half, *s = sin + size_t(positions[r]) * half;
    for (size_t h = 0; h < heads; ++h) {
      float *a = x + h * headDim, *b = a + half;
      for (size_t i = 0; i < half; ++i) {
        const float u = a[i], v = b[i];
        a[i] = u * c[i] - v * s[i];
        b[i] = v * c[i] + u * s[i];
      }
    }
  }
}

void gather(const Matrix& w, const int32_t* ids, size_t count, float* y, size_t yStride) {
  for (size_t i = 0; i < count; ++i) w.copyRow(size_t(ids[i]), y + i * yStride);
}

}  // namespace wasmformers::kernels::plain

namespace wasmformers::kernels {

const Table& reference() {
  static const Table table = {"reference",           plain::linear,    plain::layerNorm,     plain::rmsNorm,
                              plain::softmax,        plain::activate,  plain::gatedActivate, plain::add,
                              plain::rotary,         plain::attention, plain::gather,        plain::cacheAppend,
                              plain::cachedAttention};
  return table;
}

#ifndef __wasm__
// Natively there are only the plain kernels.
const Table& fast() { return reference(); }
const Table& fastForEncoders() { return reference(); }
const Table& fastForDecoders() { return reference(); }
const char* variantName() { return "plain"; }
const char* int8DotName() { return "plain"; }
#endif

}  // namespace wasmformers::kernels
