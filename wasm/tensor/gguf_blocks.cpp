// See gguf_blocks.h. In the layouts, d and m are halves (scale, minimum), q are quantized values, sc are scales of
// parts of a block. K types have blocks of 256 values. Bytes may lie unaligned.
// Optimize: size
#include "tensor/gguf_blocks.h"

#include <cstddef>

#include "tensor/dtype.h"

namespace wasmformers {

namespace {

using Bytes = const unsigned char*;

float halfAt(Bytes at) {
  float value;
  toFloat(DType::F16, at, 1, &value);
  return value;
}

template <DType type>
void plain(Bytes b, float* y) {
  toFloat(type, b, 1, y);
}

// A block of 32: d, [m,] [fifth bits of all, 4 bytes,] 16 bytes of two values each, i and i + 16.
void nibbles(Bytes b, float* y, bool hasMin, bool hasFifth) {
  const float d = halfAt(b), m = hasMin ? halfAt(b + 2) : 0;
  Bytes fifth = b + (hasMin ? 4 : 2), q = fifth + (hasFifth ? 4 : 0);
  for (int i = 0; i < 32; ++i) {
    int v = i < 16 ? q[i] & 15 : q[i - 16] >> 4;
    if (hasFifth) v |= (fifth[i / 8] >> (i % 8) & 1) << 4;
    y[i] = hasMin ? d * float(v) + m : d * float(v - (hasFifth ? 16 : 8));
  }
}

void q4_0(Bytes b, float* y) { nibbles(b, y, false, false); }
void q4_1(Bytes b, float* y) { nibbles(b, y, true, false); }
void q5_0(Bytes b, float* y) { nibbles(b, y, false, true); }
void q5_1(Bytes b, float* y) { nibbles(b, y, true, true); }

// d, 32 signed bytes.
void q8_0(Bytes b, float* y) {
  const float d = halfAt(b);
  for (int i = 0; i < 32; ++i) y[i] = float(int8_t(b[2 + i])) * d;
}

// d, 16 bytes as in Q4_0, whose values are places in a table.
void iq4_nl(Bytes b, float* y) {
  static constexpr int8_t kValues[] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  const float d = halfAt(b);
  for (int i = 0; i < 32; ++i) y[i] = d * float(kValues[i < 16 ? b[2 + i] & 15 : b[2 + i - 16] >> 4]);
}

// 16 × (sc, min: 4 bits each), 64 bytes of four q, d, dmin. Value 128h + 32s + j is byte 32h + j, bits 2s and 2s + 1.
void q2_k(Bytes b, float* y) {
  const float d = halfAt(b + 80), dmin = halfAt(b + 82);
  for (int i = 0; i < 256; ++i) {
    const int part = b[i / 16], q = b[16 + i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3;
    y[i] = d * float(part & 15) * float(q) - dmin * float(part >> 4);
  }
}

// 32 bytes of third bits (0: minus 4), 64 bytes of q as in Q2_K, 16 sc of 6 bits in 12 bytes, d.
void q3_k(Bytes b, float* y) {
  const float d = halfAt(b + 108);
  Bytes sc = b + 96;
  for (int i = 0; i < 256; ++i) {
    const int p = i / 16, low = sc[p % 8] >> (p / 8 * 4) & 15, high = sc[8 + p % 4] >> (p / 4 * 2) & 3;
    const int q = b[32 + i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3, third = b[i % 32] >> (i / 32) & 1;
    y[i] = d * float((low | high << 4) - 32) * float(q - (third ? 0 : 4));
  }
}

// d, dmin, 8 × (sc, min: 6 bits each) in 12 bytes, [fifth bits, 32 bytes,] 128 bytes of two values each.
void q45_k(Bytes b, float* y, bool hasFifth) {
  const float d = halfAt(b), dmin = halfAt(b + 2);
  Bytes sc = b + 4, fifth = b + 16, q = fifth + (hasFifth ? 32 : 0);
  for (int p = 0; p < 8; ++p) {
    const int scale = p < 4 ? sc[p] & 63 : (sc[p + 4] & 15) | (sc[p - 4] >> 6) << 4;
    const int min = p < 4 ? sc[p + 4] & 63 : sc[p + 4] >> 4 | (sc[p] >> 6) << 4;
    const float by = d * float(scale), less = dmin * float(min);
    for (int j = 0; j < 32; ++j) {
      int v = q[p / 2 * 32 + j] >> (p % 2 * 4) & 15;
      if (hasFifth) v |= (fifth[j] >> p & 1) << 4;
      y[32 * p + j] = by * float(v) - less;
    }
  }
}

void q4_k(Bytes b, float* y) { q45_k(b, y, false); }
void q5_k(Bytes b, float* y) { q45_k(b, y, true); }

// 128 bytes of lower 4 bits, 64 of upper 2, 16 signed sc, d. In each half of 128 values.
void q6_k(Bytes b, float* y) {
  const float d = halfAt(b + 208);
  for (int i = 0; i < 256; ++i) {
    const int h = i / 128, s = i / 32 % 4, j = i % 32;
    const int low = b[h * 64 + (s % 2) * 32 + j] >> (s / 2 * 4) & 15, high = b[128 + h * 32 + j] >> (2 * s) & 3;
    y[i] = d * float(int8_t(b[192 + i / 16])) * float((low | high << 4) - 32);
  }
}

constexpr BlockType kBlockTypes[] = {
    {0, 1, 4, plain<DType::F32>},
    {1, 1, 2, plain<DType::F16>},
    {2, 32, 18, q4_0},
    {3, 32, 20, q4_1},
    {6, 32, 22, q5_0},
    {7, 32, 24, q5_1},
    {8, 32, 34, q8_0},
    {10, 256, 84, q2_k},
    {11, 256, 110, q3_k},
    {12, 256, 144, q4_k},
    {13, 256, 176, q5_k},
    {14, 256, 210, q6_k},
    {20, 32, 18, iq4_nl},
    {30, 1, 2, plain<DType::BF16>},
};

}  // namespace

const BlockType* blockType(uint32_t number) {
  for (const BlockType& t : kBlockTypes) {
    if (t.number == number) return &t;
  }
  return nullptr;
}

}  // namespace wasmformers
