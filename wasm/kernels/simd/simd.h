// The Wasm kernels by name, for their table and for each other.
#pragma once

#include "kernels/formats/q4.h"
#include "kernels/formats/q8.h"
#include "kernels/kernels.h"

namespace wasmformers::kernels::simd {

void layerNorm(const float* x, const float* residual, const float* gamma, const float* beta, float eps, size_t rows,
               size_t cols, float* y);
void rmsNorm(const float* x, const float* gamma, float eps, size_t rows, size_t cols, float* y);
void softmax(float* x, size_t rows, size_t cols);
void activate(Activation, float* x, size_t count);
void gatedActivate(Activation, const float* x, size_t rows, size_t n, float* y);
void add(const float* x, size_t count, float* y);
void attention(Arena&, const AttentionArgs&);
void cachedAttention(Arena&, const CachedAttentionArgs&);

/// y = act(y + bias) + residual for `rows` × `cols` of a product.
void epilogue(const Epilogue&, size_t rows, size_t cols, float* y, size_t yStride);

/// Quantizes x once, into the arena. nullptr when memory ran out.
QuantizedRows* quantizeRows(Arena&, const Rows& x, ActivationForm);
/// The same per 32 of a row: bytes with relaxed SIMD, else in the wide form.
QuantizedBlocks* quantizeBlocks(Arena&, const Rows& x);

/// Panels of 8 columns that a product computes.
struct Columns {
  size_t from, to;
};
inline Columns allColumns(const Matrix& w) { return {0, roundUp(w.n(), kPanel) / kPanel}; }

/// Where a product goes: y = sum + bias + residual, the latter two optional; all pointers are those of column 0.
struct Output {
  size_t n;
  const float *bias, *residual;
  size_t residualStride;
  float* y;
  size_t yStride;
};

/// y[M, N] = x·Wᵀ; the whole of x was quantized in `form`'s way. Streams: for one row or a few, weights are read in
/// several streams (tiles.h), which is what decoding needs. Encoders have more rows, and need not carry that code.
template <bool Streams>
void productQ8(Arena&, const QuantizedRows& x, const Matrix& w, Columns, const Output&);
template <bool Streams>
void productQ4(Arena&, const QuantizedBlocks& x, const Matrix& w, Columns, const Output&);
template <bool Streams>
void productF32(const float* x, size_t m, size_t xStride, const Matrix& w, Columns, const Output&);
template <bool Streams>
void productF16(Arena&, const float* x, size_t m, size_t xStride, const Matrix& w, Columns, const Output&);
/// Rows [from, to) with one panel of floats.
void panelF32(const float* x, size_t xStride, size_t from, size_t to, const float* w, size_t k, size_t panel,
              const Output&);
/// As many rows of activations as stay in the second-level cache while panels go by: whole tiles of 4 and of 6.
inline size_t rowBlock(size_t rowBytes) {
  const size_t rows = (size_t(256) << 10) / (rowBytes + 1) / 12 * 12;
  return rows < 24 ? 24 : rows;
}

/// The form in which the product wants its activations: the run-time probe's answer.
ActivationForm activationForm();
/// For tests: use `form` from now on. False where this engine does not compute it exactly.
bool forceActivationForm(ActivationForm form);

}  // namespace wasmformers::kernels::simd
