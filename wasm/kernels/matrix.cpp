// See matrix.h: packing a checkpoint's tensor of any dtype into any format.
#include "kernels/matrix.h"

#include <algorithm>
#include <vector>

#include "kernels/formats/f16.h"
#include "kernels/formats/f32.h"
#include "kernels/formats/q4.h"
#include "kernels/formats/q8.h"

namespace wasmformers::kernels {

Matrix::Matrix() = default;
Matrix::~Matrix() = default;
Matrix::Matrix(Matrix&&) noexcept = default;
Matrix& Matrix::operator=(Matrix&&) noexcept = default;

namespace {

#ifdef __wasm__
constexpr bool kPanels = true;  // the fast f32 product reads panels, the plain one rows
#else
constexpr bool kPanels = false;
#endif
bool inPanels(Use use) { return kPanels && use != Use::Lookup; }

// Rows [from, from + count) of W as f32 [count, k]: the tensor itself where it is f32 and not transposed, else
// converted into `scratch`.
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
  if (format == Format::Q8) return roundUp(n, kPanel) / kPanel * Q8Data::panelBytes(k);
  if (format == Format::Q4) return roundUp(n, kPanel) / kPanel * Q4Data::panelBytes(k);
  if (format == Format::F16) return roundUp(n, kPanel) * (k * sizeof(uint16_t) + sizeof(float));
  return (inPanels(use) ? roundUp(n, kPanel) : n) * k * sizeof(float);
}

size_t Matrix::bytes() const {
  if (q8_) return q8_->panels.size();
  if (f16_) return f16_->panels.size() + f16_->factors.size();
  if (q4_) return q4_->panels.size();
  return f32_ ? f32_->rows.size() + f32_->panels.size() : 0;
}

void Matrix::copyRow(size_t row, float* y) const {
  switch (format_) {
    case Format::F32: return unpackRow(*f32_, row, k_, y);
    case Format::F16: return unpackRow(*f16_, row, k_, y);
    case Format::Q8: return unpackRow(*q8_, row, k_, y);
    case Format::Q4: return unpackRow(*q4_, row, k_, y);
  }
}

Result<Matrix> Matrix::make(size_t n, size_t k, Format format, Use use) {
  Matrix m;
  m.n_ = n;
  m.k_ = k;
  m.format_ = format;
  m.use_ = use;
  if (format == Format::F32) {
    m.f32_ = std::make_unique<F32Data>();
    Buffer& into = inPanels(use) ? m.f32_->panels : m.f32_->rows;
    WF_ASSIGN(into, allocate(packedBytes(n, k, format, use), "a weight matrix"));
    return m;
  }
  const size_t np = roundUp(n, kPanel);
  if (format == Format::F16) {
    m.f16_ = std::make_unique<F16Data>();
    WF_ASSIGN(m.f16_->panels, allocate(np * k * sizeof(uint16_t), "a weight matrix"));
    WF_ASSIGN(m.f16_->factors, allocate(np * sizeof(float), "a weight matrix"));
    return m;
  }
  if (format == Format::Q4) {
    m.q4_ = std::make_unique<Q4Data>();
    WF_ASSIGN(m.q4_->panels, allocate(packedBytes(n, k, format), "a weight matrix"));
    return m;
  }
  m.q8_ = std::make_unique<Q8Data>();
  WF_ASSIGN(m.q8_->panels, allocate(packedBytes(n, k, format), "a weight matrix"));
  return m;
}

// Packs `count` rows of W from row `at` on, at most those of one panel.
Status Matrix::packPanelRows(const float* rows, size_t at, size_t count) {
  const bool panels = inPanels(use_);
  if (f32_) {
    if (panels)
      packPanelF32(rows, count, k_, f32_->panels.as<float>() + at * k_);
    else
      std::copy(rows, rows + count * k_, f32_->rows.as<float>() + at * k_);
    return {};
  }
  bool packed = false;
  if (f16_)
    packed = packPanelF16(rows, count, k_, f16_->panels.as<uint16_t>() + at * k_, f16_->factors.as<float>() + at);
  if (q8_) packed = packPanel(rows, count, k_, k_, q8_->order, q8_->panel(at / kPanel, k_));
  if (q4_) packed = packPanelQ4(rows, count, k_, q4_->panel(at / kPanel, k_));
  if (packed) return {};
  return Status(ErrorClass::Weights, "not_finite",
                "The tensor holds NaN or infinity near row " + std::to_string(at) + "; it cannot be packed to " +
                    (f16_  ? "16"
                     : q8_ ? "8"
                           : "4") +
                    " bits.");
}

Status Matrix::packRows(const TensorView& rows, size_t from) {
  static_assert(kRowsAtOnce == kPanel);
  const size_t count = rows.shape.size() == 2 ? size_t(rows.shape[0]) : 0;
  if (rows.shape.size() != 2 || size_t(rows.shape[1]) != k_ || from % kPanel || from + count > n_) {
    return Status(ErrorClass::Internal, "not_its_rows",
                  "Rows " + shapeText(rows.shape) + " do not fit at row " + std::to_string(from) + ".");
  }
  std::vector<float> scratch;
  for (size_t r = 0; r < count; r += kPanel) {
    const size_t some = std::min(kPanel, count - r);
    WF_TRY(packPanelRows(floatRows(rows, r, some, count, k_, false, scratch), from + r, some));
  }
  return {};
}

Result<Matrix> Matrix::pack(const TensorView& weight, Format format, Use use, bool transposed) {
  if (weight.shape.size() != 2)
    return Status(ErrorClass::Internal, "not_a_matrix", "A matrix was expected, not " + shapeText(weight.shape) + ".");
  const size_t n = size_t(weight.shape[transposed ? 1 : 0]), k = size_t(weight.shape[transposed ? 0 : 1]);
  WF_ASSIGN(Matrix m, make(n, k, format, use));
  if (!transposed) {
    WF_TRY(m.packRows(weight, 0));
    return m;
  }
  std::vector<float> scratch;
  for (size_t r = 0; r < n; r += kPanel) {
    const size_t count = std::min(kPanel, n - r);
    WF_TRY(m.packPanelRows(floatRows(weight, r, count, n, k, true, scratch), r, count));
  }
  return m;
}

}  // namespace wasmformers::kernels
