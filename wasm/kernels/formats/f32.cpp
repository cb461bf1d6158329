// See f32.h: packing.
#include "kernels/formats/f32.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

namespace wasmformers::kernels {

void packPanelF32(const float* w, size_t rows, size_t k, float* panel) {
  size_t i = 0;
#ifdef __wasm_simd128__
  for (; rows == kPanel && i + 4 <= k; i += 4) {  // 8 × 4 at a time
    for (size_t half = 0; half < kPanel; half += 4) {
      const float* src = w + half * k + i;
      const v128_t a = wasm_v128_load(src), b = wasm_v128_load(src + k), c = wasm_v128_load(src + 2 * k),
                   d = wasm_v128_load(src + 3 * k);
      const v128_t ab0 = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), ab1 = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
      const v128_t cd0 = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), cd1 = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
      float* dst = panel + i * kPanel + half;
      wasm_v128_store(dst, wasm_i64x2_shuffle(ab0, cd0, 0, 2));
      wasm_v128_store(dst + kPanel, wasm_i64x2_shuffle(ab0, cd0, 1, 3));
      wasm_v128_store(dst + 2 * kPanel, wasm_i64x2_shuffle(ab1, cd1, 0, 2));
      wasm_v128_store(dst + 3 * kPanel, wasm_i64x2_shuffle(ab1, cd1, 1, 3));
    }
  }
#endif
  for (; i < k; ++i) {
    for (size_t r = 0; r < kPanel; ++r) panel[i * kPanel + r] = r < rows ? w[r * k + i] : 0.f;
  }
}

}  // namespace wasmformers::kernels
