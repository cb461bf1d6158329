// Reads config.json with the checks that every family needs: types and ranges, and one clear error for the first field
// that is wrong. A field that is absent or null takes the family's default.
#pragma once

#include <string>
#include <string_view>

#include "json/json.h"
#include "kernels/kernels.h"

namespace wasmformers::arch {

class ConfigReader {
 public:
  explicit ConfigReader(json::Value config) : config_(config) {}

  /// A whole number in [min, limit].
  size_t size(const char* field, size_t fallback, size_t limit = 1 << 24, size_t min = 1);
  /// The same of a field with two spellings. Where the file has both, the first counts.
  size_t either(const char* field, const char* other, size_t fallback, size_t limit = 1 << 24);
  float number(const char* field, float fallback);
  /// A number ≥ 0, for norms.
  float epsilon(const char* field, float fallback);
  /// A whole number, clamped to ±2^20.
  int32_t integer(const char* field, int32_t fallback);
  bool flag(const char* field, bool fallback);
  std::string_view text(const char* field, std::string_view fallback);
  kernels::Activation activation(const char* field, std::string_view fallback);
  /// Number of labels: id2label's size, else num_labels, else 2.
  size_t labels();

  /// ConfigError "unsupported_config": the option exists, and is not implemented here.
  void unsupported(const char* field, const std::string& what);
  /// ConfigError "invalid_config" with this message.
  void invalid(const char* field, const std::string& message);
  /// ConfigError "invalid_config" unless hidden is a multiple of heads.
  void divides(const char* headsField, size_t heads, const char* hiddenField, size_t hidden);

  json::Value raw() const { return config_; }
  bool ok() const { return status_.ok(); }
  Status status() const { return status_; }

 private:
  void wrongType(const char* field, const char* wanted);
  json::Value config_;
  Status status_;
};

/// Of "gelu", "gelu_new", "relu", … False: the name is unknown.
bool activationFromName(std::string_view name, kernels::Activation& out);

}  // namespace wasmformers::arch
