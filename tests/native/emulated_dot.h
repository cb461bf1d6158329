// The 8-bit dot product of relaxed SIMD as each class of processor computes it, in instructions that all have: the
// kernels are compiled against it once more (tests/CMakeLists.txt), so that every form is tested on every machine. The
// environment variable TEST_DOT says which:
//   unsigned     bytes of the second operand are unsigned (x86 with VNNI)
//   signed       they are signed (Arm with the dot product extension, x86 with VNNI-INT8)
//   saturating   unsigned, and sums of two products saturate at 16 bits (other x86)
#pragma once

#include <wasm_simd128.h>

#include <cstdlib>
#include <string_view>

namespace wasmformers::emulated {

enum class Dot { Unsigned, Signed, Saturating };

inline const Dot kDot = [] {
  const char* name = std::getenv("TEST_DOT");
  const std::string_view asked = name ? name : "";
  if (asked == "unsigned") return Dot::Unsigned;
  if (asked == "signed") return Dot::Signed;
  if (asked == "saturating") return Dot::Saturating;
  std::abort();
}();

inline v128_t relaxedDot(v128_t a, v128_t b, v128_t sums) {
  const bool extended = kDot == Dot::Signed;
  const v128_t low = extended ? wasm_i16x8_extend_low_i8x16(b) : wasm_u16x8_extend_low_u8x16(b);
  const v128_t high = extended ? wasm_i16x8_extend_high_i8x16(b) : wasm_u16x8_extend_high_u8x16(b);
  const v128_t lowPairs = wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(a), low);
  const v128_t highPairs = wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(a), high);
  if (kDot == Dot::Saturating) {
    const v128_t pairs = wasm_i16x8_narrow_i32x4(lowPairs, highPairs);
    return wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(pairs));
  }
  const v128_t even = wasm_i32x4_shuffle(lowPairs, highPairs, 0, 2, 4, 6);
  const v128_t odd = wasm_i32x4_shuffle(lowPairs, highPairs, 1, 3, 5, 7);
  return wasm_i32x4_add(sums, wasm_i32x4_add(even, odd));
}

}  // namespace wasmformers::emulated

#define wasm_i32x4_relaxed_dot_i8x16_i7x16_add wasmformers::emulated::relaxedDot
