// Oniguruma's named sets of characters (\w, [:alpha:], \p{Letter}), as members of a class in PCRE2's syntax. They are
// spelled out by properties, because the two libraries mean different sets by one name.
#pragma once

#include <string_view>

namespace wasmformers::regex {

constexpr std::string_view kWord = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
/// \w and \b outside classes, which also match ²³¹¼½¾, by Oniguruma's table of Latin-1.
constexpr std::string_view kWordAlone = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";
constexpr std::string_view kSpace = "\\p{White_Space}", kHex = "0-9A-Fa-f", kDigit = "\\p{Nd}";

/// The members of the set that a POSIX bracket or a property names, "" where there is none. `name`: in lower case,
/// without spaces, _ and -.
std::string_view namedSet(std::string_view name);

}  // namespace wasmformers::regex
