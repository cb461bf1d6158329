// See f16.h: packing and unpacking.
#include "kernels/formats/f16.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/formats/half.h"

namespace wasmformers::kernels {

bool packPanelF16(const float* w, size_t rows, size_t k, uint16_t* panel, float* factors) {
  for (size_t r = 0; r < kPanel; ++r) {
    const float* row = w + r * k;
    float biggest = 0;
    for (size_t i = 0; r < rows && i < k; ++i) {
      if (!std::isfinite(row[i])) return false;
      biggest = std::max(biggest, std::fabs(row[i]));
    }
    // The power of two of `biggest` becomes 2^14. A row of only subnormal floats becomes zeros.
    const uint32_t exponent = std::bit_cast<uint32_t>(biggest) >> 23;
    const bool zeros = exponent < 1;
    const float lower = std::bit_cast<float>(std::max(exponent, 1u) << 23);  // 2^floor(log2 biggest)
    factors[r] = zeros ? 0.f : lower * 0x1p-14f;
    for (size_t i = 0; i < k; ++i) {
      const uint16_t h = r < rows && !zeros ? toHalf(row[i] / lower * 0x1p14f) : uint16_t(0);
      panel[i * kPanel + r] = (h & 0x7fff) < 0x0400 ? uint16_t(0) : h;
    }
  }
  return true;
}

void unpackRow(const Matrix::F16Data& w, size_t n, size_t k, float* y) {
  const uint16_t* src = w.panel(n / kPanel, k) + n % kPanel;
  const float factor = w.factors.as<float>()[n];
  for (size_t i = 0; i < k; ++i) y[i] = fromHalf(src[i * kPanel]) * factor;
}

}  // namespace wasmformers::kernels
