// What models say of inputs that they cannot take.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace wasmformers::arch {

inline Status inputError(std::string code, std::string message, std::string_view field) {
  return Status(ErrorClass::Input, std::move(code), std::move(message)).atField(field);
}

/// Where in a [batch, length] input: "input_ids[1][7]".
inline std::string at(const std::string& name, size_t index, size_t length) {
  return name + "[" + std::to_string(index / length) + "][" + std::to_string(index % length) + "]";
}

}  // namespace wasmformers::arch
