// The operations that models are made of, as one table. reference() is the plain implementation that says what each
// means; fast() is the one to run: our own SIMD in WebAssembly, the plain one natively. A test runs
// every fast kernel against the plain one over odd sizes. All matrices are row-major; letters in comments:
// M rows of activations, N output features, K input features, B batch, T queries, S keys, H heads, D size of a head.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/arena.h"
#include "kernels/kv_cache.h"
#include "kernels/matrix.h"

namespace wasmformers::kernels {

enum class Activation : uint8_t { None, Gelu, GeluTanh, QuickGelu, Relu, Silu, Tanh, Sigmoid };
// Gelu: x·Φ(x) with erf. GeluTanh: its tanh form (gelu_new, gelu_pytorch_tanh). QuickGelu: x·σ(1.702x).

/// M×K activations, rows `stride` floats apart, and, made when first asked for, their 8-bit form: several products
/// of the same input (query, key, value) quantize it once.
struct Rows {
  const float* data = nullptr;
  size_t rows = 0, cols = 0, stride = 0;
  QuantizedRows* quantized = nullptr;  // caches, in the arena: for products with q8 and with q4 matrices
  QuantizedBlocks* blocks = nullptr;
  Rows(const float* d, size_t r, size_t c) : data(d), rows(r), cols(c), stride(c) {}
  Rows(const float* d, size_t r, size_t c, size_t s) : data(d), rows(r), cols(c), stride(s) {}
};

/// What happens to a product before it is stored: y = act(x·Wᵀ + bias) + residual, each part optional.
struct Epilogue {
  const float* bias = nullptr;  // [N]
  Activation activation = Activation::None;
  const float* residual = nullptr;  // [M, N], may be y itself
  size_t residualStride = 0;
};

/// Scaled dot-product attention for a whole batch: out = softmax(scale·QKᵀ + bias + mask)·V, head by head.
/// Row t of head h of batch b lies at q + (b·T + t)·qStride + h·D (likewise k, v with S and kvHeads, and out).
struct AttentionArgs {
  const float *q = nullptr, *k = nullptr, *v = nullptr;
  float* out = nullptr;
  size_t qStride = 0, kStride = 0, vStride = 0, outStride = 0;  // floats between rows
  size_t batch = 0, queries = 0, keys = 0, heads = 0, kvHeads = 0, headDim = 0;
  float scale = 1;
  const uint8_t* keyMask = nullptr;  // [B, S], 0 hides a key; a row that sees no key at all averages every key
  const float* bias = nullptr;       // [B or 1, H or 1, T, S], added before the softmax
  size_t biasBatchStride = 0, biasHeadStride = 0;  // floats, 0 where shared
  int64_t left = -1, right = -1;  // query t sees keys t−left … t+right; −1: no bound (right = 0: causal)
};

struct Table {
  const char* name;

  /// y[M, N] = act(x·Wᵀ + bias) + residual; y rows `yStride` floats apart. The arena gives scratch memory, which is
  /// let go before returning (but not what x keeps).
  void (*linear)(Arena&, Rows& x, const Matrix& w, const Epilogue&, float* y, size_t yStride);

  /// y = (x + residual − mean)/√(var + eps)·gamma + beta over the last axis; residual, beta may be null; y may be x.
  void (*layerNorm)(const float* x, const float* residual, const float* gamma, const float* beta, float eps,
                    size_t rows, size_t cols, float* y);
  /// y = x/√(mean(x²) + eps)·gamma.
  void (*rmsNorm)(const float* x, const float* gamma, float eps, size_t rows, size_t cols, float* y);
  /// In place, each row on its own.
  void (*softmax)(float* x, size_t rows, size_t cols);
  /// x = act(x), in place.
  void (*activate)(Activation, float* x, size_t count);
  /// y = act(x[:, :N])·x[:, N:] for x[M, 2N] (GeGLU, SwiGLU with fused gate and up projection).
  void (*gatedActivate)(Activation, const float* x, size_t rows, size_t n, float* y);
  /// y += x
  void (*add)(const float* x, size_t count, float* y);
  /// Rotary positions in place on rows [M, H·D] `stride` floats apart: of each head the first R values (even; all where
  /// R = D), the halves against each other ("neox" style), by cos/sin [P, R/2] of the row's position.
  void (*rotary)(float* x, size_t rows, size_t stride, size_t heads, size_t headDim, size_t rotaryDim,
                 const int32_t* positions, const float* cos, const float* sin);
  void (*attention)(Arena&, const AttentionArgs&);
  /// y[count, K] = rows `ids` of the matrix as float. Ids were checked by the caller.
  void (*gather)(const Matrix&, const int32_t* ids, size_t count, float* y, size_t yStride);
  /// Decoders' attention, and what fills its cache (kv_cache.h).
  void (*cacheAppend)(const CacheAppendArgs&);
  void (*cachedAttention)(Arena&, const CachedAttentionArgs&);
};

const Table& reference();
const Table& fast();
/// The same for programs that only encode or only decode: the other kind's attention is null, and its code not linked.
const Table& fastForEncoders();
const Table& fastForDecoders();

/// Which build of the kernels is linked: "plain", or in Wasm "simd", "relaxed".
const char* variantName();

/// Which exact int8 product fast() runs: "plain", or in Wasm "dot16", "unsigned", "signed" (see the int8 kernels).
const char* int8DotName();

}  // namespace wasmformers::kernels
