// How a product is cut into register tiles: its rows, and for a few rows its panels of 8 columns.
#pragma once

#include <cstddef>

#include "kernels/simd/simd.h"

namespace wasmformers::kernels::simd {

/// Calls tile<MR>(m) over rows [from, to), Max (6, 4 or 3) of them at a time; 8 and 7 rows are 4 + 4 and 4 + 3, never 6
/// and a thin rest.
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

/// With few rows a product waits for memory. Neighbouring panels are read in short pieces that the processor's
/// prefetchers lose at every end; several long streams, each in a page of its own, came 1.1 to 2.4 times as fast
/// (tests/bench/kernels/RESULTS.md). So many for one row, half of them for two.
inline constexpr size_t kStreams = 6;
/// Calls tile<MR, NP>(panel, gap) for tiles of MR rows: Streams / MR panels at a time, each `gap` after the one before,
/// and one by one for the last few. Gaps are odd: even ones easily make whole pages, and then all streams want the same
/// lines of the first-level cache (3 to 10 % of the time).
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
