// The names under which C++ error classes appear in JavaScript.
#include "base/status.h"

namespace wasmformers {

std::string_view errorClassName(ErrorClass c) {
  switch (c) {
    case ErrorClass::None: return "";
    case ErrorClass::Config: return "ConfigError";
    case ErrorClass::Weights: return "WeightsError";
    case ErrorClass::Tokenizer: return "TokenizerError";
    case ErrorClass::Input: return "InputError";
    case ErrorClass::Memory: return "MemoryError";
    case ErrorClass::Internal: return "InternalError";
  }
  return "InternalError";
}

}  // namespace wasmformers
