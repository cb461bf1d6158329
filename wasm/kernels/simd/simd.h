// The SIMD kernels by name, for their table and for each other.
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

/// y[rows, cols] = act(y + bias) + residual, in place, rows `yStride` floats apart.
void epilogue(const Epilogue&, size_t rows, size_t cols, float* y, size_t yStride);

/// Quantizes x for q8 matrices, into the arena; `apart` leaves the outliers of its rows out. Null when memory ran out.
QuantizedRows* quantizeRows(Arena&, const Rows& x, ActivationForm, bool apart = false);
/// Quantizes x for q4 matrices: to bytes with relaxed SIMD, else in the wide form. Null when memory ran out.
QuantizedBlocks* quantizeBlocks(Arena&, const Rows& x);

/// The panels of 8 columns that a product computes: [from, to).
struct Columns {
  size_t from, to;
};
inline Columns allColumns(const Matrix& w) { return {0, roundUp(w.n(), kPanel) / kPanel}; }

/// The destination of a product: y = sum + bias + residual; bias and residual are optional. All pointers are those of
/// column 0, strides are floats between rows.
struct Output {
  size_t n;
  const float *bias, *residual;
  size_t residualStride;
  float* y;
  size_t yStride;
};

/// y[M, N] = x·Wᵀ for a range of columns. Streams: with one or a few rows, weights are read in several streams
/// (tiles.h), as decoding needs it. Encoders have more rows and do not need that code.
template <bool Streams>
void productQ8(Arena&, const QuantizedRows& x, const Matrix& w, Columns, const Output&);
/// y[M, N] += the products of outliers, for a range of columns. y is that of column 0.
void addOutliers(const QuantizedRows& x, const Matrix& w, Columns, float* y, size_t yStride);
template <bool Streams>
void productQ4(Arena&, const QuantizedBlocks& x, const Matrix& w, Columns, const Output&);
template <bool Streams>
void productF32(const float* x, size_t m, size_t xStride, const Matrix& w, Columns, const Output&);
template <bool Streams>
void productF16(Arena&, const float* x, size_t m, size_t xStride, const Matrix& w, Columns, const Output&);
/// Rows [from, to) of x times one panel w [K][8] of floats, whose columns are those of `panel`.
void panelF32(const float* x, size_t xStride, size_t from, size_t to, const float* w, size_t k, size_t panel,
              const Output&);
/// How many rows of activations stay in the second-level cache during a pass over all panels: a multiple of 4 and 6.
inline size_t rowBlock(size_t rowBytes) {
  const size_t rows = (size_t(256) << 10) / (rowBytes + 1) / 12 * 12;
  return rows < 24 ? 24 : rows;
}

/// The form of activations for the q8 product, which a probe at run time chooses.
ActivationForm activationForm();
/// For tests: uses `form` from now on. False where this engine does not compute it exactly.
bool forceActivationForm(ActivationForm form);

}  // namespace wasmformers::kernels::simd
