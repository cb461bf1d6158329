// See component.h.
#include "tokenizer/component.h"

namespace wasmformers::tokenizer {
namespace {

Status wrongType(const Component& c, std::string_view wanted) {
  if (!c.value) {
    return tokenizerError("missing_field", c.path + " is missing; it must be " + std::string(wanted) + ".", c.path);
  }
  return tokenizerError("wrong_type",
                        c.path + " must be " + std::string(wanted) + ", found " + std::string(c.value.typeName()) + ".", c.path);
}

bool absent(const Component& c) { return !c.value || c.value.isNull(); }

}  // namespace

Status tokenizerError(std::string_view code, std::string message, std::string_view field) {
  return Status(ErrorClass::Tokenizer, std::string(code), std::move(message)).atField(field);
}

Status unknownComponent(const Component& c, std::string_view stage) {
  const std::string field = c.path + ".type";
  if (!c.value.isObject()) {
    return tokenizerError("wrong_type", c.path + " must be an object, found " + std::string(c.value.typeName()) + ".", c.path);
  }
  if (!c.value["type"].isString()) {
    return tokenizerError("missing_field", field + " is missing: this " + std::string(stage) + " does not say what it is.", field);
  }
  return tokenizerError("unknown_component",
                        "The " + std::string(stage) + " \"" + std::string(c.type()) + "\" (" + field + ") is not supported.", field);
}

Result<std::string> Component::string(std::string_view key) const {
  const Component field = member(key);
  if (!field.value.isString()) return wrongType(field, "a string");
  return std::string(field.value.asString());
}
Result<std::string> Component::string(std::string_view key, std::string_view fallback) const {
  return absent(member(key)) ? Result<std::string>(std::string(fallback)) : string(key);
}

Result<bool> Component::boolean(std::string_view key) const {
  const Component field = member(key);
  if (!field.value.isBool()) return wrongType(field, "true or false");
  return field.value.asBool();
}
Result<bool> Component::boolean(std::string_view key, bool fallback) const {
  return absent(member(key)) ? Result<bool>(fallback) : boolean(key);
}

Result<uint32_t> Component::number(std::string_view key) const {
  const Component field = member(key);
  const auto n = field.value.asUint();
  if (!n || *n > UINT32_MAX) return wrongType(field, "an integer from 0 to 4294967295");
  return uint32_t(*n);
}
Result<uint32_t> Component::number(std::string_view key, uint32_t fallback) const {
  return absent(member(key)) ? Result<uint32_t>(fallback) : number(key);
}

}  // namespace wasmformers::tokenizer
