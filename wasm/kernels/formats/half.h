// IEEE 754 binary16, the 2-byte storage of caches and weights. Finite both ways: what is beyond ±65504 (or NaN) becomes
// the nearest that there is, so that readers need no case for it.
#pragma once

#include <bit>
#include <cstdint>

namespace wasmformers::kernels {

/// Nearest half, ties to even. Without a branch, so that loops become vectors.
inline uint16_t toHalf(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x), sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
  const uint32_t normal = ((rest + 0xfff + (rest >> 13 & 1)) - 0x38000000) >> 13;
  // Counted in units of 2^-24, which adding 0.5 (whose last bit is 2^-24) rounds to.
  const uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(rest) + 0.5f) - 0x3f000000;
  const uint32_t finite = rest >= 0x38800000 ? normal : subnormal;
  return uint16_t(sign | (rest >= 0x477fe000 ? 0x7bff : finite));  // 65504
}

/// Of finite halves only.
inline float fromHalf(uint16_t h) {
  const float magnitude =
      std::bit_cast<float>(uint32_t(h & 0x7fff) << 13) * 0x1p112f;  // the exponents differ by 127 − 15
  return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | uint32_t(h & 0x8000) << 16);
}

}  // namespace wasmformers::kernels
