// See utf8.h. Ill-formed sequences follow the Encoding Standard's "maximal subpart" practice, as Rust's
// from_utf8_lossy and JavaScript's TextDecoder do.
#include "text/utf8.h"

#include <bit>
#include <cstring>

namespace wasmformers::text {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080u;

size_t asciiPrefix(std::string_view t) {
  size_t i = 0;
  for (; i + 8 <= t.size(); i += 8) {
    uint64_t eight;
    std::memcpy(&eight, t.data() + i, 8);
    if (eight & kHighBits) return i + size_t(std::countr_zero(eight & kHighBits)) / 8;
  }
  while (i < t.size() && static_cast<unsigned char>(t[i]) < 0x80) ++i;
  return i;
}

// The length in bytes of the well-formed character at s, which n bytes follow; or minus the length of the ill-formed
// part there.
int checkOne(const unsigned char* s, size_t n) {
  const unsigned char a = s[0];
  if (a < 0x80) return 1;
  if (a < 0xC2 || a > 0xF4) return -1;
  const int need = a < 0xE0 ? 1 : a < 0xF0 ? 2 : 3;
  unsigned char low = 0x80, high = 0xBF;  // of the second byte: no overlong forms, no surrogates, at most U+10FFFF
  if (a == 0xE0)
    low = 0xA0;
  else if (a == 0xED)
    high = 0x9F;
  else if (a == 0xF0)
    low = 0x90;
  else if (a == 0xF4)
    high = 0x8F;
  for (int i = 1; i <= need; ++i) {
    if (size_t(i) >= n || s[i] < low || s[i] > high) return -i;
    low = 0x80, high = 0xBF;
  }
  return need + 1;
}

}  // namespace

bool isAscii(std::string_view t) { return asciiPrefix(t) == t.size(); }

size_t countCharacters(std::string_view t) {
  size_t n = 0;
  for (char c : t) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

size_t utf16Length(std::string_view t) {
  size_t n = 0;
  for (char c : t)
    n += size_t((static_cast<unsigned char>(c) & 0xC0) != 0x80) + size_t(static_cast<unsigned char>(c) >= 0xF0);
  return n;
}

namespace {
// Where the first ill-formed part begins; the text's size where there is none.
size_t validPrefix(std::string_view t) {
  size_t i = asciiPrefix(t);
  const auto* s = reinterpret_cast<const unsigned char*>(t.data());
  const auto follows = [](unsigned char c) { return (c & 0xC0) == 0x80; };
  while (i < t.size()) {
    // The characters of most scripts, without checkOne()'s cases.
    if (t.size() - i >= 3 && follows(s[i + 1])) {
      if (s[i] >= 0xC2 && s[i] < 0xE0) {
        i += 2;
        continue;
      }
      if (s[i] > 0xE0 && s[i] < 0xF0 && s[i] != 0xED && follows(s[i + 2])) {
        i += 3;
        continue;
      }
    }
    const int n = checkOne(reinterpret_cast<const unsigned char*>(t.data()) + i, t.size() - i);
    if (n < 0) return i;
    i += size_t(n);
    if (n == 1) i += asciiPrefix(t.substr(i));
  }
  return i;
}
}  // namespace

bool isValid(std::string_view t) { return validPrefix(t) == t.size(); }

std::string_view makeValid(std::string_view t, std::string& storage) {
  size_t i = validPrefix(t);
  if (i == t.size()) return t;
  storage.assign(t.data(), i);
  while (i < t.size()) {
    const int n = checkOne(reinterpret_cast<const unsigned char*>(t.data()) + i, t.size() - i);
    if (n > 0)
      storage.append(t, i, size_t(n));
    else
      append(storage, kReplacement);
    i += size_t(n > 0 ? n : -n);
  }
  return storage;
}

Utf16Offsets::Utf16Offsets(std::string_view t) : ascii_(isAscii(t)) {
  if (ascii_) return;
  units_.resize(t.size() + 1);
  uint32_t unit = 0;
  for (size_t i = 0; i < t.size();) {
    const int n = lengthOf(static_cast<unsigned char>(t[i]));
    for (int k = 0; k < n && i < t.size(); ++k) units_[i++] = unit;
    unit += n == 4 ? 2 : 1;
  }
  units_[t.size()] = unit;
}

}  // namespace wasmformers::text
