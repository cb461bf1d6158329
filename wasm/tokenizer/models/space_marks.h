// SentencePiece writes a space as ▁ and gives BPE a whole text as one word. Where no merge makes a token in which ▁
// follows another character, nothing is ever joined across the beginning of a run of ▁. The text may then be cut there
// first, which keeps the words short and lets the cache of words know them.
#pragma once

#include <string_view>

namespace wasmformers::tokenizer {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // ▁

/// Whether a ▁ in `token` follows another character.
inline bool markFollowsCharacter(std::string_view token) {
  for (size_t at = token.find(kSpaceMark); at != token.npos; at = token.find(kSpaceMark, at + 1)) {
    if (at && !token.substr(0, at).ends_with(kSpaceMark)) return true;
  }
  return false;
}

/// Where the part ends that begins at `from`: a run of ▁ and what follows it up to the next ▁.
inline size_t endOfMarkedPart(std::string_view s, size_t from) {
  const auto isMark = [&](size_t at) {
    return s[at] == kSpaceMark[0] && s.size() - at >= 3 && s[at + 1] == kSpaceMark[1] && s[at + 2] == kSpaceMark[2];
  };
  while (from < s.size() && isMark(from)) from += 3;
  while (from < s.size() && !isMark(from)) ++from;
  return from;
}

}  // namespace wasmformers::tokenizer
