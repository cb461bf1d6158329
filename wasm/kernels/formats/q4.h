// The block-4-bit format: 32 neighbouring weights of a row share a scale and a zero point, 4.5 bits per weight in all.
// A weight is s·(q − z/8) with q in 0…15 and z in 0…127. So a block whose weights are mostly of one sign uses all
// values of q, and weights that lay on a grid of 4 bits before (GGUF's Q4_1, GPTQ) stay close to it. Scale and z are
// searched for the least squared error of the block, as llama.cpp's quantize functions do. The 9-bit scale with a 7-bit
// zero point is our own: it has 21 % less squared error on normal weights than a 16-bit scale with a fixed zero. Blocks
// more than 2^13 times smaller than the largest of their row lose precision. Activations have 8 bits and one scale per
// 32 values of a row, computed at run time, so an outlier affects its block only. Sums within a block are exact
// integers.
//
// Blocks of 8 rows of W × 32 values of K are stored panel by panel, [N/8][K/32], N and K padded with zeros:
//   128 bytes: [4 j][8 rows][4 t]; the low nibble is value 4j + t of K, the high one value 16 + 4j + t;
//    16 bytes: [8 rows] codes of 16 bits: exponent (4), mantissa (5), z (7). All 16 bits are read as the scale, z as
//    its
//              last bits, so that a product need not separate them;
// and after a panel's blocks 8 factors (float): w = factor · 2^64 · codeScale · (8q − z).
#pragma once

#include <bit>
#include <limits>

#include "base/arena.h"
#include "kernels/formats/q8.h"
#include "kernels/kernels.h"
#include "kernels/matrix.h"

namespace wasmformers::kernels {

inline constexpr size_t kBlock = 32;                                     // values of K that share a scale
inline constexpr size_t kBlockBytes = kPanel * kBlock / 2 + 2 * kPanel;  // of a block of 8 rows

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

/// The scale of a code, from 2^-126 to 2^-111: its bits, shifted to those of a float. The activations' scales are 2^64
/// larger, so that no product is subnormal.
inline float codeScale(uint16_t code) { return std::bit_cast<float>(uint32_t(code) << 11); }
inline int32_t codeZero(uint16_t code) { return code & 127; }
inline constexpr float kActivationShift = 0x1p64f;

/// Activations [M, K'] in 8 bits, −127…127, with one scale per 32 values of a row; K' is K padded with zeros to 32.
struct QuantizedBlocks {
  bool wide = false;
  const void* data = nullptr;     // int8 [M, K'], or wide: int16 [M, K']
  const float* scales = nullptr;  // [M, K'/32], times kActivationShift; wide: times kActivationShift / 32
  const int32_t* sums = nullptr;  // [M, K'/32]: −Σ of each block
  size_t rows = 0, blocks = 0;

  size_t stride() const { return blocks * kBlock; }
  /// Rows [from, from + count).
  QuantizedBlocks part(size_t from, size_t count) const {
    const size_t at = from * blocks;
    return {wide,  static_cast<const uint8_t*>(data) + at * kBlock * (wide ? 2 : 1), scales + at, sums + at, count,
            blocks};
  }
};
// The wide form is for the product with 16-bit dot instructions. One operation turns 4 bytes of weights into a pair of
// 16-bit words: masks give the low nibbles of even bytes, their high nibbles (16 times the value) and the low nibbles
// of odd bytes (256 times the value); a shift gives the high nibbles of odd bytes. So the activations of each j are
// stored in the order 4j + 0, 2 | 16 + 4j + 0, 2 | 4j + 1, 3 | 16 + 4j + 1, 3, multiplied by 256, 16, 1 and 256.

/// The scale of 32 activations, from the largest of their magnitudes. It is 0 where that is 0 or below 1e-30, and NaN
/// where 8 bits cannot represent it: infinity, NaN, or from 1e20 on. The row's products are NaN then.
struct BlockScale {
  float stored, inverse;
};
inline BlockScale blockScale(float biggest) {
  if (!(biggest < 1e20f)) return {std::numeric_limits<float>::quiet_NaN(), 0};
  if (!(biggest > 1e-30f)) return {0, 0};
  return {biggest * (kActivationShift / 127.f), 127.f / biggest};
}

/// Quantizes x to int8 with plain loops, into the arena. Null when memory ran out.
QuantizedBlocks* quantizeBlocksPlain(Arena&, const Rows& x);

/// Packs `rows` rows of W, up to 8, of k floats each, into a panel. False where a value is NaN, infinite or above 1e24
/// in magnitude.
bool packPanelQ4(const float* w, size_t rows, size_t k, uint8_t* panel);

/// Writes row `n` to y [k] as f32.
void unpackRow(const Matrix::Q4Data&, size_t n, size_t k, float* y);

}  // namespace wasmformers::kernels
