// Properties of code points, exactly as the reference (Rust `tokenizers` 0.23.3) sees them. It mixes the Unicode
// versions of its crates, so each property here is named after what the reference asks, not after a standard.
// Two-stage tables made by tools/generate-unicode.py.
#pragma once

#include <cstdint>
#include <string>

#include "text/unicode_tables.h"

namespace wasmformers::text {

/// Bits of a record; tools/generate-unicode.py has the same list.
enum Property : uint32_t {
  kWhiteSpace = 1 << 0,   // Rust's char::is_whitespace
  kOther = 1 << 1,        // BertNormalizer's control characters: Cc, Cf, Co of the crate unicode_categories
  kPunctuation = 1 << 2,  // what Punctuation and BertPreTokenizer split off
  kNonspacing = 1 << 3,   // Mn of unicode_categories: BertNormalizer's accents
  kMark = 1 << 4,         // M of unicode-normalization-alignments: StripAccents
  kWord = 1 << 5,         // \w of the regex crate: Whitespace, single_word
  kNumeric = 1 << 6,      // Rust's char::is_numeric: Digits
  kCjk = 1 << 7,          // BertNormalizer's Chinese characters
  kLower = 1 << 8,        // has another lowercase
  kNfd = 1 << 9,          // has a canonical decomposition (Hangul: isHangul)
  kNfkd = 1 << 10,        // has another compatibility decomposition
  kComposes = 1 << 11,    // can be the second half of a composition
  kComposite = 1 << 12,   // NFC makes it of its decomposition
  kExtends = 1 << 13,     // goes on with the grapheme cluster before it (UAX #29, unicode-segmentation): Precompiled
};

/// General category as the regex engine of the patterns (Oniguruma) has it.
enum class Category : uint8_t {
  Cn,
  Lu,
  Ll,
  Lt,
  Lm,
  Lo,
  Mn,
  Mc,
  Me,
  Nd,
  Nl,
  No,
  Pc,
  Pd,
  Ps,
  Pe,
  Pi,
  Pf,
  Po,
  Sm,
  Sc,
  Sk,
  So,
  Zs,
  Zl,
  Zp,
  Cc,
  Cf,
  Co
};

/// Properties (bits 0–13), category (bits 16–20) and combining class (bits 24–31) of a code point below 0x110000.
inline uint32_t record(uint32_t c) {
  return tables::kRecords[tables::kRecordOf[tables::kBlockOf[c >> 7] * 128 + (c & 127)]];
}
inline bool is(uint32_t c, uint32_t properties) { return record(c) & properties; }
inline Category categoryOf(uint32_t record) { return Category(record >> 16 & 31); }
inline uint32_t combiningClassOf(uint32_t record) { return record >> 24; }

inline bool isHangul(uint32_t c) { return c - 0xAC00u < 11172u; }

/// Number of the script that UnicodeScripts takes c for: Han with kana is one; 0 where it belongs to any.
uint8_t scriptOf(uint32_t c);

/// Lowercase of c where that is one character, else c. U+0130, the one exception, becomes i and U+0307: use
/// forLowercase for texts.
uint32_t lowercase(uint32_t c);
/// Calls put(character) for each character of c's lowercase.
template <class Put>
void forLowercase(uint32_t c, Put put) {
  if (c == 0x130)
    put('i'), put(0x307u);
  else
    put(lowercase(c));
}

}  // namespace wasmformers::text
