// Storing a register tile of a product: bias and residual are added, and of a last panel only real columns are stored.
#pragma once

#include "kernels/simd/simd.h"
#include "kernels/simd/simd_math.h"

namespace wasmformers::kernels::simd {

/// A copy of the sums of MR rows × 8 columns. The sums of a loop are passed on as a copy, so that their address is
/// never taken and they stay in registers, whatever is inlined after the loop.
template <size_t MR>
struct Sums {
  v128_t at[MR][2];
  explicit Sums(const v128_t (&sum)[MR][2]) {
    for (size_t r = 0; r < MR; ++r) at[r][0] = sum[r][0], at[r][1] = sum[r][1];
  }
};

// The last panel, where it is not full. Not inlined, since tiles of several sizes and formats share it.
[[gnu::noinline]] inline void storeEdge(const Output& o, size_t m, size_t rows, size_t col, const v128_t (*sum)[2]) {
  for (size_t r = 0; r < rows; ++r) {
    float lanes[kPanel];
    wasm_v128_store(lanes, sum[r][0]);
    wasm_v128_store(lanes + 4, sum[r][1]);
    for (size_t i = col; i < o.n; ++i) {
      o.y[(m + r) * o.yStride + i] =
          lanes[i - col] + (o.bias ? o.bias[i] : 0.f) + (o.residual ? o.residual[(m + r) * o.residualStride + i] : 0.f);
    }
  }
}

/// Stores rows m …, columns 8·panel … 8·panel + 7.
template <size_t MR>
void store(const Output& o, size_t m, size_t panel, const Sums<MR>& sums) {
  const size_t col = panel * kPanel;
  const auto& sum = sums.at;
  if (o.n - col < kPanel) return storeEdge(o, m, MR, col, sum);
  const v128_t bias0 = o.bias ? wasm_v128_load(o.bias + col) : splat(0),
               bias1 = o.bias ? wasm_v128_load(o.bias + col + 4) : splat(0);
  float* out = o.y + m * o.yStride + col;
  const float* rest = o.residual ? o.residual + m * o.residualStride + col : nullptr;
  for (size_t r = 0; r < MR; ++r, out += o.yStride) {
    v128_t v0 = wasm_f32x4_add(sum[r][0], bias0), v1 = wasm_f32x4_add(sum[r][1], bias1);
    if (rest) {
      v0 = wasm_f32x4_add(v0, wasm_v128_load(rest));
      v1 = wasm_f32x4_add(v1, wasm_v128_load(rest + 4));
      rest += o.residualStride;
    }
    wasm_v128_store(out, v0);
    wasm_v128_store(out + 4, v1);
  }
}

}  // namespace wasmformers::kernels::simd
