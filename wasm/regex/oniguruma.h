// Translates regular expressions from Oniguruma's syntax, which tokenizer.json uses, to PCRE2's.
#pragma once

#include <string>
#include <string_view>

#include "regex/regex.h"

namespace wasmformers::regex {

/// The pattern for PCRE2 with the options of pcre2.cpp (UTF, UCP, multi-line, extended classes). On errors "", and
/// `failure` is set. isScript(name) says whether PCRE2 knows the script.
std::string translate(std::string_view oniguruma, bool (*isScript)(std::string_view name), Failure& failure);

}  // namespace wasmformers::regex
