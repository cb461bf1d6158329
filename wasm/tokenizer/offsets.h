// From the byte ranges that a model gives its tokens to offsets in the original text, in bytes or in UTF-16 code units.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizer/normalizers/normalized_string.h"

namespace wasmformers::tokenizer {

/// Appends the offsets of tokens in a text that was not changed: begin and end of each, of whole characters. Appends
/// their widths, too (Encoding::widths). `ranges`: the tokens' bytes in the text. `utf16`: count UTF-16 code units.
void appendOffsets(std::string_view text, bool utf16, const std::vector<Span>& ranges, std::vector<uint32_t>& offsets,
                   std::vector<uint8_t>& widths);
/// The same where normalizing has changed the text: `spans` has for each byte of the changed text the span of `text`
/// that it came from; `ranges` are the tokens' bytes in the changed text.
void appendOffsets(std::string_view text, const std::vector<Span>& spans, bool utf16, const std::vector<Span>& ranges,
                   std::vector<uint32_t>& offsets, std::vector<uint8_t>& widths);

}  // namespace wasmformers::tokenizer
