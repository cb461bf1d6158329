// The operations that models are made of, as one table. reference() is the plain implementation, which defines what
// each operation means (plain/). fast() is the one to run: SIMD in WebAssembly (simd/), the plain one natively. A test
// compares every fast kernel with the plain one over odd sizes. Values are f32 and matrices row-major, unless said.
// Letters: M rows of activations, N output features, K input features, B batch, T queries, S keys, H heads, KV
// key/value heads, D size of a head, R rotated values of a head, P positions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/arena.h"
#include "kernels/kv_cache.h"
#include "kernels/matrix.h"

namespace wasmformers::kernels {

enum class Activation : uint8_t {
  None,
  Gelu,       // x·Φ(x) with erf
  GeluTanh,   // x·Φ(x) by tanh (gelu_new, gelu_pytorch_tanh)
  QuickGelu,  // x·σ(1.702x)
  Relu,       // max(x, 0)
  Silu,       // x·σ(x)
  Tanh,
  Sigmoid,  // σ(x) = 1/(1 + e^−x)
  Count     // the number of activations. It stays last: tests compare all values before it
};

/// Activations [M, K], rows `stride` floats apart. Their 8-bit forms are made by the first product that needs them and
/// kept, so that several products of the same input (query, key, value) quantize it once.
struct Rows {
  const float* data = nullptr;
  size_t rows = 0, cols = 0, stride = 0;
  QuantizedRows* quantized = nullptr;  // in the arena: for products with q8 matrices
  QuantizedBlocks* blocks = nullptr;   // in the arena: for products with q4 matrices
  Rows(const float* d, size_t r, size_t c) : data(d), rows(r), cols(c), stride(c) {}
  Rows(const float* d, size_t r, size_t c, size_t s) : data(d), rows(r), cols(c), stride(s) {}
};

/// What is applied to a product before it is stored: y = act(x·Wᵀ + bias) + residual, each part optional.
struct Epilogue {
  const float* bias = nullptr;  // [N]
  Activation activation = Activation::None;
  const float* residual = nullptr;  // [M, N]; may be y itself
  size_t residualStride = 0;        // floats between rows
};

/// Scaled dot-product attention for a whole batch: out = softmax(scale·QKᵀ + bias + mask)·V, head by head.
/// Row t of head h of batch b lies at q + (b·T + t)·qStride + h·D (likewise k, v with S and kvHeads, and out).
struct AttentionArgs {
  const float *q = nullptr, *k = nullptr, *v = nullptr;
  float* out = nullptr;
  size_t qStride = 0, kStride = 0, vStride = 0, outStride = 0;  // floats between rows
  size_t batch = 0, queries = 0, keys = 0, heads = 0, kvHeads = 0, headDim = 0;
  float scale = 1;
  const uint8_t* keyMask = nullptr;  // [B, S]; 0 hides a key. A query that sees no key averages all values
  const float* bias = nullptr;       // [B or 1, H or 1, T, S], added before the softmax
  size_t biasBatchStride = 0, biasHeadStride = 0;  // floats; 0 where shared
  int64_t left = -1, right = -1;  // query t sees keys t − left … t + right; −1: no limit (right = 0: causal)
};

/// One implementation of all operations. An operation that takes an Arena leaves its output undefined when the arena
/// runs out of memory; then Arena::failed() is true.
struct Table {
  const char* name;

  /// y[M, N] = act(x·Wᵀ + bias) + residual, for x [M, K] and W [N, K]; rows of y are `yStride` floats apart. The arena
  /// gives scratch memory, which is freed on return, and memory for the quantized forms, which x keeps.
  void (*linear)(Arena&, Rows& x, const Matrix& w, const Epilogue&, float* y, size_t yStride);

  /// y[rows, cols] = (v − mean(v))/√(var(v) + eps)·gamma + beta for each row of v = x + residual. x, residual and y are
  /// [rows, cols], gamma and beta [cols]. residual and beta may be null; y may be x.
  void (*layerNorm)(const float* x, const float* residual, const float* gamma, const float* beta, float eps,
                    size_t rows, size_t cols, float* y);
  /// y[rows, cols] = x/√(mean(x²) + eps)·gamma for each row; gamma is [cols]. y may be x.
  void (*rmsNorm)(const float* x, const float* gamma, float eps, size_t rows, size_t cols, float* y);
  /// x[rows, cols] = softmax of each row, in place.
  void (*softmax)(float* x, size_t rows, size_t cols);
  /// x[count] = act(x), in place.
  void (*activate)(Activation, float* x, size_t count);
  /// y[rows, n] = act(x[:, :n])·x[:, n:] for x [rows, 2n]: GeGLU or SwiGLU, gate and up projection fused.
  void (*gatedActivate)(Activation, const float* x, size_t rows, size_t n, float* y);
  /// y[count] += x.
  void (*add)(const float* x, size_t count, float* y);
  /// Rotates heads by their positions, in place. x is [M, H·D], rows `stride` floats apart; positions is [M]; cos and
  /// sin are [P, R/2]. Of each head the first R values are rotated (R is even and at most D): value i with value i +
  /// R/2
  /// ("neox" style).
  void (*rotary)(float* x, size_t rows, size_t stride, size_t heads, size_t headDim, size_t rotaryDim,
                 const int32_t* positions, const float* cos, const float* sin);
  /// Attention of a whole batch; see AttentionArgs.
  void (*attention)(Arena&, const AttentionArgs&);
  /// y[count, K] = rows `ids` [count] of the matrix [N, K] as f32; rows of y are `yStride` floats apart. The caller has
  /// checked the ids.
  void (*gather)(const Matrix&, const int32_t* ids, size_t count, float* y, size_t yStride);
  /// Stores keys and values of new positions in a decoder's cache; see kv_cache.h.
  void (*cacheAppend)(const CacheAppendArgs&);
  /// Attention of new positions over a decoder's cache; see kv_cache.h.
  void (*cachedAttention)(Arena&, const CachedAttentionArgs&);
};

const Table& reference();
const Table& fast();
/// The same for programs that only encode or only decode. The other kind's attention is null, so its code is not
/// linked.
const Table& fastForEncoders();
const Table& fastForDecoders();

/// Which build of the kernels is linked: "plain", or in Wasm "simd", "relaxed".
const char* variantName();

/// Which int8 product fast() runs: "plain" natively; in Wasm "dot16", "unsigned" or "signed" (simd/q8_simd.cpp).
const char* int8DotName();

}  // namespace wasmformers::kernels
