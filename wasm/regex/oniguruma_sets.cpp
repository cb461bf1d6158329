// See oniguruma_sets.h.
#include "regex/oniguruma_sets.h"

namespace wasmformers::regex {
namespace {

struct Set {
  std::string_view name, members;
};
constexpr Set kSets[] = {
    {"alnum", "\\p{Alphabetic}\\p{Nd}"},
    {"alpha", "\\p{Alphabetic}"},
    {"ascii", "\\x{0}-\\x{7f}"},
    {"blank", "\\p{Zs}\\t"},
    {"cntrl", "\\p{Cc}"},
    {"digit", kDigit},
    {"graph", "[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]"},
    {"lower", "\\p{Lowercase}"},
    {"print", "[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]\\p{Zs}"},
    {"punct", "\\p{P}\\p{S}"},
    {"space", kSpace},
    {"upper", "\\p{Uppercase}"},
    {"word", kWord},
    {"xdigit", kHex},
    // Long names of general categories, which PCRE2 does not know.
    {"any", "\\p{Any}"},
    {"assigned", "\\P{Cn}"},
    {"other", "\\p{C}"},
    {"control", "\\p{Cc}"},
    {"format", "\\p{Cf}"},
    {"unassigned", "\\p{Cn}"},
    {"privateuse", "\\p{Co}"},
    {"surrogate", "\\p{Cs}"},
    {"letter", "\\p{L}"},
    {"casedletter", "\\p{Lu}\\p{Ll}\\p{Lt}"},
    {"lc", "\\p{Lu}\\p{Ll}\\p{Lt}"},
    {"lowercaseletter", "\\p{Ll}"},
    {"modifierletter", "\\p{Lm}"},
    {"otherletter", "\\p{Lo}"},
    {"titlecaseletter", "\\p{Lt}"},
    {"uppercaseletter", "\\p{Lu}"},
    {"mark", "\\p{M}"},
    {"combiningmark", "\\p{M}"},
    {"spacingmark", "\\p{Mc}"},
    {"enclosingmark", "\\p{Me}"},
    {"nonspacingmark", "\\p{Mn}"},
    {"number", "\\p{N}"},
    {"decimalnumber", "\\p{Nd}"},
    {"letternumber", "\\p{Nl}"},
    {"othernumber", "\\p{No}"},
    {"punctuation", "\\p{P}"},
    {"connectorpunctuation", "\\p{Pc}"},
    {"dashpunctuation", "\\p{Pd}"},
    {"closepunctuation", "\\p{Pe}"},
    {"finalpunctuation", "\\p{Pf}"},
    {"initialpunctuation", "\\p{Pi}"},
    {"otherpunctuation", "\\p{Po}"},
    {"openpunctuation", "\\p{Ps}"},
    {"symbol", "\\p{S}"},
    {"currencysymbol", "\\p{Sc}"},
    {"modifiersymbol", "\\p{Sk}"},
    {"mathsymbol", "\\p{Sm}"},
    {"othersymbol", "\\p{So}"},
    {"separator", "\\p{Z}"},
    {"lineseparator", "\\p{Zl}"},
    {"paragraphseparator", "\\p{Zp}"},
    {"spaceseparator", "\\p{Zs}"},
};

}  // namespace

std::string_view namedSet(std::string_view name) {
  for (const Set& s : kSets) {
    if (s.name == name) return s.members;
  }
  return {};
}

}  // namespace wasmformers::regex
