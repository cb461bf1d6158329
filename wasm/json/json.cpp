// See json.h. yyjson parses: strict RFC 8259, with a check of UTF-8, and without recursion, so deep nesting is safe.
// Optimize: least
#include "json/json.h"

#include <cmath>

#include "json/rust_number.h"
#include "yyjson.h"

namespace wasmformers::json {
namespace {

// In documents that are parsed with `asRust`, numbers are kept as text.
bool isText(yyjson_val* v) { return yyjson_is_raw(v); }
RustNumber rustNumber(yyjson_val* v) { return readRustNumber({yyjson_get_raw(v), yyjson_get_len(v)}); }

}  // namespace

bool Value::isNull() const { return v_ && yyjson_is_null(v_); }
bool Value::isBool() const { return v_ && yyjson_is_bool(v_); }
bool Value::isNumber() const { return v_ && (yyjson_is_num(v_) || (isText(v_) && rustNumber(v_).valid)); }
bool Value::isInteger() const { return v_ && (yyjson_is_int(v_) || (isText(v_) && rustNumber(v_).integer)); }
bool Value::isString() const { return v_ && yyjson_is_str(v_); }
bool Value::isArray() const { return v_ && yyjson_is_arr(v_); }
bool Value::isObject() const { return v_ && yyjson_is_obj(v_); }

std::string_view Value::typeName() const {
  if (!v_) return "nothing";
  if (isNull()) return "null";
  if (isBool()) return "boolean";
  if (isNumber() || isText(v_)) return "number";
  if (isString()) return "string";
  return isArray() ? "array" : "object";
}

bool Value::asBool(bool fallback) const { return isBool() ? yyjson_get_bool(v_) : fallback; }
double Value::asNumber(double fallback) const {
  if (!isText(v_)) return yyjson_is_num(v_) ? yyjson_get_num(v_) : fallback;
  const RustNumber n = rustNumber(v_);
  return n.valid ? n.real : fallback;
}

int64_t Value::asInt(int64_t fallback) const {
  if (!isNumber()) return fallback;
  const auto in64 = [&](uint64_t u) { return u <= uint64_t(INT64_MAX) ? int64_t(u) : fallback; };
  double d;
  if (isText(v_)) {
    const RustNumber n = rustNumber(v_);
    if (n.integer) return n.negative && n.magnitude <= uint64_t(INT64_MAX) ? -int64_t(n.magnitude) : in64(n.magnitude);
    d = n.real;
  } else if (yyjson_is_uint(v_)) {
    return in64(yyjson_get_uint(v_));
  } else if (yyjson_is_sint(v_)) {
    return yyjson_get_sint(v_);
  } else {
    d = yyjson_get_real(v_);
  }
  // 12.0 and 1e30 (model_max_length) are written as reals.
  return d == std::floor(d) && std::fabs(d) < 9.2e18 ? int64_t(d) : fallback;
}

std::optional<uint64_t> Value::asUint() const {
  if (!v_) return std::nullopt;
  if (isText(v_)) {
    const RustNumber n = rustNumber(v_);
    return n.integer && !n.negative ? std::optional(n.magnitude) : std::nullopt;
  }
  return yyjson_is_uint(v_) ? std::optional(yyjson_get_uint(v_)) : std::nullopt;
}

std::string_view Value::asString(std::string_view fallback) const {
  return isString() ? std::string_view(yyjson_get_str(v_), yyjson_get_len(v_)) : fallback;
}

size_t Value::size() const {
  if (isArray()) return yyjson_arr_size(v_);
  return isObject() ? yyjson_obj_size(v_) : 0;
}

Value Value::operator[](std::string_view key) const {
  return isObject() ? Value(yyjson_obj_getn(v_, key.data(), key.size())) : Value();
}

Value Value::at(size_t index) const { return isArray() ? Value(yyjson_arr_get(v_, index)) : Value(); }

Value::MemberRange Value::members() const { return MemberRange(isObject() ? v_ : nullptr); }
Value::ElementRange Value::elements() const { return ElementRange(isArray() ? v_ : nullptr); }

// In yyjson's tree the children of a container follow it; a member is its key, then its value.
Value::MemberRange::Iterator Value::MemberRange::begin() const {
  const size_t n = object_ ? yyjson_obj_size(object_) : 0;
  return {n ? unsafe_yyjson_get_first(object_) : nullptr, n};
}
Value::Member Value::MemberRange::Iterator::operator*() const {
  return {{yyjson_get_str(key), yyjson_get_len(key)}, Value(key + 1)};
}
Value::MemberRange::Iterator& Value::MemberRange::Iterator::operator++() {
  if (--left) key = unsafe_yyjson_get_next(key + 1);
  return *this;
}
Value::ElementRange::Iterator Value::ElementRange::begin() const {
  const size_t n = array_ ? yyjson_arr_size(array_) : 0;
  return {n ? unsafe_yyjson_get_first(array_) : nullptr, n};
}
Value::ElementRange::Iterator& Value::ElementRange::Iterator::operator++() {
  if (--left) value = unsafe_yyjson_get_next(value);
  return *this;
}

void Document::Free::operator()(yyjson_doc* d) const { yyjson_doc_free(d); }
Value Document::root() const { return Value(yyjson_doc_get_root(doc_.get())); }

Result<Document> Document::parse(std::string_view text, std::string_view file, ErrorClass c, bool asRust) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  yyjson_read_err err{};
  // The C interface asks for char*, but without YYJSON_READ_INSITU it only reads the text.
  yyjson_doc* doc = yyjson_read_opts(const_cast<char*>(text.data()), text.size(),
                                     asRust ? YYJSON_READ_NUMBER_AS_RAW : YYJSON_READ_NOFLAG, nullptr, &err);
  if (doc) return Document(doc);
  if (err.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) {
    return Status(ErrorClass::Memory, "out_of_memory", "Not enough memory to parse " + std::string(file) + ".")
        .inFile(file);
  }
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && text[start] == '<') {
    return Status(c, "html_instead_of_json",
                  std::string(file) +
                      " is a web page (it begins with '<'), not JSON: the server probably answered a "
                      "missing file with its start page.")
        .inFile(file);
  }
  size_t line = 1, column = 1;
  for (size_t i = 0; i < err.pos && i < text.size(); ++i) {
    if (text[i] == '\n')
      ++line, column = 1;
    else
      ++column;
  }
  return Status(c, "invalid_json",
                std::string(file) + " is not valid JSON: " + (err.msg ? err.msg : "error") + " at line " +
                    std::to_string(line) + ", column " + std::to_string(column) + ".")
      .inFile(file);
}

}  // namespace wasmformers::json
