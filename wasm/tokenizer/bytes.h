// Hashing and comparing short strings of bytes, eight at a time: what every look-up of a word or token costs. (Wasm's
// memcmp goes byte by byte.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wasmformers::tokenizer {

template <class T>
inline T loadAs(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

/// A short string's hash: multiply and fold. Not for hostile keys in maps that must not degrade; here a bad
/// vocabulary only slows its own owner.
inline uint32_t hashBytes(const char* p, size_t n) {
  constexpr uint64_t k = 0x9E3779B97F4A7C15u;
  uint64_t h = n * k;
  for (; n > 8; p += 8, n -= 8) {
    h = (h ^ loadAs<uint64_t>(p)) * k;
    h ^= h >> 32;
  }
  uint64_t x = 0;
  if (n >= 4) {
    x = uint64_t(loadAs<uint32_t>(p)) << 32 | loadAs<uint32_t>(p + n - 4);
  } else if (n) {
    x = uint64_t(static_cast<unsigned char>(p[0])) << 16 | uint64_t(static_cast<unsigned char>(p[n / 2])) << 8 |
        static_cast<unsigned char>(p[n - 1]);
  }
  h = (h ^ x) * k;
  h ^= h >> 29;
  h *= k;
  return uint32_t(h >> 32);
}

inline bool equalBytes(const char* a, const char* b, size_t n) {
  if (n >= 8) {
    for (size_t i = 0; i + 8 < n; i += 8) {
      if (loadAs<uint64_t>(a + i) != loadAs<uint64_t>(b + i)) return false;
    }
    return loadAs<uint64_t>(a + n - 8) == loadAs<uint64_t>(b + n - 8);
  }
  if (n >= 4) return loadAs<uint32_t>(a) == loadAs<uint32_t>(b) && loadAs<uint32_t>(a + n - 4) == loadAs<uint32_t>(b + n - 4);
  return !n || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

}  // namespace wasmformers::tokenizer
