// Reading the parts of tokenizer.json. A Component is one object of the file and its path
// ("pre_tokenizer.pretokenizers[1]"); its getters hand out typed fields. The first thing that is wrong is kept in the
// one Status of the whole reading, with the field's path; getters then give fallbacks, so readers are written
// straight and whoever started the reading looks once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "json/json.h"

namespace wasmformers::tokenizer {

/// TokenizerError at `field`. `code` e.g. "missing_field"; `message` a whole sentence.
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
  /// The elements of the array `key`, which must be there.
  std::vector<Component> list(std::string_view key) const;
  /// Those of this component itself.
  std::vector<Component> elements() const;

  // Required fields, and optional ones (missing or null) with a fallback. A wrong type is always an error.
  std::string string(std::string_view key) const;
  std::string string(std::string_view key, std::string_view fallback) const;
  bool boolean(std::string_view key) const;
  bool boolean(std::string_view key, bool fallback) const;
  uint32_t number(std::string_view key) const;
  uint32_t number(std::string_view key, uint32_t fallback) const;
  /// Position of the required string field among `names`, e.g. of an enumeration.
  size_t oneOf(std::string_view key, std::string_view fallback, std::initializer_list<std::string_view> names) const;
  /// This component's own value as a token id.
  uint32_t id() const;

  // Recording what is wrong. All return nullptr, for factories to return.
  std::nullptr_t fail(std::string_view code, std::string_view sentence) const;  // sentence: what follows the path
  std::nullptr_t wrongType(std::string_view wanted) const;
  /// A `type` that there is no component for; `stage` as a person calls it, e.g. "pre-tokenizer".
  std::nullptr_t unknown(std::string_view stage) const;
};

/// How deep Sequences may stand in each other: real files have two levels.
constexpr int kMaxDepth = 32;

}  // namespace wasmformers::tokenizer
