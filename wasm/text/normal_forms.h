// The four Unicode normal forms (UAX #15), with the changes by which a caller keeps its alignment to the original.
// Data and order of operations are those of the crate unicode-normalization-alignments 0.1.12 (Unicode 9).
#pragma once

#include <string_view>
#include <vector>

#include "text/unicode.h"

namespace wasmformers::text {

enum class Form { Nfd, Nfkd, Nfc, Nfkc };

/// A character of the result. change 0: replaces the next character of the input. 1: was added. -n: replaces the next
/// 1 + n characters.
struct Changed {
  uint32_t character;
  int32_t change;
};

/// Fills `out` with the normal form of valid UTF-8. False, and `out` unchanged, where a quick check shows that the text
/// is in that form already (ASCII always is).
bool normalForm(std::string_view text, Form form, std::vector<Changed>& out);

/// The full canonical or compatibility decomposition of c as UTF-8; "" where c does not decompose or is Hangul.
std::string_view decomposition(uint32_t c, bool compatibility);

/// The character that a and b compose to, or 0.
uint32_t compose(uint32_t a, uint32_t b);

/// Calls put(part) for the Jamo of a Hangul syllable.
template <class Put>
void forJamo(uint32_t syllable, Put put) {
  const uint32_t i = syllable - 0xAC00;
  put(0x1100 + i / 588);
  put(0x1161 + i % 588 / 28);
  if (i % 28) put(0x11A7 + i % 28);
}

}  // namespace wasmformers::text
