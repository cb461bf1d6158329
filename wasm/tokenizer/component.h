// Reading the parts of tokenizer.json: typed fields, with errors that name the field by its path
// ("pre_tokenizer.pretokenizers[1].type"), and the lists of a Sequence.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "json/json.h"

namespace wasmformers::tokenizer {

/// One component's JSON and where it stands in the file.
struct Component {
  json::Value value;
  std::string path;

  /// The `type`, or "" where there is none.
  std::string_view type() const { return value["type"].asString(); }
  Component member(std::string_view key) const { return {value[key], path.empty() ? std::string(key) : path + "." + std::string(key)}; }
  Component element(json::Value v, size_t i) const { return {v, path + "[" + std::to_string(i) + "]"}; }

  // Required fields, and optional ones (missing or null) with a fallback. A wrong type is always an error.
  Result<std::string> string(std::string_view key) const;
  Result<std::string> string(std::string_view key, std::string_view fallback) const;
  Result<bool> boolean(std::string_view key) const;
  Result<bool> boolean(std::string_view key, bool fallback) const;
  Result<uint32_t> number(std::string_view key) const;
  Result<uint32_t> number(std::string_view key, uint32_t fallback) const;
};

/// TokenizerError with the component's path as field. `code` e.g. "missing_field"; `message` a whole sentence.
Status tokenizerError(std::string_view code, std::string message, std::string_view field);

/// The error of a `type` that there is no component for; `stage` as a person calls it, e.g. "pre-tokenizer".
Status unknownComponent(const Component& c, std::string_view stage);

/// How deep Sequences may stand in each other: real files have two levels.
constexpr int kMaxDepth = 32;

}  // namespace wasmformers::tokenizer
