// The block-4-bit format: 32 neighbours of a row share a scale and a zero point, 4.5 bits a weight in all. Weights are
// s·(q − z/2) with q in 0…15 and z in 0…31, so that zero is exact where z is even and a block that leans to one side
// loses no values; scale and z are searched for the least squared error of the block (the idea of llama.cpp's
// quantize functions; the 11-bit scale with a 5-bit zero point is our own: 18 % less squared error on normal weights
// than a 16-bit scale with a fixed zero). Activations get 8 bits and one scale per 32 of a row, at run time: an outlier
// spoils its neighbours only. Sums within a block are exact integers.
//
// Blocks of 8 rows of W × 32 values of K lie panel by panel, [N/8][K/32], N and K padded by zeros:
//   128 bytes: [4 j][8 rows][4 t], the low nibble value 4j + t of K, the high one value 16 + 4j + t;
//    16 bytes: [8 rows] codes of 16 bits: exponent (5), mantissa (6), z (5), which goes on as mantissa: the scale is
//    the number that all 16 bits make, so that a product need not part them;
// and behind a panel's blocks 8 factors (float): w = factor · 2^64 · codeScale · (2q − z).
#pragma once

#include <bit>

#include "base/arena.h"
#include "kernels/formats/q8.h"
#include "kernels/kernels.h"
#include "kernels/matrix.h"

namespace wasmformers::kernels {

inline constexpr size_t kBlock = 32;                                     // values of K that share a scale
inline constexpr size_t kBlockBytes = kPanel * kBlock / 2 + 2 * kPanel;  // of 8 rows

inline size_t blocksOf(size_t k) { return (k + kBlock - 1) / kBlock; }

struct Matrix::Q4Data {
  Buffer panels;

  static size_t panelBytes(size_t k) { return blocksOf(k) * kBlockBytes + kPanel * sizeof(float); }
  uint8_t* panel(size_t index, size_t k) { return panels.as<uint8_t>() + index * panelBytes(k); }
  const uint8_t* panel(size_t index, size_t k) const { return panels.as<uint8_t>() + index * panelBytes(k); }
  static const float* factors(const uint8_t* panel, size_t k) {
    return reinterpret_cast<const float*>(panel + blocksOf(k) * kBlockBytes);
  }
};

/// The scale of a code, from 2^-126 to 2^-95: its bits, moved to those of a float. The 2^64 that it lacks to stay clear
/// of subnormal products is in the scales of the activations.
inline float codeScale(uint16_t code) { return std::bit_cast<float>(uint32_t(code) << 12); }
inline int32_t codeZero(uint16_t code) { return code & 31; }
inline constexpr float kActivationShift = 0x1p64f;

/// M rows in 8 bits, −127…127, with one scale per 32 of a row; K padded by zeros.
struct QuantizedBlocks {
  bool wide = false;
  const void* data = nullptr;     // int8 [M, K'], or wide: int16 [M, K']
  const float* scales = nullptr;  // [M, K'/32], times kActivationShift; wide: 1/128 of that
  const int32_t* sums = nullptr;  // [M, K'/32]: −Σ of a block
  size_t rows = 0, blocks = 0;

  size_t stride() const { return blocks * kBlock; }
  /// Rows [from, from + count).
  QuantizedBlocks part(size_t from, size_t count) const {
    const size_t at = from * blocks;
    return {wide,  static_cast<const uint8_t*>(data) + at * kBlock * (wide ? 2 : 1), scales + at, sums + at, count,
            blocks};
  }
};
// The wide form serves the product by 16-bit dots. There 4 bytes of weights become pairs of 16 bits by one operation
// each: masks leave the low nibbles of even bytes, their high nibbles (16 times the value) and the low nibbles of odd
// bytes (256 times), a shift the high ones of the odd bytes. So the values of K lie in that order, for each j (4j + 0,
// 2 | 16 + 4j + 0, 2 | 4j + 1, 3 | 16 + 4j + 1, 3), multiplied by 256, 16, 1 and 256.

/// The scale of 32 activations, by the largest of their magnitudes. Zeros, and what is not finite or beyond 1e20, give
/// 0.
struct BlockScale {
  float stored, inverse;
};
inline BlockScale blockScale(float biggest) {
  if (!(biggest > 1e-30f && biggest < 1e20f)) return {0, 0};
  return {biggest * (kActivationShift / 127.f), 127.f / biggest};
}

/// Quantizes x once, into the arena; plain loops, int8. nullptr when memory ran out.
QuantizedBlocks* quantizeBlocksPlain(Arena&, const Rows& x);

/// Packs up to 8 rows of W (each k floats, one after the other) into a panel. False where a value is NaN,
/// infinite or beyond 1e28.
bool packPanelQ4(const float* w, size_t rows, size_t k, uint8_t* panel);

/// Row `n` of a packed matrix as float.
void unpackRow(const Matrix::Q4Data&, size_t n, size_t k, float* y);

}  // namespace wasmformers::kernels
