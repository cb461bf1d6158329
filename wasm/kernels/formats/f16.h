// The f16 format. Each row's weights are multiplied by a power of two that brings the largest near 2^15, and stored as
// halves. So bfloat16's range fits, too, and the error is below 2^-29 of the row's largest weight. Arithmetic is in
// f32. Panels of 8 rows of W side by side, [N/8][K][8], N padded with zeros. No half is subnormal.
#pragma once

#include "kernels/formats/q8.h"
#include "kernels/matrix.h"

namespace wasmformers::kernels {

struct Matrix::F16Data {
  Buffer panels;   // uint16 [N/8, K, 8]
  Buffer factors;  // float [N padded to 8], powers of two: w = half · factor

  const uint16_t* panel(size_t index, size_t k) const { return panels.as<uint16_t>() + index * k * kPanel; }
};

/// Packs up to 8 rows of W, of k floats each, into a panel. False where a value is NaN or infinite.
bool packPanelF16(const float* w, size_t rows, size_t k, uint16_t* panel, float* factors);

/// Writes row `n` to y [k] as f32.
void unpackRow(const Matrix::F16Data&, size_t n, size_t k, float* y);

}  // namespace wasmformers::kernels
