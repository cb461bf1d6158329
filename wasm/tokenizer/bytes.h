// Hashing, comparing and copying short strings of bytes, eight bytes at a time. Every look-up of a word or token does
// this. (Wasm's memcmp compares byte by byte.)
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

/// Up to eight bytes as one little-endian number; missing ones are 0.
inline uint64_t numberOf(const char* p, size_t n) {
  if (n >= 4) return loadAs<uint32_t>(p) | uint64_t(loadAs<uint32_t>(p + n - 4)) << 8 * (n - 4);
  if (!n) return 0;
  const auto at = [p](size_t i) { return uint64_t(static_cast<unsigned char>(p[i])) << 8 * i; };
  return at(0) | at(n / 2) | at(n - 1);
}

constexpr uint64_t kHashFactor = 0x9E3779B97F4A7C15u;
/// The hash of n bytes: `first` and `second` are the last 16 or fewer, and those before them are folded into h.
inline uint32_t endHash(uint64_t h, size_t n, uint64_t first, uint64_t second) {
  h = (h ^ first) * kHashFactor + (second ^ n) * 0xC2B2AE3D27D4EB4Fu;
  return uint32_t((h ^ h >> 32) * kHashFactor >> 32);
}

/// A short string's hash: multiply and fold. It does not resist attacks: a hostile vocabulary makes itself slow.
inline uint32_t hashBytes(const char* p, size_t size) {
  uint64_t h = 0;
  size_t n = size;
  for (; n > 16; p += 8, n -= 8) {
    h = (h ^ loadAs<uint64_t>(p)) * kHashFactor;
    h ^= h >> 32;
  }
  if (n <= 8) return endHash(h, size, numberOf(p, n), 0);
  return endHash(h, size, loadAs<uint64_t>(p), loadAs<uint64_t>(p + n - 8) >> 8 * (16 - n));
}

inline bool equalBytes(const char* a, const char* b, size_t n) {
  if (n >= 8) {
    for (size_t i = 0; i + 8 < n; i += 8) {
      if (loadAs<uint64_t>(a + i) != loadAs<uint64_t>(b + i)) return false;
    }
    return loadAs<uint64_t>(a + n - 8) == loadAs<uint64_t>(b + n - 8);
  }
  if (n >= 4)
    return loadAs<uint32_t>(a) == loadAs<uint32_t>(b) && loadAs<uint32_t>(a + n - 4) == loadAs<uint32_t>(b + n - 4);
  return !n || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

template <class T>
inline void copyAs(char* to, const char* from) {
  std::memcpy(to, from, sizeof(T));
}
inline void copyBytes(char* to, const char* from, size_t n) {
  if (n >= 8) {
    for (size_t i = 0; i + 8 < n; i += 8) copyAs<uint64_t>(to + i, from + i);
    copyAs<uint64_t>(to + n - 8, from + n - 8);
  } else if (n >= 4) {
    copyAs<uint32_t>(to, from);
    copyAs<uint32_t>(to + n - 4, from + n - 4);
  } else if (n) {
    to[0] = from[0], to[n / 2] = from[n / 2], to[n - 1] = from[n - 1];
  }
}

/// A string to look up together with many others: with its hash, and with its first 16 bytes as numbers (0 after its
/// end), so that short strings are compared without branches on their length.
struct Spelling {
  static constexpr size_t kReadable = 16;  // this many bytes must be readable where isAt() compares
  static constexpr struct {
    uint64_t first, second;
  } kMasks[17] = {{0, 0},
                  {0xFF, 0},
                  {0xFFFF, 0},
                  {0xFFFFFF, 0},
                  {0xFFFFFFFF, 0},
                  {0xFFFFFFFFFF, 0},
                  {0xFFFFFFFFFFFF, 0},
                  {~0ull >> 8, 0},
                  {~0ull, 0},
                  {~0ull, 0xFF},
                  {~0ull, 0xFFFF},
                  {~0ull, 0xFFFFFF},
                  {~0ull, 0xFFFFFFFF},
                  {~0ull, 0xFFFFFFFFFF},
                  {~0ull, 0xFFFFFFFFFFFF},
                  {~0ull, ~0ull >> 8},
                  {~0ull, ~0ull}};

  const char* data;
  uint32_t size, hash;
  uint64_t first, second;

  /// The n bytes at `from`. `readable`: kReadable bytes may be read there, even if n is smaller.
  void set(const char* from, size_t n, bool readable) {
    data = from, size = uint32_t(n);
    if (readable) [[likely]] {
      const auto& mask = kMasks[n < 16 ? n : 16];
      first = loadAs<uint64_t>(from) & mask.first, second = loadAs<uint64_t>(from + 8) & mask.second;
    } else {
      first = numberOf(from, n < 8 ? n : 8), second = n > 8 ? numberOf(from + 8, n < 16 ? n - 8 : 8) : 0;
    }
    hash = n <= 16 ? endHash(0, n, first, second) : hashBytes(from, n);
  }
  /// Whether the bytes at p equal the string.
  bool isAt(const char* p) const {
    const auto& mask = kMasks[size < 16 ? size : 16];
    const uint64_t other =
        ((loadAs<uint64_t>(p) & mask.first) ^ first) | ((loadAs<uint64_t>(p + 8) & mask.second) ^ second);
    return !other && (size <= 16 || equalBytes(p + 16, data + 16, size - 16));
  }
};

}  // namespace wasmformers::tokenizer
