// The kinds of characters that the patterns of tokenizers tell apart. Every character is of exactly one kind. The kinds
// are fine enough that each set of characters in the known patterns is a union of kinds, so a set is a bit mask.
// ASCII has kinds of its own where patterns name A-Z, 0-9 or /. So have the ideographs and kana that DeepSeek's
// patterns name (一-龥, ぀-ヿ).
#pragma once

#include <cstdint>

namespace wasmformers::tokenizer {

enum CharacterKind : uint32_t {
  kNewline = 1 << 0,       // \r and \n
  kBlank = 1 << 1,         // U+0020
  kOtherSpace = 1 << 2,    // the rest of \s
  kUpper = 1 << 3,         // Lu and Lt
  kLower = 1 << 4,         // Ll
  kAsciiUpper = 1 << 5,    // A-Z
  kAsciiLower = 1 << 6,    // a-z
  kOtherLetter = 1 << 7,   // Lm and Lo
  kCjkLetter = 1 << 8,     // Lm and Lo among DeepSeek's ideographs and kana
  kMark = 1 << 9,          // M
  kCjkMark = 1 << 10,      // M among them
  kDecimal = 1 << 11,      // Nd
  kAsciiDigit = 1 << 12,   // 0-9
  kOtherNumber = 1 << 13,  // Nl and No
  kPunctuation = 1 << 14,  // P
  kAsciiPunctuation = 1 << 15,
  kSlash = 1 << 16,  // U+002F
  kCjkPunctuation = 1 << 17,
  kSymbol = 1 << 18,  // S
  kAsciiSymbol = 1 << 19,
  kCjkSymbol = 1 << 20,
  kRest = 1 << 21,
  kCjkRest = 1 << 22,
};

/// A set of characters: the kinds that are in it.
using CharacterKinds = uint32_t;

constexpr CharacterKinds kAll = (1 << 23) - 1, kSpace = kNewline | kBlank | kOtherSpace;
constexpr CharacterKinds kUppers = kUpper | kAsciiUpper, kLowers = kLower | kAsciiLower,
                         kOthers = kOtherLetter | kCjkLetter;
constexpr CharacterKinds kLetters = kUppers | kLowers | kOthers, kMarks = kMark | kCjkMark,
                         kDecimals = kDecimal | kAsciiDigit;
constexpr CharacterKinds kNumbers = kDecimals | kOtherNumber;
constexpr CharacterKinds kPunctuations = kPunctuation | kAsciiPunctuation | kSlash | kCjkPunctuation;
constexpr CharacterKinds kSymbols = kSymbol | kAsciiSymbol | kCjkSymbol;
constexpr CharacterKinds kCjk = kCjkLetter | kCjkMark | kCjkPunctuation | kCjkSymbol | kCjkRest;

}  // namespace wasmformers::tokenizer
