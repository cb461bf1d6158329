// Scanning the text of JSON many bytes at a time: bit masks of the places of a byte, and of the bytes inside strings.
// After Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wasmformers::tokenizer {

/// Vectors · 16 bytes of a text. Bit i of a mask stands for byte i. Uses the compiler's vector types, which become SIMD
/// in Wasm.
template <int Vectors>
class Block {
 public:
  static constexpr size_t kBytes = size_t(Vectors) * 16;
  explicit Block(const char* p) { std::memcpy(v_, p, kBytes); }
  uint64_t equal(char c) const {
    return mask([c](Bytes v) { return v == uint8_t(c); });
  }
  /// The bytes that end the plain part of a string: quotes, backslashes and control characters.
  uint64_t endsString() const {
    return mask([](Bytes v) { return (v == uint8_t('"')) | (v == uint8_t('\\')) | (v < uint8_t(' ')); });
  }
  uint64_t brackets() const {
    return mask([](Bytes v) { return ((v | uint8_t(0x20)) == uint8_t('{')) | ((v | uint8_t(0x20)) == uint8_t('}')); });
  }

 private:
  typedef uint8_t Bytes __attribute__((vector_size(16)));
  typedef int8_t Truths __attribute__((vector_size(16)));  // each element 0 or −1
  template <class Is>
  uint64_t mask(Is is) const {
    uint64_t m = 0;
    for (int i = 0; i < Vectors; ++i) m |= uint64_t(bits(is(v_[i]))) << (16 * i);
    return m;
  }
  static uint32_t bits(Truths t) {
#ifdef __wasm_simd128__
    return uint32_t(__builtin_wasm_bitmask_i8x16(t));
#else
    uint32_t m = 0;
    for (int i = 0; i < 16; ++i) m |= uint32_t(t[i] & 1) << i;
    return m;
#endif
  }
  Bytes v_[Vectors];
};

/// Tells which bytes are outside strings. Takes a text, which begins outside strings, in blocks of 64 bytes, from left
/// to right.
class Outside {
 public:
  /// The quotes of `block` that begin or end strings. The block is the bytes at p. Call this or next() for each block.
  uint64_t quotes(const Block<4>& block, const char* p) {
    return escaped_ || block.equal('\\') ? unescapedQuotes(p) : block.equal('"');
  }
  /// The bytes that are not inside a string.
  uint64_t next(const Block<4>& block, const char* p) {
    const uint64_t quotes = this->quotes(block, p);
    uint64_t inside = quotes;  // each bit becomes the parity of the quotes up to it
    for (int shift = 1; shift < 64; shift *= 2) inside ^= inside << shift;
    inside ^= inside_;
    inside_ = uint64_t(int64_t(inside) >> 63);
    return ~(inside | quotes);
  }

 private:
  uint64_t unescapedQuotes(const char* p) {
    uint64_t quotes = 0;
    for (int i = 0; i < 64; ++i) {
      if (escaped_)
        escaped_ = false;
      else if (p[i] == '\\')
        escaped_ = true;
      else if (p[i] == '"')
        quotes |= uint64_t(1) << i;
    }
    return quotes;
  }
  uint64_t inside_ = 0;  // all ones where the last block ended inside a string
  bool escaped_ = false;
};

/// Calls visit(block, outside, at, p) for each 64 bytes, until it returns true. p: where they are in the text. at:
/// where they can be read, which is p or, for the last bytes, a copy that spaces fill up.
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
