// How a product is cut into register tiles: over its rows, and for a few rows over its panels of 8 columns.
//
// Functions that compute one tile are named tileX8C4Q8RelaxedDot<MR, NP>, as XNNPACK names its kernels:
//   MR, NP      rows, and panels that are computed together
//   X8          columns of a panel
//   C4          values of K that one instruction multiplies and adds; without it: one
//   Q8          the format of the weights
//   RelaxedDot  the instruction: i32x4.relaxed_dot_i8x16_i7x16_add; Dot16: i32x4.dot_i16x8_s; Madd: multiply and add
//   Packed, Nibbles    the weights are used in place, not unpacked beforehand
#pragma once

#include <cstddef>

#include "kernels/simd/simd.h"

namespace wasmformers::kernels::simd {

/// Calls tile<MR>(m) for rows [from, to), up to Max (6, 4 or 3) at a time. 8 and 7 rows are cut to 4 + 4 and 4 + 3, not
/// to 6 and a small rest.
template <size_t Max, class F>
void rowTiles(size_t from, size_t to, F&& tile) {
  size_t m = from;
  for (; to - m >= Max && (to - m >= Max + 3 || to - m == Max); m += Max) tile.template operator()<Max>(m);
  while (m < to) {
    switch (to - m) {
      case 1: tile.template operator()<1>(m); return;
      case 2: tile.template operator()<2>(m); return;
      case 3: tile.template operator()<3>(m); return;
      case 5:
        if constexpr (Max > 5) {
          tile.template operator()<5>(m);
          return;
        }
        [[fallthrough]];
      default: tile.template operator()<4>(m); m += 4;
    }
  }
}

/// With few rows a product waits for memory. Neighbouring panels would be read in short pieces, and the processor's
/// prefetchers stop at the end of each. Several long streams, each in a page of its own, are 1.1 to 2.4 times as fast
/// (tests/bench/kernels/RESULTS.md). This is their number for one row; for two rows it is half.
inline constexpr size_t kStreams = 6;
/// Calls tile<MR, NP>(panel, gap) for tiles of MR rows: Streams / MR panels at a time, each `gap` panels after the one
/// before, and one by one for the last few. Gaps are odd, because even ones are often multiples of a page, and then all
/// streams compete for the same lines of the first-level cache (3 to 10 % of the time).
template <size_t MR, size_t Streams = kStreams, class F>
void panelStreams(Columns columns, F&& tile) {
  constexpr size_t NP = Streams / MR;
  size_t panel = columns.from;
  while (columns.to - panel >= NP) {
    const size_t gap = ((columns.to - panel) / NP - 1) | 1;
    for (size_t i = 0; i < gap; ++i) tile.template operator()<MR, NP>(panel + i, gap);
    panel += NP * gap;
  }
  for (; panel < columns.to; ++panel) tile.template operator()<MR, 1>(panel, size_t(1));
}

}  // namespace wasmformers::kernels::simd
