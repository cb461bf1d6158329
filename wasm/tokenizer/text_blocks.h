// JSON's text many bytes at a time: bit masks of where a byte stands, and which bytes stand inside strings (after
// Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

namespace wasmformers::tokenizer {

/// Vectors * 16 bytes; bit i of a mask is byte i.
template <int Vectors>
class Block {
 public:
  static constexpr size_t kBytes = size_t(Vectors) * 16;
#ifdef __wasm_simd128__
  explicit Block(const char* p) {
    for (int i = 0; i < Vectors; ++i) v_[i] = wasm_v128_load(p + 16 * i);
  }
  uint64_t equal(char c) const {
    return mask([want = wasm_i8x16_splat(c)](v128_t v) { return wasm_i8x16_eq(v, want); });
  }
  /// What ends the plain part of a string: its quote, a backslash, a control character.
  uint64_t endsString() const {
    return mask([quote = wasm_i8x16_splat('"'), slash = wasm_i8x16_splat('\\'), space = wasm_i8x16_splat(' ')](v128_t v) {
      return wasm_v128_or(wasm_v128_or(wasm_i8x16_eq(v, quote), wasm_i8x16_eq(v, slash)), wasm_u8x16_lt(v, space));
    });
  }
  uint64_t brackets() const {
    return mask([open = wasm_i8x16_splat('{'), close = wasm_i8x16_splat('}'), bit = wasm_i8x16_splat(0x20)](v128_t v) {
      v = wasm_v128_or(v, bit);
      return wasm_v128_or(wasm_i8x16_eq(v, open), wasm_i8x16_eq(v, close));
    });
  }

 private:
  template <class Of>
  uint64_t mask(Of of) const {
    uint64_t m = 0;
    for (int i = 0; i < Vectors; ++i) m |= uint64_t(wasm_i8x16_bitmask(of(v_[i]))) << (16 * i);
    return m;
  }
  v128_t v_[Vectors];
#else
  explicit Block(const char* p) { std::memcpy(bytes_, p, kBytes); }
  uint64_t equal(char c) const {
    return mask([c](char x) { return x == c; });
  }
  uint64_t endsString() const {
    return mask([](char x) { return x == '"' || x == '\\' || static_cast<unsigned char>(x) < 0x20; });
  }
  uint64_t brackets() const {
    return mask([](char x) { return (x | 0x20) == '{' || (x | 0x20) == '}'; });
  }

 private:
  template <class Is>
  uint64_t mask(Is is) const {
    uint64_t m = 0;
    for (size_t i = 0; i < kBytes; ++i) m |= uint64_t(is(bytes_[i])) << i;
    return m;
  }
  char bytes_[kBytes];
#endif
};

/// Blocks of 64 bytes of a text that begins outside strings, from left to right.
class Outside {
 public:
  /// The quotes of `block`, which lies at p, that begin and end strings. Either this or next() for each block.
  uint64_t quotes(const Block<4>& block, const char* p) { return escaped_ || block.equal('\\') ? unescapedQuotes(p) : block.equal('"'); }
  /// The bytes that are not inside a string.
  uint64_t next(const Block<4>& block, const char* p) {
    const uint64_t quotes = this->quotes(block, p);
    uint64_t inside = quotes;  // every bit the parity of the quotes up to it
    for (int shift = 1; shift < 64; shift *= 2) inside ^= inside << shift;
    inside ^= inside_;
    inside_ = uint64_t(int64_t(inside) >> 63);
    return ~(inside | quotes);
  }

 private:
  uint64_t unescapedQuotes(const char* p) {
    uint64_t quotes = 0;
    for (int i = 0; i < 64; ++i) {
      if (escaped_) escaped_ = false;
      else if (p[i] == '\\') escaped_ = true;
      else if (p[i] == '"') quotes |= uint64_t(1) << i;
    }
    return quotes;
  }
  uint64_t inside_ = 0;  // all ones: the last block ended inside a string
  bool escaped_ = false;
};

/// Calls visit(block, outside, at, p) for 64 bytes after 64 until that says true: the block lies at `at`, which is p or,
/// at the end of the text, a copy with spaces behind.
template <class Visit>
inline void eachBlock(const char* p, const char* end, Visit visit) {
  Outside outside;
  for (; end - p >= 64; p += 64) {
    if (visit(Block<4>(p), outside, p, p)) return;
  }
  char last[64];
  std::memset(last, ' ', sizeof last);
  if (end > p) std::memcpy(last, p, size_t(end - p));
  visit(Block<4>(last), outside, last, p);
}

}  // namespace wasmformers::tokenizer
