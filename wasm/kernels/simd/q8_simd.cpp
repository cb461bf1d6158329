// The int8 product. There are two exact ways, each with its order of the packed weights (q8.h):
//
//  - Byte dot (relaxed SIMD): i32x4.relaxed_dot_i8x16_i7x16_add multiplies 16 signed weights by 16 activations and adds
//    each four products to one of four sums. The standard does not define the meaning of bytes above 127 in the second
//    operand. x86 with VNNI reads them as unsigned (vpdpbusd), Arm with the dot product extension as signed (sdot), and
//    x86 without VNNI saturates sums of two products. The first two are exact for all 8 bits, so a probe at start-up
//    finds out which one the engine has.
//  - Wide dot (any SIMD): i32x4.dot_i16x8_s on 16-bit words. For many rows a panel is widened once, and stays in the
//    first-level cache (8 columns × K × 2 bytes). For a few rows, packed words are used in place. A word packs the
//    weights h and l of two columns for one k; Σ(256·h + l)·a and Σl·a are computed, and both columns follow from them.
//    Widening would take an instruction for every eight weights: this way takes 5 instructions for 16 weights instead
//    of 6, and half of the sums, so that more streams fit in the registers.
//
// Register tiles: 6 rows × 8 columns for the byte dot: 12 sums hide its latency (five cycles at two instructions a
// cycle) and fit in 16 registers. 4 × 8 for the wide dot: a multiplication and an addition each, and only the additions
// are a chain, of one cycle. The loops go over panels of weights, and over rows inside. A block of rows is as large as
// its activations fit in the second-level cache.
#include <algorithm>

#include "kernels/simd/output.h"
#include "kernels/simd/simd.h"
#include "kernels/simd/simd_math.h"
#include "kernels/simd/tiles.h"

namespace wasmformers::kernels::simd {

namespace {

ActivationForm gForm = ActivationForm::Wide;

// What all tiles of one product share.
struct Product {
  const QuantizedRows& x;
  const Matrix::Q8Data& w;
  size_t k;
  const Output& out;

  // Converts the sums of rows m …, columns 8·panel … 8·panel + 7 to f32 and stores them.
  template <size_t MR>
  void finish(size_t m, size_t panel, Sums<MR> sums) const {
    const int8_t* at = w.panel(panel, k);
    const v128_t scale0 = wasm_v128_load(w.scales(at, k)), scale1 = wasm_v128_load(w.scales(at, k) + 4);
    const bool corrected = x.form != ActivationForm::Wide;
    const v128_t sums0 = wasm_v128_load(w.sums(at, k)), sums1 = wasm_v128_load(w.sums(at, k) + 4);
    for (size_t r = 0; r < MR; ++r) {
      v128_t &s0 = sums.at[r][0], &s1 = sums.at[r][1];
      if (corrected) {
        const v128_t zero = wasm_v128_load32_splat(x.zeros + m + r);
        s0 = wasm_i32x4_sub(s0, wasm_i32x4_mul(zero, sums0));
        s1 = wasm_i32x4_sub(s1, wasm_i32x4_mul(zero, sums1));
      }
      const v128_t scale = wasm_v128_load32_splat(x.scales + m + r);
      s0 = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(s0), wasm_f32x4_mul(scale, scale0));
      s1 = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(s1), wasm_f32x4_mul(scale, scale1));
    }
    store(out, m, panel, sums);
  }
};

