// The generated Unicode data (unicode_tables.cpp, made by tools/generate-unicode.py), read through text/unicode.h
// and text/normal_forms.h only. Two stages: block of 128 code points, then a record per code point.
#pragma once

#include <cstdint>

namespace wasmformers::text::tables {

extern const uint16_t kBlockOf[0x110000 / 128];
extern const uint8_t kRecordOf[];
extern const uint32_t kRecords[];

// Full decompositions, packed: the distance of each key to the one before (LEB128), the length of its image, and the
// images in UTF-8 behind each other. Nfkd holds only what differs from Nfd. Hangul is arithmetic.
extern const uint8_t kNfdDistances[], kNfdLengths[];
extern const char kNfdText[];
extern const int kNfdCount;
extern const uint8_t kNfkdDistances[], kNfkdLengths[];
extern const char kNfkdText[];
extern const int kNfkdCount;

// first, first + stride, … last map to themselves plus delta. U+0130 is not here: it becomes two characters.
struct LowerRange { int32_t first, last, stride, delta; };
extern const LowerRange kLower[];
extern const int kLowerCount;

// Runs of code points of one script (0: of none), as far as UnicodeScripts tells them apart: the distance of each run's
// first code point to the one before (LEB128), and the script's number.
extern const uint8_t kScriptDistances[], kScriptNumbers[];
extern const int kScriptCount;

}  // namespace wasmformers::text::tables
