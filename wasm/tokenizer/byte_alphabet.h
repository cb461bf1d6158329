// GPT-2's alphabet for bytes: each byte of the UTF-8 text stands as a printable character (a space as Ġ). Text in this
// alphabet is called byte-level text. After bytes_to_unicode() of OpenAI's GPT-2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wasmformers::tokenizer {

/// The character that stands for a byte: itself where it is printable, else 256 + its rank among the others.
uint32_t characterOfByte(uint8_t byte);
/// The byte that a character stands for, or -1.
int byteOfCharacter(uint32_t c);

/// Writes the byte-level form of `in` to `to` (at most two bytes for each byte) and returns its end.
char* writeByteLevel(std::string_view in, char* to);
/// Appends the bytes that a byte-level token stands for. A token with any other character stands for itself.
void appendByteLevel(std::string_view token, std::string& bytes);

}  // namespace wasmformers::tokenizer
