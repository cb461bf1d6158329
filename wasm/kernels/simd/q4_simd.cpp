// The block-4-bit product (q4.h). The sum of a block's 32 products is exact in integers; scales convert it to f32, and
// the blocks' sums are added over K. There are two ways, by variant:
//
//  - Relaxed SIMD: i32x4.relaxed_dot_i8x16_i7x16_add, with activations as the signed operand and nibbles, or values
//    below 128 made from them, as the other. The standard defines this case completely, so every engine is exact.
//  - Plain SIMD: i32x4.dot_i16x8_s. Masks alone turn nibbles into 16-bit words; activations have their order (q4.h).
//
// Up to four rows of x use the nibbles in place, one or two rows at a time, from several panels far apart (tiles.h).
// For more rows a panel is unpacked once, with zero points subtracted, and stays in the first- or second-level cache.
#include <algorithm>

#include "kernels/simd/output.h"
#include "kernels/simd/simd.h"
#include "kernels/simd/simd_math.h"
#include "kernels/simd/tiles.h"

namespace wasmformers::kernels::simd {

namespace {

// 0: 0x0f0f0f0f, 1: 0x000f000f, 2: 0x00f000f0, 3: 0x0f000f00, 5: 127
v128_t mask(size_t i) { return wasm_v128_load32_splat(kMasks + i); }

struct Product {
  const QuantizedBlocks& x;
  const Matrix::Q4Data& w;
  size_t k;
  const Output& out;

