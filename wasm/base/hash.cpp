// See hash.h. Four lanes of multiply and fold, which run in parallel.
#include "base/hash.h"

#include <cstring>

namespace wasmformers {
namespace {

uint64_t word(const char* p) {
  uint64_t x;
  std::memcpy(&x, p, sizeof x);
  return x;
}

}  // namespace

uint64_t hash64(const char* p, size_t n) {
  constexpr uint64_t k = 0x9E3779B97F4A7C15u;
  uint64_t lane[4] = {n, n + k, n ^ k, ~n};
  const auto fold = [](uint64_t h, uint64_t x) {
    h = (h ^ x) * k;
    return h ^ h >> 32;
  };
  for (; n >= 32; p += 32, n -= 32) {
    for (int i = 0; i < 4; ++i) lane[i] = fold(lane[i], word(p + 8 * i));
  }
  uint64_t h = fold(fold(fold(lane[0], lane[1]), lane[2]), lane[3]);
  for (; n >= 8; p += 8, n -= 8) h = fold(h, word(p));
  for (; n; ++p, --n) h = fold(h, static_cast<unsigned char>(*p));
  return fold(h, k);
}

}  // namespace wasmformers
