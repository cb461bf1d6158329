// The generated Unicode data (unicode_tables.cpp, made by tools/generate-unicode.py), which only text/unicode.h and
// text/normal_forms.h use. Tables have two stages: blocks of 128 code points, then a record per code point.
#pragma once

#include <cstdint>

namespace wasmformers::text::tables {

extern const uint16_t kBlockOf[0x110000 / 128];
extern const uint8_t kRecordOf[];
extern const uint32_t kRecords[];

// Full decompositions, packed: the distance of each key from the key before (LEB128), the length of its decomposition,
// and the decompositions in UTF-8, one after the other. Nfkd has only those that differ from Nfd. Hangul is computed.
extern const uint8_t kNfdDistances[], kNfdLengths[];
extern const char kNfdText[];
extern const int kNfdCount;
extern const uint8_t kNfkdDistances[], kNfkdLengths[];
extern const char kNfkdText[];
extern const int kNfkdCount;

// The lowercase of first, first + stride, … last is the character plus delta. U+0130 is not here, because it becomes
// two characters.
struct LowerRange { int32_t first, last, stride, delta; };
extern const LowerRange kLower[];
extern const int kLowerCount;

// Runs of code points of one script, as UnicodeScripts distinguishes them (0: no script): the distance of each run's
// first code point from that of the run before (LEB128), and the script's number.
extern const uint8_t kScriptDistances[], kScriptNumbers[];
extern const int kScriptCount;

}  // namespace wasmformers::text::tables