#ifdef __wasm_relaxed_simd__
// Tile (tiles.h) of MR rows × NP panels, `gap` panels from one to the next.
template <size_t MR, size_t NP>
void tileX8C4Q8RelaxedDot(const Product& p, size_t m, size_t panel, size_t gap = 1) {
  const size_t kp = paddedK(p.k), lda = p.x.stride;
  const auto* a = static_cast<const uint8_t*>(p.x.data) + m * lda;
  const int8_t* w = p.w.panel(panel, p.k);
  const size_t gapBytes = gap * p.w.panelBytes(p.k);
  v128_t sum[NP][MR][2];
  for (auto& tile : sum) {
    for (auto& row : tile) row[0] = row[1] = wasm_i32x4_splat(0);
  }
  WF_NO_UNROLL
  for (size_t k = 0; k < kp; k += kGroup, a += kGroup, w += kGroup * kPanel) {
    for (size_t q = 0; q < NP; ++q) {
      const v128_t w0 = wasm_v128_load(w + q * gapBytes), w1 = wasm_v128_load(w + q * gapBytes + 16);
      for (size_t r = 0; r < MR; ++r) {
        const v128_t v = wasm_v128_load32_splat(a + r * lda);
        sum[q][r][0] = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(w0, v, sum[q][r][0]);
        sum[q][r][1] = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(w1, v, sum[q][r][1]);
      }
    }
  }
  for (size_t q = 0; q < NP; ++q) p.finish(m, panel + q * gap, Sums<MR>(sum[q]));
}

template <bool Streams>
void byteRows(const Product& p, size_t from, size_t to, Columns columns) {
  const auto few = [&]<size_t MR, size_t NP>(size_t panel, size_t gap) {
    tileX8C4Q8RelaxedDot<MR, NP>(p, from, panel, gap);
  };
  if (Streams && to - from == 1) return panelStreams<1>(columns, few);
  if (Streams && to - from == 2) return panelStreams<2>(columns, few);
  for (size_t panel = columns.from; panel < columns.to; ++panel) {
    rowTiles<6>(from, to, [&]<size_t MR>(size_t m) { tileX8C4Q8RelaxedDot<MR, 1>(p, m, panel); });
  }
}
#endif

// Widens a panel to [K/2][8 columns][2 k] int16.
void widenPanel(const int8_t* w, size_t kp, int16_t* out) {
  const v128_t low = wasm_i16x8_splat(255), turned = wasm_i16x8_splat(128);
  for (size_t k = 0; k < kp; k += 2, w += 16, out += 16) {
    const v128_t both = wasm_v128_load(w);
    wasm_v128_store(out, wasm_i16x8_sub(wasm_v128_and(both, low), turned));
    wasm_v128_store(out + 8, wasm_i16x8_shr(both, 8));
  }
}

// Tile (tiles.h) of MR rows × a widened panel.
template <size_t MR>
void tileX8C2Q8Dot16(const Product& p, size_t m, size_t panel, const int16_t* w) {
  const size_t kp = paddedK(p.k), lda = p.x.stride;
  const auto* a = static_cast<const int16_t*>(p.x.data) + m * lda;
  v128_t sum[MR][2];
  for (auto& row : sum) row[0] = row[1] = wasm_i32x4_splat(0);
  WF_NO_UNROLL
  for (size_t k = 0; k < kp; k += 2, a += 2, w += 2 * kPanel) {
    const v128_t w0 = wasm_v128_load(w), w1 = wasm_v128_load(w + 8);
    for (size_t r = 0; r < MR; ++r) {
      const v128_t v = wasm_v128_load32_splat(a + r * lda);
      sum[r][0] = wasm_i32x4_add(sum[r][0], wasm_i32x4_dot_i16x8(w0, v));
      sum[r][1] = wasm_i32x4_add(sum[r][1], wasm_i32x4_dot_i16x8(w1, v));
    }
  }
  p.finish(m, panel, Sums<MR>(sum));
}

constexpr size_t kFew = 4;
#ifdef __wasm_relaxed_simd__
constexpr size_t kWideStreams = kStreams;  // used only by engines without an exact dot product of bytes
#else
constexpr size_t kWideStreams = 12;
#endif

// How many values of K are summed as Σ(256·h + l)·a: Σh·a, with |h| ≤ 127 and |a| ≤ 255, must fit in 24 bits.
constexpr size_t kStretch = 256;
static_assert(kStretch * 127 * 255 < size_t(1) << 23);

template <size_t MR, size_t NP>
struct WideSums {
  v128_t lower[NP][MR], upper[NP][MR];  // of columns 0–3 and 4–7
};

