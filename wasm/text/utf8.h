// UTF-8. Inside the tokenizer every text is valid UTF-8: makeValid() is called once on bytes from outside, so decode()
// needs no checks. Offsets are bytes; Utf16Offsets converts them to JavaScript's string indices.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wasmformers::text {

constexpr uint32_t kReplacement = 0xFFFD;

/// Bytes of the character that starts with `lead` (valid UTF-8).
inline int lengthOf(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

/// Bytes that `c` takes.
inline int encodedLength(uint32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

/// The code point at p of valid UTF-8. Moves p past it.
inline uint32_t decode(const char*& p) {
  const auto* s = reinterpret_cast<const unsigned char*>(p);
  if (s[0] < 0x80) return p += 1, s[0];
  if (s[0] < 0xE0) return p += 2, uint32_t(s[0] & 0x1F) << 6 | (s[1] & 0x3F);
  if (s[0] < 0xF0) return p += 3, uint32_t(s[0] & 0x0F) << 12 | uint32_t(s[1] & 0x3F) << 6 | (s[2] & 0x3F);
  p += 4;
  return uint32_t(s[0] & 0x07) << 18 | uint32_t(s[1] & 0x3F) << 12 | uint32_t(s[2] & 0x3F) << 6 | (s[3] & 0x3F);
}

/// The last code point before p. Moves p to its start.
inline uint32_t decodeBack(const char*& p) {
  do --p;
  while ((static_cast<unsigned char>(*p) & 0xC0) == 0x80);
  const char* at = p;
  return decode(at);
}

/// Writes c at `to` (room for 4 bytes) and returns how many bytes it took.
inline int encode(uint32_t c, char* to) {
  if (c < 0x80) return to[0] = char(c), 1;
  if (c < 0x800) return to[0] = char(0xC0 | c >> 6), to[1] = char(0x80 | (c & 0x3F)), 2;
  if (c < 0x10000) {
    to[0] = char(0xE0 | c >> 12), to[1] = char(0x80 | (c >> 6 & 0x3F)), to[2] = char(0x80 | (c & 0x3F));
    return 3;
  }
  to[0] = char(0xF0 | c >> 18), to[1] = char(0x80 | (c >> 12 & 0x3F));
  to[2] = char(0x80 | (c >> 6 & 0x3F)), to[3] = char(0x80 | (c & 0x3F));
  return 4;
}

inline void append(std::string& out, uint32_t c) {
  char bytes[4];
  out.append(bytes, size_t(encode(c, bytes)));
}

/// How many characters the valid UTF-8 text has.
size_t countCharacters(std::string_view text);
/// Its length in UTF-16 code units.
size_t utf16Length(std::string_view text);

bool isAscii(std::string_view text);
bool isValid(std::string_view text);

/// `text` itself when it is valid UTF-8; otherwise a copy in `storage` where each ill-formed part (as the Encoding
/// Standard counts them: the longest prefix of a character, or one byte) became U+FFFD.
std::string_view makeValid(std::string_view text, std::string& storage);

/// Translates byte offsets of one text into UTF-16 code units. Offsets inside a character give the place before it.
class Utf16Offsets {
 public:
  explicit Utf16Offsets(std::string_view text);
  uint32_t operator()(uint32_t byte) const {
    return ascii_ ? byte : units_[byte < units_.size() ? byte : units_.size() - 1];
  }

 private:
  bool ascii_;
  std::vector<uint32_t> units_;  // per byte, and one for the end
};

}  // namespace wasmformers::text
