// The 8-bit format: what a packed weight matrix and a quantized activation look like. Weights are symmetric with one
// scale per row of W (per output channel); activations are asymmetric, one scale and zero point per row, made at run
// time. All products are exact in 32-bit integers, so every engine and variant gives the same sums.
//
// Weights lie in panels of 8 rows of W, 4 values of K together, as a dot product of bytes reads them:
//   [N/8][K/4][8 rows][4 k]   with N and K padded by zeros.
#pragma once

#include "base/arena.h"
#include "kernels/kernels.h"
#include "kernels/matrix.h"

namespace wasmformers::kernels {

inline constexpr size_t kPanel = 8;  // rows of W in a panel
inline constexpr size_t kGroup = 4;  // values of K side by side

inline size_t roundUp(size_t x, size_t to) { return (x + to - 1) / to * to; }
inline size_t paddedK(size_t k) { return roundUp(k, kGroup); }

struct Matrix::Q8Data {
  Buffer weights;  // int8 panels
  Buffer scales;   // float [N padded]
  Buffer sums;     // int32 [N padded]: Σ of a row, for activations with a zero point

  const int8_t* panel(size_t index, size_t k) const {
    return weights.as<int8_t>() + index * kPanel * paddedK(k);
  }
};

/// How the int8 product wants its activations stored.
enum class ActivationForm : uint8_t {
  Unsigned,  // uint8 q,          Σ w·q − zero·Σw
  Signed,    // int8 q − 128,     the same with zero − 128
  Wide,      // int16 q − zero,   nothing to correct
};

/// M rows in 8 bits (0..255, ties to even), padded to paddedK with values that meet zero weights.
struct QuantizedRows {
  ActivationForm form = ActivationForm::Unsigned;
  const void* data = nullptr;   // uint8, int8 or int16 [M, stride]
  const float* scales = nullptr;       // [M]
  const int32_t* zeros = nullptr;      // [M], in terms of what is stored
  size_t rows = 0, stride = 0;         // elements

  /// Rows [from, from + count).
  QuantizedRows part(size_t from, size_t count) const {
    const size_t bytes = form == ActivationForm::Wide ? 2 : 1;
    return {form, static_cast<const uint8_t*>(data) + from * stride * bytes, scales + from, zeros + from, count, stride};
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

/// Packs up to 8 rows of W (`rows` floats each k, `stride` apart) into one panel with its scales and sums. False
/// where a value is not finite.
bool packPanel(const float* w, size_t rows, size_t stride, size_t k, int8_t* panel, float* scales, int32_t* sums);

/// Row `n` of a packed matrix as float.
void unpackRow(const Matrix::Q8Data&, size_t n, size_t k, float* y);

}  // namespace wasmformers::kernels
