// Writes a parsed value as compact JSON: for parts of a file that are kept.
#pragma once

#include "json/json.h"

namespace wasmformers::json {

/// Appends `s` as a JSON string, in quotes and escaped.
void writeString(std::string_view s, std::string& out);

/// Appends `v`. Values that are nested more than `depth` levels deep become null.
void write(Value v, std::string& out, int depth = 100);

}  // namespace wasmformers::json
