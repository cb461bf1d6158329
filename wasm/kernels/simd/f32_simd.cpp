// The f32 product: panels of 8 columns (f32.h), register tiles of 6 rows × 8 columns with fused multiply-add, 4 × 8
// without. Bias and residual are added when a tile is stored; an activation follows in a pass of its own over a block
// of rows (table_simd.cpp). Rows of x and y may be any distance apart. Measured in turn with XNNPACK's f32 operator on
// MiniLM's shapes, it is 1.15–1.3 times as fast, with plain and relaxed SIMD (tests/bench/kernels/RESULTS.md).
#include <algorithm>

#include "kernels/formats/f32.h"
#include "kernels/simd/output.h"
#include "kernels/simd/simd.h"
#include "kernels/simd/simd_math.h"
#include "kernels/simd/tiles.h"

namespace wasmformers::kernels::simd {

namespace {

#ifdef __wasm_relaxed_simd__
constexpr size_t kTile = 6;
#else
constexpr size_t kTile = 4;
#endif

struct Product {
  const float* x;
  size_t xStride, k;
  const Output& out;
};

// Tile (tiles.h) of MR rows × NP panels, `gap` panels from one to the next. The first is `panel`, whose weights are at
// w.
template <size_t MR, size_t NP>
void tileX8F32Madd(const Product& p, size_t m, size_t panel, const float* w, size_t gap = 1) {
  const size_t gapSize = gap * p.k * kPanel, lda = p.xStride;
  const float* a = p.x + m * lda;
  v128_t sum[NP][MR][2];
  for (auto& part : sum) {
    for (auto& row : part) row[0] = row[1] = splat(0);
  }
  WF_NO_UNROLL
  for (size_t k = 0; k < p.k; ++k, ++a, w += kPanel) {
    for (size_t q = 0; q < NP; ++q) {
      const v128_t w0 = wasm_v128_load(w + q * gapSize), w1 = wasm_v128_load(w + q * gapSize + 4);
      for (size_t r = 0; r < MR; ++r) {
        const v128_t v = wasm_v128_load32_splat(a + r * lda);
        sum[q][r][0] = madd(w0, v, sum[q][r][0]);
        sum[q][r][1] = madd(w1, v, sum[q][r][1]);
      }
    }
  }
  for (size_t q = 0; q < NP; ++q) store(p.out, m, panel + q * gap, Sums<MR>(sum[q]));
}

}  // namespace

void panelF32(const float* x, size_t xStride, size_t from, size_t to, const float* w, size_t k, size_t panel,
              const Output& out) {
  const Product p{x, xStride, k, out};
  rowTiles<kTile>(from, to, [&]<size_t MR>(size_t row) { tileX8F32Madd<MR, 1>(p, row, panel, w); });
}

template <bool Streams>
void productF32(const float* x, size_t m, size_t xStride, const Matrix& w, Columns columns, const Output& out) {
  const Product p{x, xStride, w.k(), out};
  const float* panels = w.f32()->panels.as<float>();
  const size_t panelSize = w.k() * kPanel, block = rowBlock(4 * w.k());
  for (size_t from = 0; from < m; from += block) {
    const size_t to = std::min(m, from + block);
    const auto few = [&]<size_t MR, size_t NP>(size_t panel, size_t gap) {
      tileX8F32Madd<MR, NP>(p, from, panel, panels + panel * panelSize, gap);
    };
    if (Streams && to - from == 1) {
      panelStreams<1>(columns, few);
    } else if (Streams && to - from == 2) {
      panelStreams<2>(columns, few);
    } else {
      for (size_t panel = columns.from; panel < columns.to; ++panel)
        panelF32(x, xStride, from, to, panels + panel * panelSize, w.k(), panel, out);
    }
  }
}

template void productF32<false>(const float*, size_t, size_t, const Matrix&, Columns, const Output&);
template void productF32<true>(const float*, size_t, size_t, const Matrix&, Columns, const Output&);

}  // namespace wasmformers::kernels::simd
