// The table of the Wasm kernels, and what joins products with what surrounds them.
#include <algorithm>
#include <cstring>

#include "kernels/f32.h"
#include "kernels/reference.h"
#include "kernels/simd.h"
#include "kernels/simd_math.h"

namespace wasmformers::kernels::simd {

namespace {

// Rows of a product whose epilogue runs while they are still in the second-level cache.
constexpr size_t kRowBlock = 64;

void linear(Arena& arena, Rows& x, const Matrix& w, const Epilogue& e, float* y, size_t yStride) {
  const bool q8 = w.format() == Format::Q8;
  if (q8 && !x.quantized) x.quantized = quantizeRows(arena, x, activationForm());
  if (q8 && !x.quantized) return;
  if (e.activation == Activation::None) {
    if (q8) productQ8(arena, *x.quantized, w, e.bias, e.residual, e.residualStride, y, yStride);
    else productF32(x.data, x.rows, x.stride, w, e.bias, e.residual, e.residualStride, y, yStride);
    return;
  }
  for (size_t from = 0; from < x.rows; from += kRowBlock) {  // the activation follows each block
    const size_t count = std::min(kRowBlock, x.rows - from);
    float* out = y + from * yStride;
    // y may be the residual itself, which the product would overwrite before it is added.
    const Arena::Mark mark = arena.mark();
    const bool aside = e.residual == y;
    if (aside && !(out = arena.alloc<float>(count * w.n()))) return;
    const size_t outStride = aside ? w.n() : yStride;
    if (q8) {
      QuantizedRows part = *x.quantized;
      part.rows = count;
      part.data = static_cast<const uint8_t*>(part.data) + from * part.stride * (part.form == ActivationForm::Wide ? 2 : 1);
      part.scales += from;
      part.zeros += from;
      productQ8(arena, part, w, nullptr, nullptr, 0, out, outStride);
    } else {
      productF32(x.data + from * x.stride, count, x.stride, w, nullptr, nullptr, 0, out, outStride);
    }
    Epilogue part = e;
    if (part.residual) part.residual += from * e.residualStride;
    epilogue(part, 0, count, w.n(), out, outStride);
    for (size_t r = 0; aside && r < count; ++r) std::memcpy(y + (from + r) * yStride, out + r * outStride, w.n() * sizeof(float));
    arena.release(mark);
  }
}

void rotary(float* x, size_t rows, size_t stride, size_t heads, size_t headDim, const int32_t* positions,
            const float* cos, const float* sin) {
  const size_t half = headDim / 2;
  if (half % 4) return plain::rotary(x, rows, stride, heads, headDim, positions, cos, sin);
  for (size_t r = 0; r < rows; ++r, x += stride) {
    const float *c = cos + size_t(positions[r]) * half, *s = sin + size_t(positions[r]) * half;
    for (size_t h = 0; h < heads; ++h) {
      float *a = x + h * headDim, *b = a + half;
      for (size_t i = 0; i < half; i += 4) {
        const v128_t u = wasm_v128_load(a + i), v = wasm_v128_load(b + i), ci = wasm_v128_load(c + i), si = wasm_v128_load(s + i);
        wasm_v128_store(a + i, wasm_f32x4_sub(wasm_f32x4_mul(u, ci), wasm_f32x4_mul(v, si)));
        wasm_v128_store(b + i, madd(v, ci, wasm_f32x4_mul(u, si)));
      }
    }
  }
}

void gather(const Matrix& w, const int32_t* ids, size_t count, float* y, size_t yStride) {
  for (size_t i = 0; i < count; ++i, y += yStride) {
    if (w.format() == Format::F32) copyRow(*w.f32(), size_t(ids[i]), w.k(), y);
    else unpackRow(*w.q8(), size_t(ids[i]), w.k(), y);
  }
}

}  // namespace
}  // namespace wasmformers::kernels::simd

namespace wasmformers::kernels {

const Table& fast() {
  static const Table table = {"simd",           simd::linear,       simd::layerNorm, simd::rmsNorm,
                              simd::softmax,    simd::activate,     simd::gatedActivate, simd::add,
                              simd::rotary,     simd::attention,    simd::gather};
  return table;
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