// Adds up to kStretch values of K to the sums. A function of its own, so that the compiler assigns registers to these
// sums only.
template <size_t MR, size_t NP>
[[gnu::noinline]] void addStretch(const int16_t* a, size_t lda, const int8_t* w, size_t gapBytes, size_t k,
                                  WideSums<MR, NP>& sums) {
  const v128_t low = wasm_v128_load32_splat(kMasks + 6);
  v128_t both[NP][MR], lower[NP][MR];
  for (size_t q = 0; q < NP; ++q) {
    for (size_t r = 0; r < MR; ++r) both[q][r] = lower[q][r] = wasm_i32x4_splat(0);
  }
  WF_NO_UNROLL
  for (const int8_t* end = w + k * kPanel; w < end; a += 2, w += 2 * kPanel) {
    v128_t v[MR];
    for (size_t r = 0; r < MR; ++r) v[r] = wasm_v128_load32_splat(a + r * lda);
    for (size_t q = 0; q < NP; ++q) {
      const v128_t words = wasm_v128_load(w + q * gapBytes), bytes = wasm_v128_and(words, low);
      for (size_t r = 0; r < MR; ++r) {
        both[q][r] = wasm_i32x4_add(both[q][r], wasm_i32x4_dot_i16x8(words, v[r]));
        lower[q][r] = wasm_i32x4_add(lower[q][r], wasm_i32x4_dot_i16x8(bytes, v[r]));
      }
    }
  }
  for (size_t q = 0; q < NP; ++q) {
    for (size_t r = 0; r < MR; ++r) {
      sums.lower[q][r] = wasm_i32x4_add(sums.lower[q][r], lower[q][r]);
      sums.upper[q][r] = wasm_i32x4_add(sums.upper[q][r], wasm_i32x4_shr(wasm_i32x4_sub(both[q][r], lower[q][r]), 8));
    }
  }
}

// Tile (tiles.h) of MR rows × NP panels, `gap` panels from one to the next, from packed words in place.
template <size_t MR, size_t NP>
void tileX8C2Q8Dot16Packed(const Product& p, size_t m, size_t panel, size_t gap) {
  const size_t kp = paddedK(p.k), lda = p.x.stride, gapBytes = gap * p.w.panelBytes(p.k);
  const auto* a = static_cast<const int16_t*>(p.x.data) + m * lda;
  const int8_t* w = p.w.panel(panel, p.k);
  WideSums<MR, NP> sums;
  for (size_t q = 0; q < NP; ++q) {
    for (size_t r = 0; r < MR; ++r) {
      sums.lower[q][r] = wasm_i32x4_splat(-128 * p.x.zeros[m + r]);
      sums.upper[q][r] = wasm_i32x4_splat(0);
    }
  }
  WF_NO_UNROLL
  for (size_t k = 0; k < kp; k += kStretch)
    addStretch<MR, NP>(a + k, lda, w + k * kPanel, gapBytes, std::min(kStretch, kp - k), sums);
  for (size_t q = 0; q < NP; ++q) {
    v128_t sum[MR][2];
    for (size_t r = 0; r < MR; ++r) {
      sum[r][0] = sums.lower[q][r];
      sum[r][1] = sums.upper[q][r];
    }
    p.finish(m, panel + q * gap, Sums<MR>(sum));
  }
}

template <bool Streams>
void wideRows(const Product& p, size_t from, size_t to, Columns columns, int16_t* scratch) {
  const auto few = [&]<size_t MR, size_t NP>(size_t panel, size_t gap) {
    size_t m = from;
    for (; m + MR <= to; m += MR) tileX8C2Q8Dot16Packed<MR, NP>(p, m, panel, gap);
    if (m < to) tileX8C2Q8Dot16Packed<1, NP>(p, m, panel, gap);
  };
  if (Streams && to - from == 1) return panelStreams<1, kWideStreams>(columns, few);
  if (Streams && to - from <= kFew) return panelStreams<2, std::min<size_t>(kWideStreams, 8)>(columns, few);
  for (size_t panel = columns.from; panel < columns.to; ++panel) {
    widenPanel(p.w.panel(panel, p.k), paddedK(p.k), scratch);
    rowTiles<4>(from, to, [&]<size_t MR>(size_t m) { tileX8C2Q8Dot16<MR>(p, m, panel, scratch); });
  }
}

