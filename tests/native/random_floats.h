// Random numbers for the tests of kernels: normally distributed, and the same on every machine.
#pragma once

#include <random>
#include <vector>

namespace wasmformers::kernels {

using Floats = std::vector<float>;

/// `n` numbers, followed by 64 more, since kernels may read past the end.
inline Floats random(size_t n, float scale = 1, unsigned seed = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0, scale);
  Floats x(n + 64);
  for (float& v : x) v = normal(engine);
  return x;
}

}  // namespace wasmformers::kernels
