// A quantized matrix in the one form that all formats share: a code for each weight, and a scale and a zero point for
// each group of weights. w = scale · (code − zero), or scale · table[code] where codes stand for floats. Each format
// says where its codes lie; rows are decoded from the file's bytes when they are packed.
#pragma once

#include <cstring>

#include "base/buffer.h"
#include "kernels/grid_rows.h"

namespace wasmformers::weights::quantized {

/// Reads `count` numbers of `bits` (1 to 8) from a stream of little-endian 32-bit words that are `step` bytes apart.
/// The lowest bits come first; a number may begin in one word and end in the next.
void unpackBits(const std::byte* words, size_t step, size_t bits, size_t count, uint8_t* out);

/// Where AWQ packs column j of eight: their nibbles stand in the order 0 2 4 6 1 3 5 7.
constexpr unsigned awqShift(size_t j) { return unsigned(4 * (j % 2 * 4 + j % 8 / 2)); }

inline uint32_t wordAt(const std::byte* at) {
  uint32_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

struct Grid {
  enum class Order : uint8_t {
    Words,        // row r: a stream of words from rowBytes · r on, wordBytes apart
    Bytes,        // row r: k bytes
    AwqColumns,   // one word for 8 rows and one column: from wordBytes · column + 4 · (r / 8) on
    HighNibbles,  // all rows one after the other, the high nibble of a byte first
  };

  size_t n = 0, k = 0;
  // --- codes
  const std::byte* codes = nullptr;
  Order order = Order::Words;
  size_t bits = 8, wordBytes = 4, rowBytes = 0;
  bool isSigned = false;  // Bytes: int8, read as code = q + 128
  // --- what they mean
  Buffer scales;   // f32
  Buffer zeros;    // f32 in units of codes, one for each scale; empty: `zero` everywhere
  Buffer table;    // f32 of each code; empty: codes are integers
  Buffer groupOf;  // uint32 [k]: each column's group; empty: column / groupSize
  float zero = 0;
  size_t groupSize = 1;     // columns that share a scale
  size_t groups = 1;        // of a row
  size_t rowsPerScale = 1;  // rows that share a scale
  bool flat = false;        // groups go on from one row to the next: (r · k + column) / groupSize

  /// The codes of row r, [k].
  void codesOf(size_t r, uint8_t* out) const;
  /// Row r as floats, [k]; `scratch` has room for k codes.
  void decode(size_t r, uint8_t* scratch, float* out) const;

  /// Rows [from, from + count) as integers with their scales and zeros, for a packed form that has this grid. The
  /// arrays belong to `room`. False: the matrix has no such form (codes of floats; groups that end inside a row's
  /// group of another row).
  struct Room {
    Buffer q, scales, zeros;
  };
  Result<bool> rows(size_t from, size_t count, Room& room, kernels::GridRows& out) const;
};

}  // namespace wasmformers::weights::quantized
