// See config.h.
// Optimize: least
#include "arch/config.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::arch {

using kernels::Activation;

namespace {
struct NamedActivation {
  std::string_view name;
  Activation activation;
};
// The names of transformers' ACT2FN (activations.py).
constexpr NamedActivation kActivations[] = {
    {"gelu", Activation::Gelu},
    {"gelu_python", Activation::Gelu},
    {"gelu_new", Activation::GeluTanh},
    {"gelu_fast", Activation::GeluTanh},
    {"gelu_pytorch_tanh", Activation::GeluTanh},
    {"quick_gelu", Activation::QuickGelu},
    {"relu", Activation::Relu},
    {"silu", Activation::Silu},
    {"swish", Activation::Silu},
    {"tanh", Activation::Tanh},
    {"sigmoid", Activation::Sigmoid},
    {"linear", Activation::None},
};
}  // namespace

bool activationFromName(std::string_view name, Activation& out) {
  for (const auto& a : kActivations) {
    if (a.name != name) continue;
    out = a.activation;
    return true;
  }
  return false;
}

void ConfigReader::invalid(const char* field, const std::string& message) {
  if (status_.ok()) {
    status_ =
        Status(ErrorClass::Config, "invalid_config", "config.json: " + message).inFile("config.json").atField(field);
  }
}

void ConfigReader::unsupported(const char* field, const std::string& what) {
  if (status_.ok()) {
    status_ = Status(ErrorClass::Config, "unsupported_config", "config.json: " + what + " is not supported here.")
                  .inFile("config.json")
                  .atField(field);
  }
}

void ConfigReader::wrongType(const char* field, const char* wanted) {
  invalid(field, std::string(field) + " must be " + wanted + ", not " + std::string(config_[field].typeName()) + ".");
}

size_t ConfigReader::size(const char* field, size_t fallback, size_t limit, size_t min) {
  const json::Value v = config_[field];
  if (!v || v.isNull()) return fallback;
  const auto n = v.asUint();
  if (!n || *n < min || *n > limit) {
    if (!v.isNumber())
      wrongType(field, "a whole number");
    else
      invalid(field, std::string(field) + " must be a whole number from " + std::to_string(min) + " to " +
                         std::to_string(limit) + ".");
    return fallback ? fallback : 1;  // any valid size: the error already ends the creation
  }
  return size_t(*n);
}

size_t ConfigReader::either(const char* field, const char* other, size_t fallback, size_t limit) {
  const json::Value v = config_[field];
  return size(v && !v.isNull() ? field : other, fallback, limit);
}

float ConfigReader::number(const char* field, float fallback) {
  const json::Value v = config_[field];
  if (!v || v.isNull()) return fallback;
  if (!v.isNumber() || !std::isfinite(v.asNumber())) {
    wrongType(field, "a number");
    return fallback;
  }
  return float(v.asNumber());
}

float ConfigReader::epsilon(const char* field, float fallback) {
  const float eps = number(field, fallback);
  if (eps < 0) invalid(field, std::string(field) + " must not be negative.");
  return eps;
}

int32_t ConfigReader::integer(const char* field, int32_t fallback) {
  const json::Value v = config_[field];
  if (!v || v.isNull()) return fallback;
  if (!v.isInteger()) wrongType(field, "a whole number");
  constexpr int64_t kFar = 1 << 20;
  return int32_t(std::clamp(v.asInt(fallback), -kFar, kFar));
}

bool ConfigReader::flag(const char* field, bool fallback) {
  const json::Value v = config_[field];
  if (!v || v.isNull()) return fallback;
  if (!v.isBool()) wrongType(field, "true or false");
  return v.asBool(fallback);
}

std::string_view ConfigReader::text(const char* field, std::string_view fallback) {
  const json::Value v = config_[field];
  if (!v || v.isNull()) return fallback;
  if (!v.isString()) wrongType(field, "a string");
  return v.asString(fallback);
}

Activation ConfigReader::activation(const char* field, std::string_view fallback) {
  const std::string_view name = text(field, fallback);
  Activation a = Activation::None;
  if (!activationFromName(name, a)) unsupported(field, "the activation \"" + std::string(name) + "\"");
  return a;
}

size_t ConfigReader::labels() {
  const json::Value map = config_["id2label"];
  if (map && !map.isNull()) {
    if (!map.isObject()) wrongType("id2label", "an object");
    if (map.size()) return map.size();
  }
  return size("num_labels", 2, 1 << 20);
}

void ConfigReader::divides(const char* headsField, size_t heads, const char* hiddenField, size_t hidden) {
  if (heads && hidden % heads == 0) return;
  invalid(headsField, std::string(hiddenField) + " (" + std::to_string(hidden) + ") is no multiple of " + headsField +
                          " (" + std::to_string(heads) + ").");
}

}  // namespace wasmformers::arch
