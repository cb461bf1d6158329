// What the tests of the kernels compute with: normal numbers, the same ones everywhere.
#pragma once

#include <random>
#include <vector>

namespace wasmformers::kernels {

using Floats = std::vector<float>;

/// `n` numbers, and 64 more behind them: kernels may read past the end.
inline Floats random(size_t n, float scale = 1, unsigned seed = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0, scale);
  Floats x(n + 64);
  for (float& v : x) v = normal(engine);
  return x;
}

}  // namespace wasmformers::kernels
