// Tokens that stand for one byte each, like <0x0A>. The decoder ByteFallback, DecodeTable and DecodeStream share this.
#pragma once

#include <string>
#include <string_view>

#include "text/utf8.h"

namespace wasmformers::tokenizer {

/// The byte of a token like <0x0A>, or -1.
int fallbackByte(std::string_view token);

/// Decodes a run of bytes and empties it. Calls give(std::string_view) with the text where all of it is well-formed
/// UTF-8, else with U+FFFD once for each byte.
template <class Give>
void giveByteRun(std::string& run, Give give) {
  if (text::isValid(run)) {
    if (!run.empty()) give(std::string_view(run));
  } else {
    for (size_t i = 0; i < run.size(); ++i) give(std::string_view("\xEF\xBF\xBD"));
  }
  run.clear();
}

}  // namespace wasmformers::tokenizer
