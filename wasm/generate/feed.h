// What a search asks of the model.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmformers::generate {

/// What the model runs next, and behind which cached rows. Valid until the search has its scores.
struct Feed {
  const int32_t* ids = nullptr;   // [rows, length]
  const uint8_t* mask = nullptr;  // [rows, length], 0: padding
  size_t rows = 0, length = 0;
  /// [rows]: row r goes on behind row from[r] of the feed before. nullptr: behind row r; the first feed and a replay
  /// begin new texts.
  const uint32_t* from = nullptr;
  /// [rows]: which prompt each row goes on with. nullptr: row r with prompt r.
  const uint32_t* prompts = nullptr;
};

}  // namespace wasmformers::generate
