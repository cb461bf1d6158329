// See text_scanner.h.
#include "tokenizer/models/text_scanner.h"

#include <algorithm>

#include "text/utf8.h"
#include "tokenizer/models/text_blocks.h"

namespace wasmformers::tokenizer {

bool TextScanner::string(std::string_view& out, int slot) {
  if (!take('"')) return false;
  const char* from = at_;
  bool plain = true;
  for (; end_ - at_ >= 16; at_ += 16) {
    if (const uint64_t ends = Block<1>(at_).endsString()) {
      at_ += std::countr_zero(ends);
      break;
    }
  }
  for (;; ++at_) {
    if (at_ == end_ || static_cast<unsigned char>(*at_) < 0x20) return false;
    if (*at_ == '"') break;
    if (*at_ != '\\') continue;
    plain = false;
    if (++at_ == end_) return false;
  }
  const char* to = at_++;
  out = {from, size_t(to - from)};
  if (plain) return true;
  if (!unescape(from, to, unescaped_[slot])) return false;
  out = unescaped_[slot];
  return true;
}

bool TextScanner::unescape(const char* p, const char* end, std::string& out) {
  out.clear();
  const auto hex = [&](uint32_t& v) {
    v = 0;
    for (int i = 0; i < 4; ++i, ++p) {
      if (p == end) return false;
      const char c = *p;
      if (c >= '0' && c <= '9')
        v = v * 16 + uint32_t(c - '0');
      else if ((c | 32) >= 'a' && (c | 32) <= 'f')
        v = v * 16 + uint32_t((c | 32) - 'a' + 10);
      else
        return false;
    }
    return true;
  };
  while (p < end) {
    if (*p != '\\') {
      out += *p++;
      continue;
    }
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char c = p[1];  // it exists: a string does not end in a single backslash
    p += 2;
    if (const size_t known = std::string_view(letters).find(c); known != std::string_view::npos) {
      out += meanings[known];
      continue;
    }
    uint32_t unit, low;
    if (c != 'u' || !hex(unit)) return false;
    if (unit >= 0xD800 && unit < 0xE000) {
      if (unit >= 0xDC00 || end - p < 6 || p[0] != '\\' || p[1] != 'u') return false;
      p += 2;
      if (!hex(low) || low < 0xDC00 || low > 0xDFFF) return false;
      unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    char utf8[4];
    out.append(utf8, size_t(text::encode(unit, utf8)));
  }
  return true;
}

bool TextScanner::pair(std::string_view& left, std::string_view& right) {
  skipSpace();
  const char *p = at_, *space = nullptr;
  if (p == end_ || *p != '"') return false;
  for (++p; p < end_ && *p != '"'; ++p) {
    if (*p == ' ' && space) return false;
    if (*p == ' ')
      space = p;
    else if (*p == '\\' || static_cast<unsigned char>(*p) < 0x20)
      return false;
  }
  if (p == end_ || !space) return false;
  left = {at_ + 1, size_t(space - at_ - 1)};
  right = {space + 1, size_t(p - space - 1)};
  at_ = p + 1;
  return true;
}

namespace {

// The bytes that one element may touch: white space and strings of up to 31 bytes, twice, what follows them, and 16
// more for Spelling.
constexpr ptrdiff_t kRoom = 256;

// Skips the end of a line and the next line's indentation in one step.
const char* pastSpace(const char* p) {
  if (*p == '\n') p += 1 + std::countr_one(Block<1>(p + 1).equal(' '));
  return p;
}

// Reads the plain string at p. Returns its end, or null.
const char* plainString(const char* p, Spelling& out) {
  if (*p++ != '"') return nullptr;
  const uint64_t ends = Block<2>(p).endsString();
  const size_t size = size_t(std::countr_zero(ends));
  if (!ends || p[size] != '"') return nullptr;
  out.set(p, size, true);
  return p + size + 1;
}

}  // namespace

size_t TextScanner::plainPairs(Spelling* parts, size_t most) {
  size_t n = 0;
  while (n + 2 <= most && end_ - at_ > kRoom) {
    const char* p = pastSpace(at_);
    if (*p++ != '"') break;
    const Block<2> block(p);
    const uint64_t ends = block.endsString(), spaces = block.equal(' ') & (ends - 1) & ~ends;
    const size_t size = size_t(std::countr_zero(ends)), length = size_t(std::countr_zero(spaces));
    if (!ends || p[size] != '"' || p[size + 1] != ',' || !spaces || spaces & (spaces - 1)) break;
    parts[n++].set(p, length, true);
    parts[n++].set(p + length + 1, size - length - 1, true);
    at_ = p + size + 2;
  }
  return n;
}

size_t TextScanner::plainLists(Spelling* parts, size_t most) {
  size_t n = 0;
  for (; n + 2 <= most && end_ - at_ > kRoom; n += 2) {
    const char* p = pastSpace(at_);
    if (*p++ != '[') break;
    p = plainString(pastSpace(p), parts[n]);
    if (!p || *p++ != ',') break;
    p = plainString(pastSpace(p + (*p == ' ')), parts[n + 1]);
    if (!p) break;
    p = pastSpace(p);
    if (p[0] != ']' || p[1] != ',') break;
    at_ = p + 2;
  }
  return n;
}

size_t TextScanner::plainMembers(Spelling* tokens, uint32_t* ids, size_t most) {
  size_t n = 0;
  while (n < most && end_ - at_ > kRoom) {
    const char* p = plainString(pastSpace(at_), tokens[n]);
    if (!p || *p != ':') break;
    const char *digits = p + 1 + (p[1] == ' '), *q = digits;
    uint32_t id = 0;
    for (; *q >= '0' && *q <= '9' && q - digits < 9; ++q) id = id * 10 + uint32_t(*q - '0');
    if (*q != ',' || q == digits || (*digits == '0' && q - digits > 1)) break;
    ids[n++] = id;
    at_ = q + 1;
  }
  return n;
}

bool TextScanner::key(std::string_view& out) {
  if (!take('"')) return false;
  const char* from = at_;
  while (at_ < end_ && *at_ != '"' && *at_ != '\\' && at_ - from < 64) ++at_;
  out = {from, size_t(at_ - from)};
  return at_ < end_ && *at_++ == '"';
}

bool TextScanner::value(std::string_view& out) {
  skipSpace();
  const char* from = at_;
  const bool whole = skip();
  out = {from, size_t(at_ - from)};
  return whole;
}

bool TextScanner::flat(std::string_view& out, size_t& commas) {
  skipSpace();
  const char *from = at_, *close = nullptr;
  if (from == end_) return false;
  commas = 0;
  eachBlock(from + 1, end_, [&](const Block<4>& block, Outside& seen, const char* at, const char* p) {
    const uint64_t outside = seen.next(block, at);
    const uint64_t bracket = block.brackets() & outside, before = bracket ? (bracket - 1) & ~bracket : ~uint64_t(0);
    commas += size_t(std::popcount(block.equal(',') & outside & before));
    if (bracket) close = p + std::countr_zero(bracket);
    return bracket != 0;
  });
  if (!close || *close != *from + 2) return false;  // } and ] are two more than { and [
  at_ = close + 1;
  out = {from, size_t(at_ - from)};
  return true;
}

size_t countStrings(std::string_view json) {
  size_t quotes = 0;
  eachBlock(json.data(), json.data() + json.size(),
            [&](const Block<4>& block, Outside& seen, const char* at, const char*) {
              quotes += size_t(std::popcount(seen.quotes(block, at)));
              return false;
            });
  return quotes / 2;
}

bool TextScanner::skip() {
  size_t depth = 0;
  for (; at_ < end_; ++at_) {
    switch (*at_) {
      case '"':
        for (++at_; at_ < end_ && *at_ != '"'; ++at_) at_ += *at_ == '\\';
        if (at_ >= end_) return at_ = end_, false;
        if (!depth) return ++at_, true;
        break;
      case '{':
      case '[': ++depth; break;
      case '}':
      case ']':
        if (!depth) return true;  // the end of the value around it
        if (!--depth) return ++at_, true;
        break;
      case ',':
        if (!depth) return true;
    }
  }
  return false;
}

}  // namespace wasmformers::tokenizer
