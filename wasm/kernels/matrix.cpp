// Packing a checkpoint's tensor into either format, whatever it was stored in; see matrix.h.
#include "kernels/matrix.h"

#include <vector>

#include "kernels/f32.h"
#include "kernels/q8.h"

namespace wasmformers::kernels {

Matrix::Matrix() = default;
Matrix::~Matrix() = default;
Matrix::Matrix(Matrix&&) noexcept = default;
Matrix& Matrix::operator=(Matrix&&) noexcept = default;

namespace {

#ifdef __wasm__
constexpr bool kEngineMultiplies = true;  // an engine keeps its own form for products
#else
constexpr bool kEngineMultiplies = false;
#endif
bool keepsRows(Use use) { return !kEngineMultiplies || use != Use::Product; }
bool keepsProduct(Use use) { return kEngineMultiplies && use != Use::Lookup; }

// Rows [from, from+count) of W as float, [count, k]: straight from the tensor where it is f32 in W's own order,
// else converted into `scratch`.
const float* floatRows(const TensorView& t, size_t from, size_t count, size_t n, size_t k, bool transposed,
                       std::vector<float>& scratch) {
  const size_t size = dtypeBits(t.dtype) / 8;
  const auto* bytes = static_cast<const unsigned char*>(t.data);
  if (!transposed) {
    if (t.dtype == DType::F32) return static_cast<const float*>(t.data) + from * k;
    scratch.resize(count * k + 16);
    toFloat(t.dtype, bytes + from * k * size, count * k, scratch.data());
    return scratch.data();
  }
  scratch.resize(count * k + 16);
  float column[kPanel];
  for (size_t i = 0; i < k; ++i) {
    for (size_t r = 0; r < count; r += kPanel) {
      const size_t some = count - r < kPanel ? count - r : kPanel;
      toFloat(t.dtype, bytes + (i * n + from + r) * size, some, column);
      for (size_t j = 0; j < some; ++j) scratch[(r + j) * k + i] = column[j];
    }
  }
  return scratch.data();
}

}  // namespace

size_t Matrix::packedBytes(size_t n, size_t k, Format format, Use use) {
  if (format == Format::Q8) {
    const size_t np = roundUp(n, kPanel);
    return np * paddedK(k) + np * (sizeof(float) + sizeof(int32_t));
  }
  return (keepsRows(use) ? n * k * sizeof(float) : 0) + (keepsProduct(use) ? PackedProduct::bytes(n, k) : 0);
}

size_t Matrix::bytes() const {
  if (q8_) return q8_->weights.size() + q8_->scales.size() + q8_->sums.size();
  return f32_ ? f32_->rows.size() + (f32_->product.empty() ? 0 : PackedProduct::bytes(n_, k_)) : 0;
}

Result<Matrix> Matrix::pack(const TensorView& t, Format format, Use use, bool transposed) {
  if (t.shape.size() != 2) return Status(ErrorClass::Internal, "not_a_matrix", "A matrix was expected, not " + shapeText(t.shape) + ".");
  Matrix m;
  m.n_ = size_t(t.shape[transposed ? 1 : 0]);
  m.k_ = size_t(t.shape[transposed ? 0 : 1]);
  m.format_ = format;
  const size_t n = m.n_, k = m.k_;
  std::vector<float> scratch;

  if (format == Format::F32) {
    m.f32_ = std::make_unique<F32Data>();
    if (keepsRows(use)) {
      WF_ASSIGN(m.f32_->rows, allocate(n * k * sizeof(float), "a weight matrix"));
      float* dst = m.f32_->rows.as<float>();
      if (!transposed) {
        toFloat(t.dtype, t.data, n * k, dst);
      } else {
        const float* src = floatRows(t, 0, n, n, k, true, scratch);
        std::copy(src, src + n * k, dst);
      }
    }
    if (keepsProduct(use)) {
      if (!m.f32_->rows.ok() && t.dtype == DType::F32) {
        WF_TRY(m.f32_->product.pack(static_cast<const float*>(t.data), n, k, transposed));
      } else if (m.f32_->rows.ok()) {
        WF_TRY(m.f32_->product.pack(m.f32_->rows.as<float>(), n, k, false));
      } else {
        WF_TRY(m.f32_->product.pack(floatRows(t, 0, n, n, k, transposed, scratch), n, k, false));
      }
    }
    return m;
  }

  m.q8_ = std::make_unique<Q8Data>();
  const size_t np = roundUp(n, kPanel);
  WF_ASSIGN(m.q8_->weights, allocate(np * paddedK(k), "a weight matrix"));
  WF_ASSIGN(m.q8_->scales, allocate(np * sizeof(float), "a weight matrix"));
  WF_ASSIGN(m.q8_->sums, allocate(np * sizeof(int32_t), "a weight matrix"));
  for (size_t r = 0; r < n; r += kPanel) {
    const size_t count = n - r < kPanel ? n - r : kPanel;
    const float* rows = floatRows(t, r, count, n, k, transposed, scratch);
    if (!packPanel(rows, count, k, k, m.q8_->weights.as<int8_t>() + r * paddedK(k), m.q8_->scales.as<float>() + r,
                   m.q8_->sums.as<int32_t>() + r)) {
      return Status(ErrorClass::Weights, "not_finite",
                    "The tensor holds NaN or infinity near row " + std::to_string(r) + "; it cannot be packed to 8 bits.");
    }
  }
  return m;
}

}  // namespace wasmformers::kernels
