// The table of the SIMD kernels, and its linear(), which quantizes x, cuts a product into blocks and applies epilogues.
#include <algorithm>
#include <cstring>

#include "kernels/plain/reference.h"
#include "kernels/simd/simd.h"
#include "kernels/simd/simd_math.h"

namespace wasmformers::kernels::simd {

namespace {

// The size of a block of a product, in rows and panels of 8 columns. The activation is applied while the block is in
// the first-level cache. A few rows fit there completely; their weights are read in streams that no block cuts
// (tiles.h).
constexpr size_t kRowBlock = 128, kPanelBlock = 8, kFewRows = 4;

// x, in the form that the product with a matrix reads.
template <bool Streams>
struct Operand {
  const Rows& x;

  void multiply(Arena& arena, size_t from, size_t count, const Matrix& w, Columns columns, const Epilogue& e, float* y,
                size_t yStride) const {
    const Output out{w.n(), e.bias, e.residual, e.residualStride, y, yStride};
    switch (w.format()) {
      case Format::F32: return productF32<Streams>(x.data + from * x.stride, count, x.stride, w, columns, out);
      case Format::F16: return productF16<Streams>(arena, x.data + from * x.stride, count, x.stride, w, columns, out);
      case Format::Q8: {
        const QuantizedRows part = x.quantized->part(from, count);
        productQ8<Streams>(arena, part, w, columns, out);
        if (Streams && part.outliers) addOutliers(part, w, columns, y, yStride);
        return;
      }
      case Format::Q4: return productQ4<Streams>(arena, x.blocks->part(from, count), w, columns, out);
    }
  }
};

// Quantizes x for the product, once. False when memory ran out. Only decoders treat outliers apart: encoders gain
// little.
template <bool Streams>
bool prepare(Arena& arena, Rows& x, Format format) {
  switch (format) {
    case Format::F32:
    case Format::F16: return true;
    case Format::Q8: return x.quantized || (x.quantized = quantizeRows(arena, x, activationForm(), Streams));
    case Format::Q4: return x.blocks || (x.blocks = quantizeBlocks(arena, x));
  }
  return false;
}

template <bool Streams>
void linear(Arena& arena, Rows& x, const Matrix& w, const Epilogue& e, float* y, size_t yStride) {
  if (!prepare<Streams>(arena, x, w.format())) return;
  const Operand<Streams> operand{x};
  const Columns all = allColumns(w);
  if (e.activation == Activation::None) return operand.multiply(arena, 0, x.rows, w, all, e, y, yStride);

  const Arena::Mark mark = arena.mark();
  // Where y is the residual itself, the product must not overwrite it before it is added.
  float* aside = e.residual == y ? arena.alloc<float>(kRowBlock * w.n()) : nullptr;
  if (e.residual == y && !aside) return;
  const size_t panels = Streams && x.rows <= kFewRows ? all.to : kPanelBlock;
  for (size_t from = 0; from < x.rows; from += kRowBlock) {
    const size_t count = std::min(kRowBlock, x.rows - from);
    float* out = aside ? aside : y + from * yStride;
    const size_t outStride = aside ? w.n() : yStride;
    for (size_t panel = 0; panel < all.to; panel += panels) {
      const Columns columns{panel, std::min(panel + panels, all.to)};
      operand.multiply(arena, from, count, w, columns, {}, out, outStride);
      const size_t col = panel * kPanel;
      Epilogue part = e;
      if (part.bias) part.bias += col;
      if (part.residual) part.residual += from * e.residualStride + col;
      epilogue(part, count, std::min(columns.to * kPanel, w.n()) - col, out + col, outStride);
    }
    for (size_t r = 0; aside && r < count; ++r)
      std::memcpy(y + (from + r) * yStride, out + r * outStride, w.n() * sizeof(float));
  }
  arena.release(mark);
}

void rotary(float* x, size_t rows, size_t stride, size_t heads, size_t headDim, size_t rotaryDim,
            const int32_t* positions, const float* cos, const float* sin) {
  const size_t half = rotaryDim / 2;
  if (half % 4) return plain::rotary(x, rows, stride, heads, headDim, rotaryDim, positions, cos, sin);
  for (size_t r = 0; r < rows; ++r, x += stride) {
    const float *c = cos + size_t(positions[r]) * half, *s = sin + size_t(positions[r]) * half;
    for (size_t h = 0; h < heads; ++h) {
      float *a = x + h * headDim, *b = a + half;
      for (size_t i = 0; i < half; i += 4) {
        const v128_t u = wasm_v128_load(a + i), v = wasm_v128_load(b + i), ci = wasm_v128_load(c + i),
                     si = wasm_v128_load(s + i);
        wasm_v128_store(a + i, wasm_f32x4_sub(wasm_f32x4_mul(u, ci), wasm_f32x4_mul(v, si)));
        wasm_v128_store(b + i, madd(v, ci, wasm_f32x4_mul(u, si)));
      }
    }
  }
}

template <bool Streams>
constexpr Table tableWith(decltype(Table::attention) whole, decltype(Table::cacheAppend) append,
                          decltype(Table::cachedAttention) cached) {
  return {"simd", linear<Streams>, layerNorm, rmsNorm,       simd::softmax, activate, gatedActivate,
          add,    rotary,          whole,     plain::gather, append,        cached};
}

}  // namespace
}  // namespace wasmformers::kernels::simd

namespace wasmformers::kernels {

const Table& fast() {
  static constexpr Table table = simd::tableWith<true>(simd::attention, plain::cacheAppend, simd::cachedAttention);
  return table;
}
const Table& fastForEncoders() {
  static constexpr Table table = simd::tableWith<false>(simd::attention, nullptr, nullptr);
  return table;
}
const Table& fastForDecoders() {
  static constexpr Table table = simd::tableWith<true>(nullptr, plain::cacheAppend, simd::cachedAttention);
  return table;
}

const char* variantName() {
#ifdef __wasm_relaxed_simd__
  return "relaxed";
#else
  return "simd";
#endif
}

const char* int8DotName() {
  switch (simd::activationForm()) {
    case ActivationForm::Unsigned: return "unsigned";
    case ActivationForm::Signed: return "signed";
    case ActivationForm::Wide: return "dot16";
  }
  return "";
}

}  // namespace wasmformers::kernels
