// The product with f16 weights, in f32. For one or two rows of x, halves are used in place: their bits, shifted to
// those of a float, are the number times 2^-112. Activations are multiplied by 2^64, so that no product is subnormal,
// and sums by the other 2^48. For more rows a panel is converted to f32 once, for the tiles of the f32 product.
#include <algorithm>

#include "kernels/formats/f16.h"
#include "kernels/simd/output.h"
#include "kernels/simd/simd.h"
#include "kernels/simd/simd_math.h"
#include "kernels/simd/tiles.h"

namespace wasmformers::kernels::simd {

namespace {

constexpr float kShift = 0x1p64f, kRest = 0x1p48f;

// Tile (tiles.h) of MR rows × NP panels, `gap` panels from one to the next, from halves in place.
template <size_t MR, size_t NP>
void tileX8F16Madd(const float* x, size_t xStride, const Matrix& w, size_t panel, size_t gap, const Output& out) {
  const v128_t mask = wasm_v128_load32_splat(kMasks + 4), shift = splat(kShift);
  const size_t k = w.k(), gapSize = gap * k * kPanel;
  const uint16_t* p = w.f16()->panel(panel, k);
  v128_t sum[NP][MR][2];
  for (auto& part : sum) {
    for (auto& row : part) row[0] = row[1] = splat(0);
  }
  WF_NO_UNROLL
  for (size_t i = 0; i < k; ++i, p += kPanel) {
    v128_t v[MR];
    for (size_t r = 0; r < MR; ++r) v[r] = wasm_f32x4_mul(wasm_v128_load32_splat(x + r * xStride + i), shift);
    for (size_t q = 0; q < NP; ++q) {
      const v128_t w0 = fourHalves(p + q * gapSize, mask), w1 = fourHalves(p + q * gapSize + 4, mask);
      for (size_t r = 0; r < MR; ++r) {
        sum[q][r][0] = madd(w0, v[r], sum[q][r][0]);
        sum[q][r][1] = madd(w1, v[r], sum[q][r][1]);
      }
    }
  }
  for (size_t q = 0; q < NP; ++q) {
    const float* factors = w.f16()->factors.as<float>() + (panel + q * gap) * kPanel;
    const v128_t rest = splat(kRest);
    for (auto& row : sum[q]) {
      row[0] = wasm_f32x4_mul(wasm_f32x4_mul(row[0], rest), wasm_v128_load(factors));
      row[1] = wasm_f32x4_mul(wasm_f32x4_mul(row[1], rest), wasm_v128_load(factors + 4));
    }
    store(out, 0, panel + q * gap, Sums<MR>(sum[q]));
  }
}

// Converts a panel to f32 [K][8].
void unpack(const uint16_t* p, size_t k, const float* factors, float* out) {
  const v128_t mask = wasm_v128_load32_splat(kMasks + 4), exact = splat(0x1p112f);
  const v128_t f0 = wasm_v128_load(factors), f1 = wasm_v128_load(factors + 4);
  for (size_t i = 0; i < k; ++i, p += kPanel, out += kPanel) {
    wasm_v128_store(out, wasm_f32x4_mul(wasm_f32x4_mul(fourHalves(p, mask), exact), f0));
    wasm_v128_store(out + 4, wasm_f32x4_mul(wasm_f32x4_mul(fourHalves(p + 4, mask), exact), f1));
  }
}

}  // namespace

template <bool Streams>
void productF16(Arena& arena, const float* x, size_t m, size_t xStride, const Matrix& w, Columns columns,
                const Output& out) {
  const auto few = [&]<size_t MR, size_t NP>(size_t panel, size_t gap) {
    tileX8F16Madd<MR, NP>(x, xStride, w, panel, gap, out);
  };
  if (Streams && m == 1) return panelStreams<1>(columns, few);
  if (Streams && m == 2) return panelStreams<2>(columns, few);
  const Arena::Mark mark = arena.mark();
  float* floats = arena.alloc<float>(w.k() * kPanel);
  if (!floats) return;
  const size_t block = rowBlock(4 * w.k());
  for (size_t from = 0; from < m; from += block) {
    for (size_t panel = columns.from; panel < columns.to; ++panel) {
      unpack(w.f16()->panel(panel, w.k()), w.k(), w.f16()->factors.as<float>() + panel * kPanel, floats);
      panelF32(x, xStride, from, std::min(m, from + block), floats, w.k(), panel, out);
    }
  }
  arena.release(mark);
}

template void productF16<false>(Arena&, const float*, size_t, size_t, const Matrix&, Columns, const Output&);
template void productF16<true>(Arena&, const float*, size_t, size_t, const Matrix&, Columns, const Output&);

}  // namespace wasmformers::kernels::simd
