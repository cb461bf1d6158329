// See base64.h.
// Optimize: least
#include "tokenizer/base64.h"

#include <cstdint>

namespace wasmformers::tokenizer {

bool decodeBase64(std::string_view in, std::string& out) {
  uint32_t bits = 0;
  int have = 0;
  while (!in.empty() && in.back() == '=') in.remove_suffix(1);
  for (char c : in) {
    uint32_t v;
    if (c >= 'A' && c <= 'Z')
      v = uint32_t(c - 'A');
    else if (c >= 'a' && c <= 'z')
      v = uint32_t(c - 'a' + 26);
    else if (c >= '0' && c <= '9')
      v = uint32_t(c - '0' + 52);
    else if (c == '+')
      v = 62;
    else if (c == '/')
      v = 63;
    else
      return false;
    bits = bits << 6 | v;
    if ((have += 6) >= 8) out += char(bits >> (have -= 8) & 0xFF);
  }
  return true;
}

void encodeBase64(std::string_view in, std::string& out) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto at = [&](size_t i) { return i < in.size() ? uint32_t(static_cast<unsigned char>(in[i])) : 0u; };
  for (size_t i = 0; i < in.size(); i += 3) {
    const uint32_t bits = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    out += digits[bits >> 18];
    out += digits[bits >> 12 & 63];
    out += i + 1 < in.size() ? digits[bits >> 6 & 63] : '=';
    out += i + 2 < in.size() ? digits[bits & 63] : '=';
  }
}

}  // namespace wasmformers::tokenizer
