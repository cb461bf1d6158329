// A weight matrix [N, K] (Linear.weight, an embedding table), packed for products and look-ups: f32 (formats/f32.h),
// f16 (f16.h), 8 bits per weight with a scale per row (q8.h), or 4 bits with a scale and a zero point per 32 weights
// (q4.h). It is packed once, while the checkpoint streams in; the source bytes are not needed afterwards. One packed
// form serves the product, the look-up and a tied output layer.
#pragma once

#include <memory>

#include "base/buffer.h"
#include "tensor/tensor.h"

namespace wasmformers::kernels {

enum class Format : uint8_t { F32, F16, Q8, Q4 };

/// What an f32 matrix is used for: rows for look-ups alone, panels for products, and for both. The other formats have
/// one form for all uses.
enum class Use : uint8_t { Product, Lookup, Both };

struct QuantizedRows;    // activations in 8 bits, with a scale and a zero point per row; defined in q8.h
struct QuantizedBlocks;  // activations in 8 bits, with a scale per 32 values of a row; defined in q4.h

class Matrix {
 public:
  Matrix();
  ~Matrix();
  Matrix(Matrix&&) noexcept;
  Matrix& operator=(Matrix&&) noexcept;

  /// Bytes that a matrix of this size takes when it is packed.
  static size_t packedBytes(size_t n, size_t k, Format format, Use use = Use::Product);

  /// An empty matrix of this size, for packRows(). MemoryError.
  static Result<Matrix> make(size_t n, size_t k, Format format, Use use = Use::Product);
  /// packRows() takes rows in multiples of this, except for the last rows of the matrix.
  static constexpr size_t kRowsAtOnce = 8;
  /// Packs rows [from, from + rows.shape[0]) from a view [rows, K] of F32, F16 or BF16. WeightsError "not_finite" where
  /// the packed form is not f32 and a row holds NaN, infinity or, for q4, a magnitude above 1e24.
  Status packRows(const TensorView& rows, size_t from);

  /// Packs a whole tensor [N, K] of F32, F16 or BF16, or [K, N] if `transposed` (GPT-2's Conv1D). MemoryError;
  /// WeightsError "not_finite" as packRows().
  static Result<Matrix> pack(const TensorView& weight, Format format, Use use = Use::Product, bool transposed = false);

  bool empty() const { return n_ == 0; }
  size_t n() const { return n_; }
  size_t k() const { return k_; }
  Format format() const { return format_; }
  size_t bytes() const;  // of memory in use
  /// Writes row `row` to y [K] as f32.
  void copyRow(size_t row, float* y) const;

  // For kernels only: the data of each format; null for the other formats.
  struct F32Data;
  struct F16Data;
  struct Q8Data;
  struct Q4Data;
  const F32Data* f32() const { return f32_.get(); }
  const F16Data* f16() const { return f16_.get(); }
  const Q8Data* q8() const { return q8_.get(); }
  const Q4Data* q4() const { return q4_.get(); }

 private:
  Status packPanelRows(const float* rows, size_t at, size_t count);

  size_t n_ = 0, k_ = 0;
  Format format_ = Format::F32;
  Use use_ = Use::Product;
  std::unique_ptr<F32Data> f32_;
  std::unique_ptr<F16Data> f16_;
  std::unique_ptr<Q8Data> q8_;
  std::unique_ptr<Q4Data> q4_;
};

}  // namespace wasmformers::kernels
