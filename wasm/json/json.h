// A thin, safe view over yyjson's parse tree: every access to a missing or differently typed value gives an empty
// Value instead of a crash, so that readers can be written straight and check once. Documents own the text's tree;
// Values are views that must not outlive their Document.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

struct yyjson_doc;
struct yyjson_val;

namespace wasmformers::json {

class Value {
 public:
  Value() = default;
  explicit Value(yyjson_val* v) : v_(v) {}

  explicit operator bool() const { return v_ != nullptr; }  // present (null counts as present)
  bool isNull() const;
  bool isBool() const;
  bool isNumber() const;
  bool isInteger() const;
  bool isString() const;
  bool isArray() const;
  bool isObject() const;
  /// "null", "boolean", "number", "string", "array", "object", or "nothing" where the value is missing.
  std::string_view typeName() const;

  bool asBool(bool fallback = false) const;
  double asNumber(double fallback = 0) const;
  int64_t asInt(int64_t fallback = 0) const;                        // numbers that are no integers give the fallback
  std::optional<uint64_t> asUint() const;                           // none for negatives, fractions and other types
  std::string_view asString(std::string_view fallback = {}) const;  // may contain NUL bytes

  size_t size() const;                           // of an array or object, else 0
  Value operator[](std::string_view key) const;  // member of an object; the first of duplicates
  Value at(size_t index) const;                  // element of an array; O(1) only for flat arrays: iterate instead
  Value operator[](const char* key) const { return (*this)[std::string_view(key)]; }

  // `for (auto [key, value] : v.members())` and `for (Value v : array.elements())`; nothing for other types.
  struct Member;
  class MemberRange;
  class ElementRange;
  MemberRange members() const;
  ElementRange elements() const;

  yyjson_val* raw() const { return v_; }

 private:
  yyjson_val* v_ = nullptr;
};

struct Value::Member {
  std::string_view key;
  Value value;
};

class Value::MemberRange {
 public:
  struct Iterator {
    yyjson_val* key;
    size_t left;
    Member operator*() const;
    Iterator& operator++();
    bool operator!=(const Iterator& o) const { return left != o.left; }
  };
  explicit MemberRange(yyjson_val* object) : object_(object) {}
  Iterator begin() const;
  Iterator end() const { return {nullptr, 0}; }

 private:
  yyjson_val* object_;
};

class Value::ElementRange {
 public:
  struct Iterator {
    yyjson_val* value;
    size_t left;
    Value operator*() const { return Value(value); }
    Iterator& operator++();
    bool operator!=(const Iterator& o) const { return left != o.left; }
  };
  explicit ElementRange(yyjson_val* array) : array_(array) {}
  Iterator begin() const;
  Iterator end() const { return {nullptr, 0}; }

 private:
  yyjson_val* array_;
};

class Document {
 public:
  /// Parses UTF-8 JSON (a BOM is skipped). On failure a Status of class `c`, code "invalid_json", that names
  /// `file`, line and column and shows what stood there; "html_instead_of_json" when the text is a web page.
  /// asRust: numbers are what serde_json makes of them, see rust_number.h.
  static Result<Document> parse(std::string_view text, std::string_view file, ErrorClass c, bool asRust = false);

  Value root() const;

 private:
  struct Free {
    void operator()(yyjson_doc* d) const;
  };
  explicit Document(yyjson_doc* d) : doc_(d) {}
  std::unique_ptr<yyjson_doc, Free> doc_;
};

}  // namespace wasmformers::json
