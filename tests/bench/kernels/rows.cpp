// The operations around the products: nanoseconds per element for 128 rows of 1536 (or 384), the least of many calls.
// And packing: bytes of the source per second.
//   built and run by tests/bench/kernels/run.js
#include <emscripten.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "kernels/simd/simd.h"

using namespace wasmformers;
using namespace wasmformers::kernels;

namespace {

double least(const std::function<void()>& f) {
  double best = 1e9;
  const double begin = emscripten_get_now();
  while (emscripten_get_now() - begin < 500) {
    const double t = emscripten_get_now();
    for (int i = 0; i < 8; ++i) f();
    best = std::min(best, (emscripten_get_now() - t) / 8);
  }
  return best;
}

}  // namespace

int main() {
  const size_t rows = 128, wide = 1536, n = rows * wide;
  std::vector<float> x(n + 16), y(n + 16), gamma(wide + 16, 1.f);
  for (float& v : x) v = float(std::rand() % 2001 - 1000) / 300.f;
  const auto print = [&](const char* name, double ms, size_t elements) {
    std::printf("%-28s %6.3f ns\n", name, ms * 1e6 / double(elements));
  };
  const Table& k = fast();
  Arena arena;
  print("copy", least([&] { std::copy(x.begin(), x.end(), y.begin()); }), n);
  print("add", least([&] { k.add(x.data(), n, y.data()); }), n);
  for (auto [name, a] :
       {std::pair{"gelu", Activation::Gelu}, {"gelu, tanh form", Activation::GeluTanh}, {"silu", Activation::Silu}}) {
    print(name, least([&, a = a] {
            std::copy(x.begin(), x.end(), y.begin());
            k.activate(a, y.data(), n);
          }),
          n);
  }
  print("epilogue bias, gelu", least([&] {
          simd::epilogue({.bias = gamma.data(), .activation = Activation::Gelu}, rows, wide, y.data(), wide);
        }),
        n);
  print("softmax of 128", least([&] {
          std::copy(x.begin(), x.end(), y.begin());
          k.softmax(y.data(), n / 128, 128);
        }),
        n);
  print("layer norm of 384",
        least([&] { k.layerNorm(x.data(), nullptr, gamma.data(), gamma.data(), 1e-12f, n / 384, 384, y.data()); }), n);
  for (auto [name, form] :
       {std::pair{"quantize to bytes", ActivationForm::Unsigned}, {"quantize to 16 bits", ActivationForm::Wide}}) {
    print(name, least([&, form = form] {
            Rows in(x.data(), rows, wide);
            simd::quantizeRows(arena, in, form);
            arena.reset();
          }),
          n);
  }
  for (auto [name, format] : {std::pair{"pack f32", Format::F32},
                              {"pack f16", Format::F16},
                              {"pack q8", Format::Q8},
                              {"pack q4", Format::Q4}}) {
    const double ms = least([&, format = format] {
      if (!Matrix::pack({DType::F32, {int64_t(rows), int64_t(wide)}, x.data()}, format).ok()) std::abort();
    });
    std::printf("%-28s %6.2f GB/s\n", name, double(n) * 4 / ms * 1e-6);
  }
}
