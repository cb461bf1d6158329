// How a product's rows are cut into register tiles.
#pragma once

#include <cstddef>

namespace wasmformers::kernels::simd {

/// Calls tile<MR>(m) over rows [from, to), Max (6 or 4) of them at a time; 8 and 7 rows are 4 + 4 and 4 + 3, never 6 and a thin rest.
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

}  // namespace wasmformers::kernels::simd
