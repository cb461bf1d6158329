// The 2-byte format: halves of each row's weights times a power of two that brings the row's largest near 2^15, so that
// bfloat16's range fits as well and what is lost is below 2^-29 of that largest. Arithmetic is f32's. Panels of 8 rows
// of W side by side, [N/8][K][8], N padded by zeros. No half is subnormal.
#pragma once

#include "kernels/formats/q8.h"
#include "kernels/matrix.h"

namespace wasmformers::kernels {

struct Matrix::F16Data {
  Buffer panels;   // uint16 [N/8, K, 8]
  Buffer factors;  // float [N padded], powers of two: w = half · factor

  const uint16_t* panel(size_t index, size_t k) const { return panels.as<uint16_t>() + index * k * kPanel; }
};

/// Packs up to 8 rows of W, each k floats. False where a value is NaN or infinite.
bool packPanelF16(const float* w, size_t rows, size_t k, uint16_t* panel, float* factors);

/// Row `n` as float [K].
void unpackRow(const Matrix::F16Data&, size_t n, size_t k, float* y);

}  // namespace wasmformers::kernels