  template <size_t MR>
  void finish(size_t m, size_t panel, Sums<MR> sums) const {
    const float* factors = w.factors(w.panel(panel, k), k);
    const v128_t f0 = wasm_v128_load(factors), f1 = wasm_v128_load(factors + 4);
    for (auto& row : sums.at) {
      row[0] = wasm_f32x4_mul(row[0], f0);
      row[1] = wasm_f32x4_mul(row[1], f1);
    }
    store(out, m, panel, sums);
  }
};

// dots: adds the products of 16 bytes, which are 8 values of 4 rows of W, with the activations of their low and high
// nibbles.
#ifdef __wasm_relaxed_simd__
constexpr size_t kTile = 3;  // a tile has sums of a block and sums of all: with 6 rows they spill, a third slower
using Activation8 = int8_t;
inline v128_t dots(v128_t bytes, const int8_t* a, v128_t sum) {
  const v128_t low = wasm_v128_and(bytes, mask(0)), high = wasm_v128_and(wasm_u16x8_shr(bytes, 4), mask(0));
  sum = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(wasm_v128_load32_splat(a), low, sum);
  return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(wasm_v128_load32_splat(a + 16), high, sum);
}
constexpr size_t kStep = 4;  // elements of a from one group of 4 values of K to the next
// Sums begin with 0, and become 8·Σ q·a − z·Σa.
inline v128_t begin(v128_t, v128_t) { return wasm_i32x4_splat(0); }
inline v128_t end(v128_t sum, v128_t zero, v128_t minus) {
  return wasm_i32x4_add(wasm_i32x4_shl(sum, 3), wasm_i32x4_dot_i16x8(zero, minus));
}
#else
constexpr size_t kTile = 4;
using Activation8 = int16_t;
inline v128_t dots(v128_t bytes, const int16_t* a, v128_t sum) {
  const v128_t s0 = wasm_i32x4_dot_i16x8(wasm_v128_and(bytes, mask(1)), wasm_v128_load32_splat(a));
  const v128_t s1 = wasm_i32x4_dot_i16x8(wasm_v128_and(bytes, mask(2)), wasm_v128_load32_splat(a + 2));
  const v128_t s2 = wasm_i32x4_dot_i16x8(wasm_v128_and(bytes, mask(3)), wasm_v128_load32_splat(a + 4));
  const v128_t s3 = wasm_i32x4_dot_i16x8(wasm_u16x8_shr(bytes, 12), wasm_v128_load32_splat(a + 6));
  return wasm_i32x4_add(sum, wasm_i32x4_add(wasm_i32x4_add(s0, s1), wasm_i32x4_add(s2, s3)));
}
constexpr size_t kStep = 8;
// Sums become 256·Σ q·a − 32·z·Σa, which is 32 times the other variant's; they begin with the second part.
inline v128_t begin(v128_t zero, v128_t minus) { return wasm_i32x4_shl(wasm_i32x4_dot_i16x8(zero, minus), 5); }
inline v128_t end(v128_t sum, v128_t, v128_t) { return sum; }
#endif

// The codes of 4 rows of a block; `half` is 0 or 1. Their low bits are the zero points, and all bits the scales (q4.h).
inline v128_t codes(const uint8_t* block, size_t half) {
  return wasm_u32x4_load16x4(block + kBlockBytes - 2 * kPanel + 8 * half);
}
inline v128_t zeros(v128_t codes) { return wasm_v128_and(codes, mask(5)); }
inline v128_t scales(v128_t codes) { return wasm_i32x4_shl(codes, 11); }

// Tile (tiles.h) of MR rows × NP panels, `gap` panels from one to the next, from nibbles in place.
template <size_t MR, size_t NP>
void tileX8Q4Nibbles(const Product& p, size_t m, size_t panel, size_t gap) {
  const size_t blocks = p.x.blocks, gapBytes = gap * p.w.panelBytes(p.k), stride = p.x.stride();
  const uint8_t* w = p.w.panel(panel, p.k);
  const auto* a = static_cast<const Activation8*>(p.x.data) + m * stride;
  const float* by = p.x.scales + m * blocks;
  const int32_t* minus = p.x.sums + m * blocks;
  v128_t sum[NP][MR][2];
  for (auto& part : sum) {
    for (auto& row : part) row[0] = row[1] = splat(0);
  }
  WF_NO_UNROLL
  for (size_t g = 0; g < blocks; ++g, a += kBlock, w += kBlockBytes) {
    v128_t s[NP][MR][2];
    for (size_t q = 0; q < NP; ++q) {
      for (size_t half = 0; half < 2; ++half) {
        const v128_t z = zeros(codes(w + q * gapBytes, half));
        for (size_t r = 0; r < MR; ++r) s[q][r][half] = begin(z, wasm_v128_load32_splat(minus + r * blocks + g));
      }
    }
    WF_NO_UNROLL
    for (size_t j = 0; j < 4; ++j) {
      for (size_t q = 0; q < NP; ++q) {
        const uint8_t* bytes = w + q * gapBytes + 32 * j;
        const v128_t b0 = wasm_v128_load(bytes), b1 = wasm_v128_load(bytes + 16);
        for (size_t r = 0; r < MR; ++r) {
          s[q][r][0] = dots(b0, a + r * stride + j * kStep, s[q][r][0]);
          s[q][r][1] = dots(b1, a + r * stride + j * kStep, s[q][r][1]);
        }
      }
    }
    for (size_t q = 0; q < NP; ++q) {
      for (size_t half = 0; half < 2; ++half) {
        const v128_t c = codes(w + q * gapBytes, half);
        for (size_t r = 0; r < MR; ++r) {
          const v128_t total = end(s[q][r][half], zeros(c), wasm_v128_load32_splat(minus + r * blocks + g));
          const v128_t scale = wasm_f32x4_mul(wasm_v128_load32_splat(by + r * blocks + g), scales(c));
          sum[q][r][half] = madd(wasm_f32x4_convert_i32x4(total), scale, sum[q][r][half]);
        }
      }
    }
  }
  for (size_t q = 0; q < NP; ++q) p.finish(m, panel + q * gap, Sums<MR>(sum[q]));
}

// unpack: a panel for many rows of x.
#ifdef __wasm_relaxed_simd__
// Each block becomes bytes 8q in the order of K, [8 kk][8 rows][4 t], then 8 scales and 8 zero points.
constexpr size_t kUnpackedBytes = kPanel * kBlock + 2 * kPanel * 4;
void unpack(const uint8_t* block, size_t blocks, uint8_t* out) {
  for (size_t g = 0; g < blocks; ++g, block += kBlockBytes, out += kUnpackedBytes) {
    for (size_t half = 0; half < 2; ++half) {
      const v128_t c = codes(block, half);
      wasm_v128_store(out + kPanel * kBlock + 16 * half, scales(c));
      wasm_v128_store(out + kPanel * kBlock + 4 * kPanel + 16 * half, zeros(c));
      for (size_t j = 0; j < 4; ++j) {
        const v128_t bytes = wasm_v128_load(block + 32 * j + 16 * half);
        const v128_t low = wasm_v128_and(bytes, mask(0)), high = wasm_v128_and(wasm_u16x8_shr(bytes, 4), mask(0));
        wasm_v128_store(out + 32 * j + 16 * half, wasm_i16x8_shl(low, 3));
        wasm_v128_store(out + 32 * (j + 4) + 16 * half, wasm_i16x8_shl(high, 3));
      }
    }
  }
}

// Tile (tiles.h) of MR rows × the unpacked panel.
template <size_t MR>
void tileX8C4Q4RelaxedDot(const Product& p, size_t m, size_t panel, const uint8_t* w) {
  const size_t blocks = p.x.blocks, stride = p.x.stride();
  const auto* a = static_cast<const int8_t*>(p.x.data) + m * stride;
  const float* by = p.x.scales + m * blocks;
  const int32_t* minus = p.x.sums + m * blocks;
  v128_t sum[MR][2];
  for (auto& row : sum) row[0] = row[1] = splat(0);
  WF_NO_UNROLL
  for (size_t g = 0; g < blocks; ++g, w += kUnpackedBytes) {
    v128_t s[MR][2];
    const v128_t z0 = wasm_v128_load(w + kPanel * kBlock + 32), z1 = wasm_v128_load(w + kPanel * kBlock + 48);
    for (size_t r = 0; r < MR; ++r) {
      const v128_t sums = wasm_v128_load32_splat(minus + r * blocks + g);
      s[r][0] = wasm_i32x4_dot_i16x8(z0, sums);
      s[r][1] = wasm_i32x4_dot_i16x8(z1, sums);
    }
    WF_NO_UNROLL
    for (size_t i = 0; i < kBlock; i += kGroup, a += kGroup) {
      const v128_t w0 = wasm_v128_load(w + i * kPanel), w1 = wasm_v128_load(w + i * kPanel + 16);
      for (size_t r = 0; r < MR; ++r) {
        const v128_t v = wasm_v128_load32_splat(a + r * stride);
        s[r][0] = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(v, w0, s[r][0]);
        s[r][1] = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(v, w1, s[r][1]);
      }
    }
    const v128_t w0 = wasm_v128_load(w + kPanel * kBlock), w1 = wasm_v128_load(w + kPanel * kBlock + 16);
    for (size_t r = 0; r < MR; ++r) {
      const v128_t scale = wasm_v128_load32_splat(by + r * blocks + g);
      sum[r][0] = madd(wasm_f32x4_convert_i32x4(s[r][0]), wasm_f32x4_mul(scale, w0), sum[r][0]);
      sum[r][1] = madd(wasm_f32x4_convert_i32x4(s[r][1]), wasm_f32x4_mul(scale, w1), sum[r][1]);
    }
  }
  p.finish(m, panel, Sums<MR>(sum));
}
#else
// Each block becomes values 8q − z as int16 in the order of the wide activations, [4 j][4 pairs][8 rows][2], then 8
// scales. A value is multiplied by what its activation's factor lacks of 256, so the sum is 256 times that of 8q − z.
constexpr size_t kUnpackedBytes = 2 * kPanel * kBlock + kPanel * 4;
void unpack(const uint8_t* block, size_t blocks, uint8_t* out) {
  for (size_t g = 0; g < blocks; ++g, block += kBlockBytes, out += kUnpackedBytes) {
    for (size_t half = 0; half < 2; ++half) {
      const v128_t c = codes(block, half), zero = zeros(c);
      // The activations' scales expect 32 times the sum.
      wasm_v128_store(out + 2 * kPanel * kBlock + 16 * half, wasm_f32x4_mul(scales(c), splat(0.125f)));
      const v128_t z = wasm_v128_or(zero, wasm_i32x4_shl(zero, 16)), z16 = wasm_i16x8_shl(z, 4),
                   z256 = wasm_i16x8_shl(z, 8);
      for (size_t j = 0; j < 4; ++j) {
        const v128_t bytes = wasm_v128_load(block + 32 * j + 16 * half);
        uint8_t* to = out + 128 * j + 16 * half;
        wasm_v128_store(to, wasm_i16x8_sub(wasm_i16x8_shl(wasm_v128_and(bytes, mask(1)), 3), z));
        wasm_v128_store(to + 32, wasm_i16x8_sub(wasm_i16x8_shl(wasm_v128_and(bytes, mask(2)), 3), z16));
        wasm_v128_store(to + 64, wasm_i16x8_sub(wasm_i16x8_shl(wasm_v128_and(bytes, mask(3)), 3), z256));
        wasm_v128_store(to + 96, wasm_i16x8_sub(wasm_i16x8_shl(wasm_u16x8_shr(bytes, 12), 3), z));
      }
    }
  }
}

// Tile (tiles.h) of MR rows × the unpacked panel.
template <size_t MR>
void tileX8C2Q4Dot16(const Product& p, size_t m, size_t panel, const uint8_t* w) {
  const size_t blocks = p.x.blocks, stride = p.x.stride();
  const auto* a = static_cast<const int16_t*>(p.x.data) + m * stride;
  const float* by = p.x.scales + m * blocks;
  v128_t sum[MR][2];
  for (auto& row : sum) row[0] = row[1] = splat(0);
  WF_NO_UNROLL
  for (size_t g = 0; g < blocks; ++g, w += kUnpackedBytes) {
    v128_t s[MR][2];
    for (auto& row : s) row[0] = row[1] = wasm_i32x4_splat(0);
    WF_NO_UNROLL
    for (size_t i = 0; i < kBlock; i += 2, a += 2) {
      const v128_t w0 = wasm_v128_load(w + i * 2 * kPanel), w1 = wasm_v128_load(w + i * 2 * kPanel + 16);
      for (size_t r = 0; r < MR; ++r) {
        const v128_t v = wasm_v128_load32_splat(a + r * stride);
        s[r][0] = wasm_i32x4_add(s[r][0], wasm_i32x4_dot_i16x8(w0, v));
        s[r][1] = wasm_i32x4_add(s[r][1], wasm_i32x4_dot_i16x8(w1, v));
      }
    }
    const v128_t w0 = wasm_v128_load(w + 2 * kPanel * kBlock), w1 = wasm_v128_load(w + 2 * kPanel * kBlock + 16);
    for (size_t r = 0; r < MR; ++r) {
      const v128_t scale = wasm_v128_load32_splat(by + r * blocks + g);
      sum[r][0] = madd(wasm_f32x4_convert_i32x4(s[r][0]), wasm_f32x4_mul(scale, w0), sum[r][0]);
      sum[r][1] = madd(wasm_f32x4_convert_i32x4(s[r][1]), wasm_f32x4_mul(scale, w1), sum[r][1]);
    }
  }
  p.finish(m, panel, Sums<MR>(sum));
}
#endif

}  // namespace

template <bool Streams>
void productQ4(Arena& arena, const QuantizedBlocks& x, const Matrix& w, Columns columns, const Output& out) {
  const Product p{x, *w.q4(), w.k(), out};
  const auto few = [&]<size_t MR, size_t NP>(size_t panel, size_t gap) {
    size_t m = 0;
    for (; m + MR <= x.rows; m += MR) tileX8Q4Nibbles<MR, NP>(p, m, panel, gap);
    if (m < x.rows) tileX8Q4Nibbles<1, NP>(p, m, panel, gap);
  };
  if (Streams && x.rows == 1) return panelStreams<1>(columns, few);
  if (Streams && x.rows <= 4) return panelStreams<2>(columns, few);
  const Arena::Mark mark = arena.mark();
  uint8_t* scratch = arena.alloc<uint8_t>(x.blocks * kUnpackedBytes);
  if (!scratch) return;
  const size_t block = rowBlock(x.stride() * sizeof(Activation8));
  for (size_t from = 0; from < x.rows; from += block) {
    for (size_t panel = columns.from; panel < columns.to; ++panel) {
      unpack(p.w.panel(panel, p.k), x.blocks, scratch);
      rowTiles<kTile>(from, std::min(x.rows, from + block), [&]<size_t MR>(size_t m) {
#ifdef __wasm_relaxed_simd__
        tileX8C4Q4RelaxedDot<MR>(p, m, panel, scratch);
#else
        tileX8C2Q4Dot16<MR>(p, m, panel, scratch);
#endif
      });
    }
  }
  arena.release(mark);
}

template void productQ4<false>(Arena&, const QuantizedBlocks&, const Matrix&, Columns, const Output&);
template void productQ4<true>(Arena&, const QuantizedBlocks&, const Matrix&, Columns, const Output&);

}  // namespace wasmformers::kernels::simd
