// IEEE 754 binary16, for caches and weights. Only finite halves are written: values beyond ±65504, and NaN, become
// ±65504, so that readers need not handle others.
#pragma once

#include <bit>
#include <cstdint>

namespace wasmformers::kernels {

/// The nearest half, ties to even. There is no branch, so that loops are vectorized.
inline uint16_t toHalf(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x), sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
  const uint32_t normal = ((rest + 0xfff + (rest >> 13 & 1)) - 0x38000000) >> 13;
  // In units of 2^-24: adding 0.5, whose last bit is 2^-24, rounds to them.
  const uint32_t subnormal = std::bit_cast<uint32_t>(std::bit_cast<float>(rest) + 0.5f) - 0x3f000000;
  const uint32_t finite = rest >= 0x38800000 ? normal : subnormal;
  return uint16_t(sign | (rest >= 0x477fe000 ? 0x7bff : finite));  // 65504
}

/// The float of a finite half.
inline float fromHalf(uint16_t h) {
  // The biases of the exponents differ by 127 − 15.
  const float magnitude = std::bit_cast<float>(uint32_t(h & 0x7fff) << 13) * 0x1p112f;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(magnitude) | uint32_t(h & 0x8000) << 16);
}

}  // namespace wasmformers::kernels
