// Byte-level text as GPT-2 has it: each byte of the UTF-8 text stands as a printable character (a space as Ġ), and a
// fixed pattern cuts the text into words. Shared by the pre-tokenizer, the normalizer and the decoder of that name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tokenizer/normalizers/normalized_string.h"

namespace wasmformers::tokenizer {

/// The character that stands for a byte: itself where it is printable, else 256 + its rank among the others.
uint32_t characterOfByte(uint8_t byte);
/// The byte that a character stands for, or -1.
int byteOfCharacter(uint32_t c);

/// Where the word that begins at `from` ends, by GPT-2's pattern:
/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// `from` must be smaller than the text's size; every character belongs to some word.
size_t endOfGpt2Word(std::string_view text, size_t from);

/// Writes the byte-level form of `in` (room for two bytes each) and returns where it ends.
char* writeByteLevel(std::string_view in, char* to);

/// Rewrites s into its byte-level form; every byte keeps the span that it had.
void toByteLevel(NormalizedString& s);

}  // namespace wasmformers::tokenizer
