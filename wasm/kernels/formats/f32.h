// The f32 format: plain rows [N][K] for look-ups alone and for the plain kernels. For the fast product, panels of 8
// rows of W side by side, [N/8][K][8], N padded with zeros; look-ups read these, too, where both are needed.
#pragma once

#include "kernels/formats/q8.h"
#include "kernels/matrix.h"

namespace wasmformers::kernels {

struct Matrix::F32Data {
  // One of the two:
  Buffer rows;    // float [N, K]
  Buffer panels;  // float [N/8, K, 8]

  /// W[n, k] = row(n, K)[k · step()]
  const float* row(size_t n, size_t k) const {
    return panels.ok() ? panels.as<float>() + n / kPanel * k * kPanel + n % kPanel : rows.as<float>() + n * k;
  }
  size_t step() const { return panels.ok() ? kPanel : 1; }
};

/// Writes row n to y [k].
inline void unpackRow(const Matrix::F32Data& w, size_t n, size_t k, float* y) {
  const float* src = w.row(n, k);
  const size_t step = w.step();
  for (size_t i = 0; i < k; ++i) y[i] = src[i * step];
}

/// Transposes `rows` rows of W, up to 8, of k floats each, into a panel.
void packPanelF32(const float* w, size_t rows, size_t k, float* panel);

}  // namespace wasmformers::kernels
