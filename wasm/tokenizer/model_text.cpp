// See model_text.h.
#include "tokenizer/model_text.h"

#include <algorithm>
#include <cstdint>

#include "text/utf8.h"

namespace wasmformers::tokenizer {

bool TextScanner::string(std::string_view& out, int slot) {
  if (!take('"')) return false;
  const char* from = at_;
  bool plain = true;
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
      if (c >= '0' && c <= '9') v = v * 16 + uint32_t(c - '0');
      else if ((c | 32) >= 'a' && (c | 32) <= 'f') v = v * 16 + uint32_t((c | 32) - 'a' + 10);
      else return false;
    }
    return true;
  };
  while (p < end) {
    if (*p != '\\') {
      out += *p++;
      continue;
    }
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char c = p[1];  // there is one: a string does not end in a single backslash
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

bool TextScanner::key(std::string_view& out) {
  if (!take('"')) return false;
  const char* from = at_;
  while (at_ < end_ && *at_ != '"' && *at_ != '\\' && at_ - from < 64) ++at_;
  out = {from, size_t(at_ - from)};
  return at_ < end_ && *at_++ == '"';
}

bool TextScanner::number(uint64_t& out) {
  skipSpace();
  const char* from = at_;
  out = 0;
  for (; at_ < end_ && *at_ >= '0' && *at_ <= '9' && at_ - from < 10; ++at_) out = out * 10 + uint64_t(*at_ - '0');
  if (at_ == from || (*from == '0' && at_ - from > 1)) return false;
  return at_ < end_ && *at_ != '.' && *at_ != 'e' && *at_ != 'E' && !(*at_ >= '0' && *at_ <= '9');
}

bool TextScanner::value(std::string_view& out) {
  skipSpace();
  const char* from = at_;
  const bool whole = skip();
  out = {from, size_t(at_ - from)};
  return whole;
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
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (!depth) return true;  // the end of what it stands in
        if (!--depth) return ++at_, true;
        break;
      case ',':
        if (!depth) return true;
    }
  }
  return false;
}

bool ModelText::find(std::string_view json) {
  vocab = merges = {};
  rest.clear();
  TextScanner s(json);
  const char* copied = json.data();
  // The members of an object: visit(key) reads the value. False where something is unusual.
  const auto members = [&](auto visit) {
    if (!s.take('{')) return false;
    do {
      std::string_view key;
      if (!s.key(key) || !s.take(':') || !visit(key)) return false;
    } while (s.take(','));
    return s.take('}');
  };
  // As most files end: the merges, then two braces. A wrong guess is found by who reads them.
  const auto last = [&](std::string_view& to) {
    size_t end = json.size(), braces = 0;
    for (; end && (json[end - 1] == '}' || TextScanner::isSpace(json[end - 1])); --end) braces += json[end - 1] == '}';
    if (braces != 2 || !end || json[end - 1] != ']' || to.data()) return false;
    const size_t begin = s.place(json);
    if (begin >= end || json[begin] != '[') return false;
    to = json.substr(begin, end - begin);
    rest.append(copied, to.data()).append("[]");
    copied = to.data() + to.size();
    s = TextScanner(json.substr(end));
    return true;
  };
  const auto section = [&](std::string_view& to, char open, std::string_view empty) {
    if (to.data() || !s.value(to) || to.empty() || to[0] != open) return false;
    rest.append(copied, to.data()).append(empty);
    copied = to.data() + to.size();
    return true;
  };
  bool model = false;
  std::string_view passed;
  const bool usual = members([&](std::string_view key) {
    if (key != "model") return s.value(passed);
    if (model) return false;
    model = true;
    return members([&](std::string_view part) {
      if (part == "vocab") return section(vocab, '{', "{}");
      if (part == "merges") return last(merges) || section(merges, '[', "[]");
      return s.value(passed);
    });
  });
  if (!usual || !vocab.data() || !text::isValid(vocab)) return false;  // merges have to be the vocabulary's
  rest.append(copied, json.data() + json.size());
  return true;
}

}  // namespace wasmformers::tokenizer
