// Numbers as Rust's serde_json reads them, to the last bit: the digits make an integer, which a power of ten scales.
// That rounds twice, so a fraction of 17 digits is often one unit off the nearest double. The scores of a Unigram
// vocabulary are such fractions, and their sums decide how a word is cut. After serde_json's de.rs (parse_decimal,
// f64_from_parts; without its feature float_roundtrip).
#pragma once

#include <cstdint>
#include <string_view>

namespace wasmformers::json {

struct RustNumber {
  bool valid = false;    // false: too large for a double
  bool integer = false;  // written without fraction and exponent, and fits into 64 bits
  bool negative = false;
  uint64_t magnitude = 0;  // of an integer: its absolute value
  double real = 0;
};

/// Reads a number. `text` must be well-formed JSON.
RustNumber readRustNumber(std::string_view text);

}  // namespace wasmformers::json
