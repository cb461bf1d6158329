// See byte_alphabet.h.
// Optimize: speed
#include "tokenizer/byte_alphabet.h"

#include "text/utf8.h"

namespace wasmformers::tokenizer {
namespace {

bool isPrintable(uint32_t b) { return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE; }

struct Alphabet {
  uint16_t character[256];
  int16_t byte[512];
  char utf8[256][2];
  uint8_t length[256];
  Alphabet() {
    for (int16_t& b : byte) b = -1;
    uint16_t next = 256;
    for (uint32_t b = 0; b < 256; ++b) {
      character[b] = isPrintable(b) ? uint16_t(b) : next++;
      byte[character[b]] = int16_t(b);
      length[b] = uint8_t(text::encode(character[b], utf8[b]));
    }
  }
};
const Alphabet& alphabet() {
  static const Alphabet t;
  return t;
}

}  // namespace

uint32_t characterOfByte(uint8_t byte) { return alphabet().character[byte]; }
int byteOfCharacter(uint32_t c) { return c < 512 ? alphabet().byte[c] : -1; }

char* writeByteLevel(std::string_view in, char* to) {
  const Alphabet& t = alphabet();
  for (char c : in) {
    const auto b = static_cast<unsigned char>(c);
    to[0] = t.utf8[b][0];
    to[1] = t.utf8[b][1];
    to += t.length[b];
  }
  return to;
}

void appendByteLevel(std::string_view token, std::string& bytes) {
  const size_t before = bytes.size();
  for (const char *p = token.data(), *end = p + token.size(); p < end;) {
    const int b = byteOfCharacter(text::decode(p));
    if (b >= 0) {
      bytes += char(b);
      continue;
    }
    bytes.resize(before);  // an added token, say
    bytes += token;
    return;
  }
}

}  // namespace wasmformers::tokenizer
