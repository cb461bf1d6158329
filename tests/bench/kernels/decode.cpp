// The products of language models in each format: one row (decoding), a few (beams), many (a prompt). Each is compared
// with the limit of memory bandwidth: the time that a plain read loop takes for the bytes of the packed matrix,
// measured in turn with the product. Then attention over a cache. The least of many short runs counts, because on a
// shared machine longer runs are always disturbed.
//   built and run by tests/bench/kernels/run.js
#include <emscripten.h>
#include <wasm_simd128.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/buffer.h"
#include "kernels/formats/f16.h"
#include "kernels/formats/f32.h"
#include "kernels/simd/simd.h"

using namespace wasmformers;
using namespace wasmformers::kernels;

namespace {

std::vector<float> random(size_t n) {
  std::vector<float> v(n + 64);
  for (float& f : v) f = float(std::rand() % 2001 - 1000) / 1000.f;
  return v;
}

const char* name(Format f) {
  return f == Format::F32 ? "f32" : f == Format::F16 ? "f16" : f == Format::Q8 ? "q8" : "q4";
}

volatile int sink;
void readAll(const uint8_t* p, size_t bytes) {  // four streams: faster here than one
  v128_t sum[4];
  for (auto& s : sum) s = wasm_i32x4_splat(0);
  const size_t part = bytes / 4 / 64 * 64;
  for (size_t i = 0; i < part; i += 32) {
    for (size_t q = 0; q < 4; ++q) {
      sum[q] =
          wasm_v128_xor(sum[q], wasm_v128_xor(wasm_v128_load(p + q * part + i), wasm_v128_load(p + q * part + i + 16)));
    }
  }
  sink = wasm_i32x4_extract_lane(wasm_v128_xor(wasm_v128_xor(sum[0], sum[1]), wasm_v128_xor(sum[2], sum[3])), 0);
}

const uint8_t* bytesOf(const Matrix& m) {
  switch (m.format()) {
    case Format::F32: return m.f32()->panels.as<uint8_t>();
    case Format::F16: return m.f16()->panels.as<uint8_t>();
    case Format::Q8: return m.q8()->panels.as<uint8_t>();
    case Format::Q4: return m.q4()->panels.as<uint8_t>();
  }
  return nullptr;
}

template <class F>
void least(double& best, size_t repeat, F&& f) {
  const double begin = emscripten_get_now();
  for (size_t i = 0; i < repeat; ++i) f();
  best = std::min(best, (emscripten_get_now() - begin) / double(repeat));
}

void shape(size_t k, size_t n, Format format) {
  const std::vector<float> x = random(128 * k), w = random(n * k);
  std::vector<float> y(128 * n + 64);
  auto packed = Matrix::pack({DType::F32, {int64_t(n), int64_t(k)}, w.data()}, format);
  if (!packed.ok()) std::abort();
  const Matrix m = packed.take();
  const size_t bytes = m.bytes() / 256 * 256 - 256 * (m.bytes() % 256 == 0 ? 0 : 1);
  const size_t rows[] = {1, 2, 4, 8, 128};
  double read = 1e9, best[5] = {1e9, 1e9, 1e9, 1e9, 1e9}, gelu = 1e9;
  Arena arena;
  const double begin = emscripten_get_now();
  for (int round = 0; emscripten_get_now() - begin < 3000 || round < 3; ++round) {
    least(read, std::max<size_t>(1, 8000000 / bytes), [&] { readAll(bytesOf(m), bytes); });
    for (size_t i = 0; i < 5; ++i) {
      least(best[i], std::max<size_t>(1, 8000000 / (k * n * rows[i])), [&] {
        Rows in(x.data(), rows[i], k);
        fast().linear(arena, in, m, {}, y.data(), n);
        arena.reset();
      });
    }
    least(gelu, std::max<size_t>(1, 8000000 / (k * n)), [&] {
      Rows in(x.data(), 1, k);
      fast().linear(arena, in, m, {.activation = Activation::Gelu}, y.data(), n);
      arena.reset();
    });
  }
  std::printf("%s %4zux%-6zu %5.1f GB/s read; 1 row %5.1f GOP/s, %3.0f %% of reading, with GELU %5.1f;", name(format),
              k, n, double(bytes) / read * 1e-6, 2.0 * double(k * n) / best[0] * 1e-6, 100 * read / best[0],
              2.0 * double(k * n) / gelu * 1e-6);
  for (size_t i = 1; i < 5; ++i) std::printf("  %zu: %.1f", rows[i], 2.0 * double(rows[i] * k * n) / best[i] * 1e-6);
  std::printf("\n");
}

// Attention over the caches of 30 layers, as in a decoder. Between two layers a decoder reads some megabytes of
// weights, so a layer's keys come from memory. These weights are read here, too, but not timed.
void attention(size_t heads, size_t kvHeads, size_t d, CacheType type, size_t past, size_t tokens) {
  constexpr size_t kLayers = 30, kBetween = size_t(4) << 20;
  const size_t keys = past + tokens;
  struct Layer {
    KvLayerView c;
    Buffer k, v;
    std::vector<float> scales;
  };
  static const std::vector<uint8_t> weights(kLayers * kBetween, 1);
  std::vector<float> x = random(keys * kvHeads * d), q = random(tokens * heads * d), out(tokens * heads * d + 64);
  std::vector<Layer> layers(kLayers);
  for (Layer& l : layers) {
    l.c.type = type, l.c.batch = 1, l.c.kvHeads = kvHeads, l.c.headDim = d, l.c.capacity = keys;
    l.k = Buffer(l.c.bytes()), l.v = Buffer(l.c.bytes());
    l.scales.resize(2 * l.c.scaleCount() + 64);
    l.c.keys = l.k.data(), l.c.values = l.v.data(), l.c.keyScales = l.scales.data(),
    l.c.valueScales = l.scales.data() + l.c.scaleCount();
    fast().cacheAppend({x.data(), x.data(), kvHeads * d, kvHeads * d, l.c, 1, keys, 0});
  }
  CachedAttentionArgs a;
  a.q = q.data(), a.out = out.data(), a.qStride = a.outStride = heads * d;
  a.batch = 1, a.queries = tokens, a.past = past, a.heads = heads, a.scale = 0.125f;
  double best = 1e9;
  Arena arena;
  const double begin = emscripten_get_now();
  while (emscripten_get_now() - begin < 1500) {
    double token = 0;
    for (size_t i = 0; i < kLayers; ++i) {
      readAll(weights.data() + i * kBetween, kBetween);
      a.cache = layers[i].c;
      const double from = emscripten_get_now();
      fast().cachedAttention(arena, a);
      token += emscripten_get_now() - from;
    }
    best = std::min(best, token);
  }
  const double seen = tokens == 1 ? double(keys) : double(tokens) * (double(past) + double(tokens) / 2);
  std::printf("attention %s, %zu heads of %zu on %zu, %zu keys, %zu new: %.3f ms in 30 layers, %.1f GFLOP/s\n",
              type == CacheType::F32   ? "f32"
              : type == CacheType::F16 ? "f16"
                                       : "q8",
              heads, d, kvHeads, keys, tokens, best, 4 * double(kLayers * heads * d) * seen / best * 1e-6);
}

}  // namespace

int main() {
  for (Format format : {Format::Q8, Format::Q4, Format::F16, Format::F32}) {
    for (auto [k, n] : {std::array<size_t, 2>{2048, 2048}, {576, 1536}, {1536, 576}, {576, 24576}}) shape(k, n, format);
  }
  for (CacheType type : {CacheType::F32, CacheType::F16, CacheType::Q8}) {
    attention(9, 3, 64, type, 32, 1);
    attention(9, 3, 64, type, 512, 1);
    attention(9, 3, 64, type, 4095, 1);
    attention(12, 12, 64, type, 512, 1);
    attention(9, 3, 64, type, 256, 256);
  }
}
