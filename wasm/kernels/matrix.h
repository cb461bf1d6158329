// A weight matrix [N, K] (Linear.weight, an embedding table) in the form that products and look-ups read: f32 as it
// was, halves (f16.h), 8 bits per weight with one scale per row, or 4 bits with a scale and a zero point per 32 (q4.h).
// Packed once while the checkpoint streams in; the source bytes can go right after. One packed form serves the product,
// the look-up and a tied output layer.
#pragma once

#include <memory>

#include "base/buffer.h"
#include "tensor/tensor.h"

namespace wasmformers::kernels {

enum class Format : uint8_t { F32, F16, Q8, Q4 };

/// What an f32 matrix is for: look-ups alone read plain rows, products (and look-ups besides them) panels. The other
/// formats serve both from one form.
enum class Use : uint8_t { Product, Lookup, Both };

struct QuantizedRows;    // activations in 8 bits, scale and zero point per row; defined by q8.h
struct QuantizedBlocks;  // the same with a scale per 32 of a row; q4.h

class Matrix {
 public:
  Matrix();
  ~Matrix();
  Matrix(Matrix&&) noexcept;
  Matrix& operator=(Matrix&&) noexcept;

  /// What the packed form takes, before there is anything to pack.
  static size_t packedBytes(size_t n, size_t k, Format format, Use use = Use::Product);

  /// An empty matrix of this size, for packRows. Errors: MemoryError.
  static Result<Matrix> make(size_t n, size_t k, Format format, Use use = Use::Product);
  /// Rows come in any number but the last ones, which need not, in multiples of this.
  static constexpr size_t kRowsAtOnce = 8;
  /// Packs rows [from, from + rows.shape[0]) from a view [rows, K] of F32, F16 or BF16. Errors: WeightsError
  /// "not_finite" where a row that is not f32 holds NaN, infinity or, for q4, a number beyond 1e28.
  Status packRows(const TensorView& rows, size_t from);

  /// Packs a whole [N, K] tensor of F32, F16 or BF16, or [K, N] if `transposed` (GPT-2's Conv1D). Errors:
  /// MemoryError; WeightsError "not_finite" as packRows.
  static Result<Matrix> pack(const TensorView& weight, Format format, Use use = Use::Product, bool transposed = false);

  bool empty() const { return n_ == 0; }
  size_t n() const { return n_; }
  size_t k() const { return k_; }
  Format format() const { return format_; }
  size_t bytes() const;  // what it holds now
  /// Row `row` as float [K].
  void copyRow(size_t row, float* y) const;

  // For kernels only: what each format keeps.
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
