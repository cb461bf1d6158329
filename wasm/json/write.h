// Writing a parsed value again, compactly: for parts of a file that are kept.
#pragma once

#include "json/json.h"

namespace wasmformers::json {

/// Appends `s` in quotes.
void writeString(std::string_view s, std::string& out);

/// Appends `v`. What stands deeper than `depth` levels becomes null.
void write(Value v, std::string& out, int depth = 100);

}  // namespace wasmformers::json
