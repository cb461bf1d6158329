// The 8-bit format of weights and activations. Weights are symmetric, with one scale per row of W (per output channel).
// Activations are asymmetric, with one scale and one zero point per row, computed at run time. All products are exact
// in 32-bit integers, so every engine and variant gives the same sums.
//
// Weights are stored in panels of 8 rows of W, N and K padded with zeros, in the order in which the product reads them:
//   Fours  [N/8][K/4][8 rows][4 k]          for dot instructions on bytes
//   Pairs  [N/8][K/2][4 rows][2 k][2 rows]  for dot instructions on 16-bit words: a word holds a weight of row r in its
//                                           low byte and one of row r + 4 in its high byte. The low byte has its top
//                                           bit inverted: it is the weight + 128, unsigned. See q8_simd.cpp.
// After a panel's weights come its 8 scales (float) and the 8 sums of its rows (int32), in the same stream of memory.
#pragma once

#include "base/arena.h"
#include "kernels/formats/outliers.h"
#include "kernels/kernels.h"
#include "kernels/matrix.h"

namespace wasmformers::kernels {

inline constexpr size_t kPanel = 8;  // rows of W in a panel
inline constexpr size_t kGroup = 4;  // values of K that are side by side

inline size_t roundUp(size_t x, size_t to) { return (x + to - 1) / to * to; }
inline size_t paddedK(size_t k) { return roundUp(k, kGroup); }

enum class WeightOrder : uint8_t { Fours, Pairs };
/// The order that the fast product reads in this program.
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
  /// The sum of each row, needed for activations with a zero point.
  static const int32_t* sums(const int8_t* panel, size_t k) {
    return reinterpret_cast<const int32_t*>(scales(panel, k) + kPanel);
  }
  /// The stored value of W[n][i]. `panel` must be the one of row n.
  int8_t at(const int8_t* panel, size_t n, size_t i) const {
    const size_t r = n % kPanel;
    if (order == WeightOrder::Fours) return panel[i / 4 * 32 + r * 4 + i % 4];
    return int8_t(panel[pairAt(r, i)] ^ (r < 4 ? 0x80 : 0));
  }
  static constexpr size_t pairAt(size_t r, size_t i) { return i / 2 * 16 + r % 4 * 4 + i % 2 * 2 + r / 4; }
};

/// How the int8 product reads its activations.
enum class ActivationForm : uint8_t {
  Unsigned,  // uint8 q; the product is Σ w·q − zero·Σw
  Signed,    // int8 q − 128; the same with zero − 128
  Wide,      // int16 a = q − zero; the product is Σ w·a, and Σ a corrects the weights that are 128 too large
};

/// Activations [M, K] in 8 bits, 0…255, rounded with ties to even. K is padded; the padding meets zero weights.
struct QuantizedRows {
  ActivationForm form = ActivationForm::Unsigned;
  const void* data = nullptr;          // uint8, int8 or int16 [M, stride]
  const float* scales = nullptr;       // [M]
  const int32_t* zeros = nullptr;      // [M]: the zero point of the stored values; Wide: the sum of the row instead
  size_t rows = 0, stride = 0;         // stride: elements from row to row
  const Outliers* outliers = nullptr;  // [M]: values that are zeros in data; their products are added in f32

  /// Rows [from, from + count).
  QuantizedRows part(size_t from, size_t count) const {
    const size_t bytes = form == ActivationForm::Wide ? 2 : 1;
    return {form,
            static_cast<const uint8_t*>(data) + from * stride * bytes,
            scales + from,
            zeros + from,
            count,
            stride,
            outliers ? outliers + from : nullptr};
  }
};

/// The scale and zero point of values in [low, high]. The interval is widened to include 0, which is exact. The scale
/// is NaN where 8 bits cannot represent the values: infinity, NaN, or high − low beyond a float.
struct QuantizationParams {
  float scale, inverse;
  int32_t zero;
};
QuantizationParams quantizationParams(float low, float high);

/// Quantizes x with plain loops, into the arena, without the outliers of its rows. Null when memory ran out.
QuantizedRows* quantizeRowsPlain(Arena&, const Rows& x, ActivationForm form);
/// A row x [k] with zeros in place of its outliers: x itself, or a copy in scratch [k].
const float* withoutOutliers(const float* x, size_t k, const Outliers&, float* scratch);

/// Packs `rows` rows of W, up to 8, of k floats each and `stride` floats apart, into a panel. False where a value is
/// not finite.
bool packPanel(const float* w, size_t rows, size_t stride, size_t k, WeightOrder order, int8_t* panel);

/// Writes row `n` to y [k] as f32.
void unpackRow(const Matrix::Q8Data&, size_t n, size_t k, float* y);

}  // namespace wasmformers::kernels
