// Runs work on some rows at a time. The inner activations of a feed-forward part are several times as wide as its
// input; those of one block stay in the second-level cache.
#pragma once

#include <algorithm>

#include "base/arena.h"

namespace wasmformers::nn {

/// Calls f(from, count) for blocks of the rows 0 … rows − 1, and releases what each call allocated.
template <class F>
void inRowBlocks(Arena& arena, size_t rows, F&& f) {
  constexpr size_t kRowBlock = 128;
  const Arena::Mark mark = arena.mark();
  for (size_t from = 0; from < rows; from += kRowBlock) {
    f(from, std::min(kRowBlock, rows - from));
    arena.release(mark);
  }
}

}  // namespace wasmformers::nn
