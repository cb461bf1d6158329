// The f32 format: plain rows for look-ups and the plain product; for the fast product whatever form its engine keeps.
#pragma once

#include "kernels/kernels.h"
#include "kernels/matrix.h"

namespace wasmformers::kernels {

/// The product's own packed form; the engine behind it is one file (xnnpack.cpp in Wasm, none natively).
class PackedProduct {
 public:
  PackedProduct() = default;
  ~PackedProduct();
  PackedProduct(const PackedProduct&) = delete;
  PackedProduct& operator=(const PackedProduct&) = delete;

  /// Bytes that packing [n, k] takes.
  static size_t bytes(size_t n, size_t k);
  /// `w` is [n, k], or [k, n] if transposed; it is not needed afterwards.
  Status pack(const float* w, size_t n, size_t k, bool transposed);
  /// y[m, n] = x·Wᵀ, rows of x `xStride`, of y `yStride` floats apart.
  void multiply(const float* x, size_t m, size_t k, size_t n, size_t xStride, float* y, size_t yStride) const;
  bool empty() const { return !engine_; }

 private:
  void* engine_ = nullptr;
};

struct Matrix::F32Data {
  Buffer rows;  // float [N, K]; empty where only products are asked for and an engine packs them
  PackedProduct product;
};

}  // namespace wasmformers::kernels
