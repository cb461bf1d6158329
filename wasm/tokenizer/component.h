// Reading the parts of tokenizer.json. A Component is one object of the file and its path
// ("pre_tokenizer.pretokenizers[1]"), with getters for typed fields. All components of a file share one Status, which
// keeps the first error with the field's path. After an error getters return fallbacks, so readers need no checks; the
// caller who started the reading checks the Status once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "json/json.h"

namespace wasmformers::tokenizer {

/// A TokenizerError at `field`. `code`: e.g. "missing_field". `message`: a whole sentence.
Status tokenizerError(std::string_view code, std::string message, std::string_view field);

class Component {
 public:
  json::Value value;
  std::string path;
  Status* status;

  Component(json::Value v, std::string p, Status* s) : value(v), path(std::move(p)), status(s) {}

  bool failed() const { return !status->ok(); }
  bool absent() const { return !value || value.isNull(); }
  /// The `type`, or "" where there is none.
  std::string_view type() const { return value["type"].asString(); }
  Component member(std::string_view key) const;
  /// The elements of the array `key`. A missing array is an error.
  std::vector<Component> list(std::string_view key) const;
  /// The elements of this component, which must be an array.
  std::vector<Component> elements() const;

  // Required fields, and optional ones (missing or null) with a fallback. A wrong type is always an error.
  std::string string(std::string_view key) const;
  std::string string(std::string_view key, std::string_view fallback) const;
  bool boolean(std::string_view key) const;
  bool boolean(std::string_view key, bool fallback) const;
  uint32_t number(std::string_view key) const;
  uint32_t number(std::string_view key, uint32_t fallback) const;
  /// The index of the string field's value in `names`. `fallback`: for a field that is missing or null; "" requires it.
  size_t oneOf(std::string_view key, std::string_view fallback, std::initializer_list<std::string_view> names) const;
  /// This component's own value as a token id.
  uint32_t id() const;

  // These record an error. They return nullptr, so that a factory can return their result.
  /// `sentence`: what follows the path in the message.
  std::nullptr_t fail(std::string_view code, std::string_view sentence) const;
  std::nullptr_t wrongType(std::string_view wanted) const;
  /// The `type` is unknown. `stage`: its name for people, e.g. "pre-tokenizer".
  std::nullptr_t unknown(std::string_view stage) const;
};

/// How deeply Sequences may be nested. Real files have two levels.
constexpr int kMaxDepth = 32;

/// The parts of a Sequence: make(element, depth + 1) for each element of the array `key`, without null ones.
template <class Part>
std::vector<std::unique_ptr<Part>> partsOf(const Component& c, std::string_view key, int depth,
                                           std::unique_ptr<Part> (*make)(const Component&, int depth)) {
  std::vector<std::unique_ptr<Part>> parts;
  for (const Component& one : c.list(key)) {
    if (auto part = make(one, depth + 1)) parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace wasmformers::tokenizer
