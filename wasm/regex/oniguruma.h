// Oniguruma's regular expressions in PCRE2's words.
#pragma once

#include <string>
#include <string_view>

#include "regex/regex.h"

namespace wasmformers::regex {

/// The pattern for PCRE2 as engine.cpp compiles it (UTF, UCP, multi-line, extended classes); "" and `failure` where
/// there is none. isScript(name) says whether PCRE2 knows the script.
std::string translate(std::string_view oniguruma, bool (*isScript)(std::string_view name), Failure& failure);

}  // namespace wasmformers::regex