#ifdef __wasm_relaxed_simd__
// Whether the engine's byte dot is exact for this form: tries values at every limit, with sums that are not zero. The
// loop variables are volatile, so that nothing is computed at build time.
bool exact(ActivationForm form) {
  static const int8_t weights[] = {-127, 127, 1, -1, 64, -64, 100, -100};
  static const uint8_t values[] = {0, 1, 127, 128, 129, 200, 254, 255};
  for (volatile size_t wi = 0; wi < 8; wi = wi + 1) {
    for (volatile size_t vi = 0; vi < 8; vi = vi + 1) {
      alignas(16) int8_t w[16];
      alignas(16) uint8_t v[16];
      for (size_t i = 0; i < 16; ++i) {
        w[i] = weights[(wi + i / 3) % 8];
        v[i] = values[(vi + i / 2) % 8];
      }
      alignas(16) int32_t got[4];
      wasm_v128_store(got, wasm_i32x4_relaxed_dot_i8x16_i7x16_add(wasm_v128_load(w), wasm_v128_load(v),
                                                                  wasm_i32x4_make(7, -9, 1 << 20, -5)));
      const int32_t start[4] = {7, -9, 1 << 20, -5};
      for (size_t lane = 0; lane < 4; ++lane) {
        int32_t want = start[lane];
        for (size_t i = 4 * lane; i < 4 * lane + 4; ++i)
          want += w[i] * (form == ActivationForm::Signed ? int32_t(int8_t(v[i])) : int32_t(v[i]));
        if (want != got[lane]) return false;
      }
    }
  }
  return true;
}
#endif

bool possible(ActivationForm form) {
#ifdef __wasm_relaxed_simd__
  if (form != ActivationForm::Wide) return exact(form);
#endif
  return form == ActivationForm::Wide;
}

ActivationForm probe() {
  for (ActivationForm form : {ActivationForm::Unsigned, ActivationForm::Signed}) {
    if (possible(form)) return form;
  }
  return ActivationForm::Wide;
}

bool gProbed = false;

}  // namespace

ActivationForm activationForm() {
  if (!gProbed) {
    gForm = probe();
    gProbed = true;
  }
  return gForm;
}

bool forceActivationForm(ActivationForm form) {
  if (!possible(form)) return false;
  gForm = form;
  gProbed = true;
  return true;
}

template <bool Streams>
void productQ8(Arena& arena, const QuantizedRows& x, const Matrix& w, Columns columns, const Output& out) {
  const Product p{x, *w.q8(), w.k(), out};
  const size_t block = rowBlock(x.stride * (x.form == ActivationForm::Wide ? 2 : 1));
  const Arena::Mark mark = arena.mark();
  int16_t* scratch = nullptr;
  if (x.form == ActivationForm::Wide && (!Streams || x.rows > kFew)) {
    scratch = arena.alloc<int16_t>(paddedK(w.k()) * kPanel);
    if (!scratch) return;
  }
  for (size_t from = 0; from < x.rows; from += block) {
    const size_t to = std::min(x.rows, from + block);
#ifdef __wasm_relaxed_simd__
    if (x.form != ActivationForm::Wide) {
      byteRows<Streams>(p, from, to, columns);
      continue;
    }
#endif
    wideRows<Streams>(p, from, to, columns, scratch);
  }
  arena.release(mark);
}

template void productQ8<false>(Arena&, const QuantizedRows&, const Matrix&, Columns, const Output&);
template void productQ8<true>(Arena&, const QuantizedRows&, const Matrix&, Columns, const Output&);

}  // namespace wasmformers::kernels::simd
