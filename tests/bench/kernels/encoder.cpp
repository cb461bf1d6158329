// A forward pass through six encoder layers of MiniLM's size (hidden 384, middle 1536, 12 heads) with random weights,
// as nn/encoder_layer.cpp calls the kernels. Prints milliseconds of each kind of call, the least of many passes, and
// their sum. (On a shared machine a whole pass is rarely undisturbed.)
//   built and run by tests/bench/kernels/run.js
#include <emscripten.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "kernels/kernels.h"

using namespace wasmformers;
using namespace wasmformers::kernels;

namespace {

constexpr size_t kLayers = 6, kHidden = 384, kMiddle = 1536, kHeads = 12, kBlock = 128;

std::vector<float> random(size_t n, float scale) {
  std::vector<float> v(n + 16);
  for (float& f : v) f = scale * float(std::rand() % 2001 - 1000) / 1000.f;
  return v;
}

Matrix weight(size_t n, size_t k, Format format) {
  const std::vector<float> w = random(n * k, 0.1f);
  auto m = Matrix::pack({DType::F32, {int64_t(n), int64_t(k)}, w.data()}, format);
  if (!m.ok()) std::abort();
  return m.take();
}

struct Layer {
  Matrix query, key, value, out, up, down;
};

struct Times {
  double qkv = 0, attention = 0, out = 0, up = 0, down = 0, norm = 0;
  double total() const { return qkv + attention + out + up + down + norm; }
  void least(const Times& o) {
    for (double Times::* p : {&Times::qkv, &Times::attention, &Times::out, &Times::up, &Times::down, &Times::norm}) {
      if (o.*p < this->*p) this->*p = o.*p;
    }
  }
};

Times pass(Arena& arena, const std::vector<Layer>& layers, const float* bias, const float* gamma, size_t batch,
           size_t length, float* hidden) {
  const Table& kernel = fast();
  const size_t rows = batch * length;
  Times t;
  double last = emscripten_get_now();
  const auto lap = [&](double& into) {
    const double now = emscripten_get_now();
    into += now - last;
    last = now;
  };
  for (const Layer& layer : layers) {
    const Arena::Mark mark = arena.mark();
    float *q = arena.alloc<float>(rows * kHidden), *k = arena.alloc<float>(rows * kHidden),
          *v = arena.alloc<float>(rows * kHidden);
    float* mixed = arena.alloc<float>(rows * kHidden);
    Rows x(hidden, rows, kHidden);
    kernel.linear(arena, x, layer.query, {.bias = bias}, q, kHidden);
    kernel.linear(arena, x, layer.key, {.bias = bias}, k, kHidden);
    kernel.linear(arena, x, layer.value, {.bias = bias}, v, kHidden);
    lap(t.qkv);
    AttentionArgs a;
    a.q = q, a.k = k, a.v = v, a.out = mixed;
    a.qStride = a.kStride = a.vStride = a.outStride = kHidden;
    a.batch = batch, a.queries = a.keys = length, a.heads = a.kvHeads = kHeads, a.headDim = kHidden / kHeads;
    a.scale = 0.17677669f;
    kernel.attention(arena, a);
    lap(t.attention);
    Rows m(mixed, rows, kHidden);
    kernel.linear(arena, m, layer.out, {.bias = bias, .residual = hidden, .residualStride = kHidden}, hidden, kHidden);
    lap(t.out);
    kernel.layerNorm(hidden, nullptr, gamma, bias, 1e-12f, rows, kHidden, hidden);
    lap(t.norm);
    arena.release(mark);
    for (size_t from = 0; from < rows; from += kBlock) {
      const size_t count = rows - from < kBlock ? rows - from : kBlock;
      float *h = hidden + from * kHidden, *middle = arena.alloc<float>(count * kMiddle);
      Rows in(h, count, kHidden);
      kernel.linear(arena, in, layer.up, {.bias = bias, .activation = Activation::Gelu}, middle, kMiddle);
      lap(t.up);
      Rows mid(middle, count, kMiddle);
      kernel.linear(arena, mid, layer.down, {.bias = bias, .residual = h, .residualStride = kHidden}, h, kHidden);
      lap(t.down);
      kernel.layerNorm(h, nullptr, gamma, bias, 1e-12f, count, kHidden, h);
      lap(t.norm);
      arena.release(mark);
    }
  }
  return t;
}

}  // namespace

int main() {
  const std::vector<float> bias = random(kMiddle, 0.1f), gamma = random(kHidden, 1);
  for (Format format : {Format::Q8, Format::F32}) {
    std::vector<Layer> layers;
    for (size_t i = 0; i < kLayers; ++i) {
      layers.push_back({weight(kHidden, kHidden, format), weight(kHidden, kHidden, format),
                        weight(kHidden, kHidden, format), weight(kHidden, kHidden, format),
                        weight(kMiddle, kHidden, format), weight(kHidden, kMiddle, format)});
    }
    const size_t shapes[][2] = {{1, 16}, {1, 128}, {8, 128}};
    for (auto [batch, length] : shapes) {
      std::vector<float> hidden = random(batch * length * kHidden, 1);
      Arena arena;
      Times best{1e9, 1e9, 1e9, 1e9, 1e9, 1e9};
      const double begin = emscripten_get_now();
      while (emscripten_get_now() - begin < 1500) {
        best.least(pass(arena, layers, bias.data(), gamma.data(), batch, length, hidden.data()));
        arena.reset();
      }
      std::printf("%s %zux%-3zu %8.2f ms: qkv %.2f, attention %.2f, out %.2f, up %.2f, down %.2f, norm %.2f\n",
                  format == Format::Q8 ? "q8 " : "f32", batch, length, best.total(), best.qkv, best.attention, best.out,
                  best.up, best.down, best.norm);
    }
  }
}
