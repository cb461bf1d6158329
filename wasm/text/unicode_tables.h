// The generated Unicode data (unicode_tables.cpp, made by tools/generate-unicode.py), read through text/unicode.h
// and text/normal_forms.h only. Two stages: block of 128 code points, then a record per code point.
#pragma once

#include <cstdint>

namespace wasmformers::text::tables {

extern const uint16_t kBlockOf[0x110000 / 128];
extern const uint8_t kRecordOf[];
extern const uint32_t kRecords[];

// Full decompositions: keys of one plane (0, 1, 2) are sorted in kPlanes[plane] .. kPlanes[plane + 1]; the image of
// key i is UTF-8 in Text[Offsets[i] .. Offsets[i + 1]]. Nfkd holds only what differs from Nfd. Hangul is arithmetic.
extern const uint16_t kNfdPlanes[4], kNfdKeys[], kNfdOffsets[];
extern const unsigned char kNfdText[];
extern const uint16_t kNfkdPlanes[4], kNfkdKeys[], kNfkdOffsets[];
extern const unsigned char kNfkdText[];

// first, first + stride, … last map to themselves plus delta. U+0130 is not here: it becomes two characters.
struct LowerRange { int32_t first, last, stride, delta; };
extern const LowerRange kLower[];
extern const int kLowerCount;

// Sorted by (first, second).
struct Composition16 { uint16_t first, second, composed; };
struct Composition32 { uint32_t first, second, composed; };
extern const Composition16 kCompositions16[];
extern const int kCompositions16Count;
extern const Composition32 kCompositions32[];
extern const int kCompositions32Count;

}  // namespace wasmformers::text::tables
