// See write.h.
#include "json/write.h"

#include <cstdio>

namespace wasmformers::json {

void writeString(std::string_view s, std::string& out) {
  out += '"';
  for (char c : s) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      static const char digits[] = "0123456789abcdef";
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void write(Value v, std::string& out, int depth) {
  if (depth < 0) {
    out += "null";
  } else if (v.isObject()) {
    out += '{';
    for (auto [key, member] : v.members()) {
      if (out.back() != '{') out += ',';
      writeString(key, out);
      out += ':';
      write(member, out, depth - 1);
    }
    out += '}';
  } else if (v.isArray()) {
    out += '[';
    for (Value element : v.elements()) {
      if (out.back() != '[') out += ',';
      write(element, out, depth - 1);
    }
    out += ']';
  } else if (v.isString()) {
    writeString(v.asString(), out);
  } else if (v.isBool()) {
    out += v.asBool() ? "true" : "false";
  } else if (const auto n = v.asUint()) {
    out += std::to_string(*n);
  } else if (v.isInteger()) {
    out += std::to_string(v.asInt());
  } else if (v.isNumber()) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.17g", v.asNumber());
    out += digits;
  } else {
    out += "null";
  }
}

}  // namespace wasmformers::json
