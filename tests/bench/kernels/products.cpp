// Products in the shapes of MiniLM, ours and XNNPACK's in turn, so that a change of the machine's speed affects both.
// Prints GOP/s (2·M·K·N operations), the best of many short batches, including the quantization of activations.
//   built and run by tests/bench/kernels/run.js
#include <emscripten.h>
#include <xnnpack.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "kernels/simd/simd.h"

using namespace wasmformers;
using namespace wasmformers::kernels;

namespace {

float next() { return float(std::rand() % 2001 - 1000) / 1000.f; }

struct Contest {
  const char* name;
  std::function<void()> run;
  double best = 1e9;
};

void race(const char* title, double operations, std::vector<Contest> all) {
  for (auto& c : all) c.run();
  const double begin = emscripten_get_now();
  int batch = 1;
  while (emscripten_get_now() - begin < 1500) {
    for (auto& c : all) {
      const double t = emscripten_get_now();
      for (int i = 0; i < batch; ++i) c.run();
      const double each = (emscripten_get_now() - t) / batch;
      c.best = std::min(c.best, each);
      if (each * batch < 5) batch = int(std::max(1.0, 8 / each));
    }
  }
  std::printf("%-16s", title);
  for (auto& c : all) std::printf("  %s %7.1f", c.name, operations / c.best * 1e-6);
  std::printf("\n");
}

void shape(size_t m, size_t k, size_t n) {
  std::vector<float> x(m * k + 64), w(n * k), y(m * n + 64);
  for (float& v : x) v = next();
  for (float& v : w) v = next();
  char title[64];
  std::snprintf(title, sizeof title, "%zux%zux%zu", m, k, n);
  const double operations = 2.0 * double(m) * double(k) * double(n);
  Arena arena;

  auto plain = Matrix::pack({DType::F32, {int64_t(n), int64_t(k)}, w.data()}, Format::F32);
  xnn_operator_t fully = nullptr;
  if (!plain.ok() || xnn_initialize(nullptr) != xnn_status_success ||
      xnn_create_fully_connected_nc_f32(k, n, k, n, w.data(), nullptr, -INFINITY, INFINITY, 0, nullptr, nullptr,
                                        &fully) != xnn_status_success ||
      xnn_reshape_fully_connected_nc_f32(fully, m, nullptr) != xnn_status_success ||
      xnn_setup_fully_connected_nc_f32(fully, x.data(), y.data()) != xnn_status_success) {
    std::abort();
  }
  race((std::string("f32 ") + title).c_str(), operations,
       {{"XNNPACK", [&] { xnn_run_operator(fully, nullptr); }}, {"ours", [&] {
                                                                   simd::productF32<true>(
                                                                       x.data(), m, k, *plain, simd::allColumns(*plain),
                                                                       {n, nullptr, nullptr, 0, y.data(), n});
                                                                 }}});
  xnn_delete_operator(fully);

  const auto pack = [&](ActivationForm form) {  // the form decides on the order of the weights
    simd::forceActivationForm(form);
    auto made = Matrix::pack({DType::F32, {int64_t(n), int64_t(k)}, w.data()}, Format::Q8);
    if (!made.ok()) std::abort();
    return made.take();
  };
  const auto ours = [&](ActivationForm form, const Matrix& packed) {
    Rows rows(x.data(), m, k);
    simd::productQ8<true>(arena, *simd::quantizeRows(arena, rows, form), packed, simd::allColumns(packed),
                          {n, nullptr, nullptr, 0, y.data(), n});
    arena.reset();
  };
  const ActivationForm best = simd::activationForm();
  const Matrix words = pack(ActivationForm::Wide), bytes = pack(best);
  std::vector<int8_t> wq(n * k), xq(m * k + 64);
  for (auto& v : wq) v = int8_t(std::rand() % 255 - 127);
  std::vector<float> scales(n, 0.01f);
  std::vector<xnn_quantization_params> params(m + XNN_EXTRA_QUANTIZATION_PARAMS);
  xnn_operator_t convert = nullptr, product = nullptr;
  if (xnn_create_convert_nc_f32_qd8(0, &convert) != xnn_status_success ||
      xnn_reshape_convert_nc_f32_qd8(convert, m, k, k, k, nullptr) != xnn_status_success ||
      xnn_setup_convert_nc_f32_qd8(convert, x.data(), xq.data(), params.data()) != xnn_status_success ||
      xnn_create_fully_connected_nc_qd8_f32_qc8w(k, n, k, n, scales.data(), wq.data(), nullptr, -INFINITY, INFINITY, 0,
                                                 nullptr, nullptr, &product) != xnn_status_success ||
      xnn_reshape_fully_connected_nc_qd8_f32_qc8w(product, m, nullptr) != xnn_status_success ||
      xnn_setup_fully_connected_nc_qd8_f32_qc8w(product, xq.data(), y.data(), params.data()) != xnn_status_success) {
    std::abort();
  }
  std::vector<Contest> contests = {{"XNNPACK",
                                    [&] {
                                      xnn_run_operator(convert, nullptr);
                                      xnn_run_operator(product, nullptr);
                                    }},
                                   {"dot16", [&] { ours(ActivationForm::Wide, words); }}};
  if (best != ActivationForm::Wide) contests.push_back({"byte dot", [&, best] { ours(best, bytes); }});
  race((std::string("q8  ") + title).c_str(), operations, contests);
  xnn_delete_operator(convert);
  xnn_delete_operator(product);
}

}  // namespace

int main() {
  std::printf("GOP/s, int8 product: %s\n", int8DotName());
  for (auto [m, k, n] : {std::array<size_t, 3>{128, 384, 384},
                         {128, 384, 1536},
                         {128, 1536, 384},
                         {64, 384, 1536},
                         {16, 384, 1536},
                         {1, 2048, 2048}}) {
    shape(m, k, n);
  }
}
