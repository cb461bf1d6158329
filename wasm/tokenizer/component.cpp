// See component.h.
// Optimize: least
#include "tokenizer/component.h"

namespace wasmformers::tokenizer {

Status tokenizerError(std::string_view code, std::string message, std::string_view field) {
  return Status(ErrorClass::Tokenizer, std::string(code), std::move(message)).atField(field);
}

std::nullptr_t Component::fail(std::string_view code, std::string_view sentence) const {
  if (status->ok()) *status = tokenizerError(code, path + " " + std::string(sentence), path);
  return nullptr;
}

std::nullptr_t Component::wrongType(std::string_view wanted) const {
  if (!value) return fail("missing_field", "is missing; it must be " + std::string(wanted) + ".");
  return fail("wrong_type", "must be " + std::string(wanted) + ", found " + std::string(value.typeName()) + ".");
}

std::nullptr_t Component::unknown(std::string_view stage) const {
  if (!value.isObject()) return wrongType("an object");
  if (!value["type"].isString()) return member("type").wrongType("a string");
  return member("type").fail("unknown_component", "names the " + std::string(stage) + " \"" + std::string(type()) +
                                                      "\", which is not supported.");
}

Component Component::member(std::string_view key) const {
  return {value[key], path.empty() ? std::string(key) : path + "." + std::string(key), status};
}

std::vector<Component> Component::elements() const {
  std::vector<Component> out;
  if (!value.isArray()) wrongType("an array");
  for (json::Value v : value.elements()) out.emplace_back(v, path + "[" + std::to_string(out.size()) + "]", status);
  return out;
}
std::vector<Component> Component::list(std::string_view key) const { return member(key).elements(); }

std::string Component::string(std::string_view key) const {
  const json::Value v = value[key];
  if (!v.isString()) member(key).wrongType("a string");
  return std::string(v.asString());
}
std::string Component::string(std::string_view key, std::string_view fallback) const {
  return member(key).absent() ? std::string(fallback) : string(key);
}

bool Component::boolean(std::string_view key) const {
  const json::Value v = value[key];
  if (!v.isBool()) member(key).wrongType("true or false");
  return v.asBool();
}
bool Component::boolean(std::string_view key, bool fallback) const {
  return member(key).absent() ? fallback : boolean(key);
}

uint32_t Component::number(std::string_view key) const {
  const auto n = value[key].asUint();
  if (!n || *n > UINT32_MAX) member(key).wrongType("an integer from 0 to 4294967295");
  return uint32_t(n.value_or(0));
}
uint32_t Component::number(std::string_view key, uint32_t fallback) const {
  return member(key).absent() ? fallback : number(key);
}

size_t Component::oneOf(std::string_view key, std::string_view fallback,
                        std::initializer_list<std::string_view> names) const {
  const std::string have = fallback.empty() ? string(key) : string(key, fallback);
  size_t i = 0;
  for (std::string_view name : names) {
    if (name == have) return i;
    ++i;
  }
  member(key).fail("bad_value", "has the unknown value \"" + have + "\".");
  return 0;
}

uint32_t Component::id() const {
  const auto n = value.asUint();
  if (!n || *n > INT32_MAX) wrongType("a token id (an integer from 0 to 2147483647)");
  return uint32_t(n.value_or(0));
}

}  // namespace wasmformers::tokenizer
