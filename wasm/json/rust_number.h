// Numbers as Rust's serde_json reads them, to the last bit: digits become an integer, which a power of ten then scales.
// That rounds twice, so that a fraction of 17 digits is often one unit off the nearest double; the scores of a Unigram
// vocabulary are such fractions, and sums of them decide between ways to cut a word. After serde_json's de.rs
// (parse_decimal, f64_from_parts; without its feature float_roundtrip).
#pragma once

#include <cstdint>
#include <string_view>

namespace wasmformers::json {

struct RustNumber {
  bool valid = false;    // false: beyond the doubles
  bool integer = false;  // written without fraction and exponent, and fits into 64 bits
  bool negative = false;
  uint64_t magnitude = 0;  // of an integer
  double real = 0;
};

/// Reads a number that is well-formed JSON.
RustNumber readRustNumber(std::string_view text);

}  // namespace wasmformers::json
