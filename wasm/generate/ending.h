// Why a row of the results ended. It is decided in C++ only, for rows and for beams; JavaScript asks for the names
// (binding/search_methods.h: endings()) and does not spell them again.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmformers::generate {

enum class Ending : uint8_t {
  None,      // the row goes on
  Eos,       // an end-of-sequence token
  Length,    // max_length, max_new_tokens or the model's context
  Time,      // max_time
  Stop,      // a stop text; the caller says so
  Criteria,  // a stopping criterion; the caller says so
  Cut,       // the caller stopped the whole search
};

/// By number, as finish_reasons has them.
inline constexpr const char* kEndingNames[] = {"", "eos", "length", "time", "stop", "criteria", "cut"};
static_assert(sizeof kEndingNames / sizeof *kEndingNames == size_t(Ending::Cut) + 1);

}  // namespace wasmformers::generate
