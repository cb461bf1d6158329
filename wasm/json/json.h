// A thin, safe view of yyjson's parse tree. Reading a value that is missing or has another type gives an empty Value,
// so readers need no check at every step. A Document owns the tree; Values must not outlive it.
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
  int64_t asInt(int64_t fallback = 0) const;                        // the fallback for numbers that are no integers
  std::optional<uint64_t> asUint() const;                           // none for negatives, fractions and other types
  std::string_view asString(std::string_view fallback = {}) const;  // may contain NUL bytes

  size_t size() const;                           // of an array or object, else 0
  Value operator[](std::string_view key) const;  // member of an object; the first one where a key is there twice
  Value at(size_t index) const;                  // element of an array; O(1) for flat arrays only: iterate instead
  Value operator[](const char* key) const { return (*this)[std::string_view(key)]; }

  // for (auto [key, value] : object.members()); for (Value v : array.elements()). Other types have none.
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
  /// Parses JSON in UTF-8; a byte order mark is skipped. Errors are of class `c` and name `file`:
  /// "invalid_json" with line and column; "html_instead_of_json" where the text is a web page.
  /// asRust: numbers get the values that Rust's serde_json gives them (rust_number.h).
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
