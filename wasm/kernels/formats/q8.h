// The 8-bit format: what a packed weight matrix and a quantized activation look like. Weights are symmetric with one
// scale per row of W (per output channel); activations are asymmetric, one scale and zero point per row, made at run
// time. All products are exact in 32-bit integers, so every engine and variant gives the same sums.
//
// Weights lie in panels of 8 rows of W, with N and K padded by zeros, in the order in which the product reads them:
//   Fours  [N/8][K/4][8 rows][4 k]           the dot product of bytes
//   Pairs  [N/8][K/2][4 rows][2 k][2 rows]   the one of 16-bit words: rows r and r + 4 share a word, r + 4 above, and r
//                                            with its top bit turned (that is, 128 more, without a sign). See
//                                            q8_simd.cpp.
// Behind them lie the panel's 8 scales (float) and 8 sums of rows (int32), so that they come with the same stream.
#pragma once

#include "base/arena.h"
#include "kernels/kernels.h"
#include "kernels/matrix.h"

namespace wasmformers::kernels {

inline constexpr size_t kPanel = 8;  // rows of W in a panel
inline constexpr size_t kGroup = 4;  // values of K side by side

inline size_t roundUp(size_t x, size_t to) { return (x + to - 1) / to * to; }
inline size_t paddedK(size_t k) { return roundUp(k, kGroup); }

enum class WeightOrder : uint8_t { Fours, Pairs };
/// What the fast product of this engine reads.
WeightOrder productOrder();

struct Matrix::Q8Data {
  WeightOrder order = productOrder();
  Buffer panels;

  static size_t panelBytes(size_t k) { return kPanel * (paddedK(k) + sizeof(float) + sizeof(int32_t)); }
  int8_t* panel(size_t index, size_t k) { return panels.as<int8_t>() + index * panelBytes(k); }
  const int8_t* panel(size_t index, size_t k) const { return panels.as<int8_t>() + index * panelBytes(k); }
  static const float* scales(const int8_t* panel, size_t k) {
    return reinterpret_cast<const float*>(panel + kPanel * paddedK(k));
  }
  /// Σ of each row, for activations with a zero point.
  static const int32_t* sums(const int8_t* panel, size_t k) {
    return reinterpret_cast<const int32_t*>(scales(panel, k) + kPanel);
  }
  /// What W[n][i] is kept as; `panel` is the one with row n.
  int8_t at(const int8_t* panel, size_t n, size_t i) const {
    const size_t r = n % kPanel;
    if (order == WeightOrder::Fours) return panel[i / 4 * 32 + r * 4 + i % 4];
    return int8_t(panel[pairAt(r, i)] ^ (r < 4 ? 0x80 : 0));
  }
  static constexpr size_t pairAt(size_t r, size_t i) { return i / 2 * 16 + r % 4 * 4 + i % 2 * 2 + r / 4; }
};

/// How the int8 product wants its activations stored.
enum class ActivationForm : uint8_t {
  Unsigned,  // uint8 q,          Σ w·q − zero·Σw
  Signed,    // int8 q − 128,     the same with zero − 128
  Wide,      // int16 q − zero,   Σ w·a; Σ a besides, for the weights that lie 128 too high
};

/// M rows in 8 bits (0..255, ties to even), padded to paddedK with values that meet zero weights.
struct QuantizedRows {
  ActivationForm form = ActivationForm::Unsigned;
  const void* data = nullptr;      // uint8, int8 or int16 [M, stride]
  const float* scales = nullptr;   // [M]
  const int32_t* zeros = nullptr;  // [M], in terms of what is stored; Wide: Σ of the row instead
  size_t rows = 0, stride = 0;     // elements

  /// Rows [from, from + count).
  QuantizedRows part(size_t from, size_t count) const {
    const size_t bytes = form == ActivationForm::Wide ? 2 : 1;
    return {form,  static_cast<const uint8_t*>(data) + from * stride * bytes, scales + from, zeros + from, count,
            stride};
  }
};

/// The scale and zero point of values within [low, high]; the interval is widened to hold 0, which stays exact.
struct QuantizationParams {
  float scale, inverse;
  int32_t zero;
};
QuantizationParams quantizationParams(float low, float high);

/// Quantizes x once, into the arena; plain loops. nullptr when memory ran out.
QuantizedRows* quantizeRowsPlain(Arena&, const Rows& x, ActivationForm form);

/// Packs up to 8 rows of W (`rows` floats each k, `stride` apart) into one panel. False where a value is not finite.
bool packPanel(const float* w, size_t rows, size_t stride, size_t k, WeightOrder order, int8_t* panel);

/// Row `n` of a packed matrix as float.
void unpackRow(const Matrix::Q8Data&, size_t n, size_t k, float* y);

}  // namespace wasmformers::kernels
