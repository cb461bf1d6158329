// See offsets.h.
// Optimize: speed
#include "tokenizer/offsets.h"

#include "text/utf8.h"

namespace wasmformers::tokenizer {

void appendOffsets(std::string_view text, bool utf16, const std::vector<Span>& ranges, std::vector<uint32_t>& offsets,
                   std::vector<uint8_t>& widths) {
  const size_t n = ranges.size(), before = widths.size();
  offsets.resize(2 * (before + n));
  widths.resize(before + n);
  uint32_t* to = offsets.data() + 2 * before;
  uint8_t* width = widths.data() + before;
  if (text::isAscii(text)) {
    for (const Span r : ranges) *to++ = r.begin, *to++ = r.end, *width++ = 1;
    return;
  }
  const auto* s = reinterpret_cast<const unsigned char*>(text.data());
  const auto inside = [&](uint32_t at) { return at < text.size() && (s[at] & 0xC0) == 0x80; };
  uint32_t at = 0, units = 0;  // a cursor: its byte, and the units before it
  const auto unitsAt = [&](uint32_t byte) {
    if (!utf16) return byte;
    const auto widthAt = [&](uint32_t i) { return uint32_t((s[i] & 0xC0) != 0x80) + uint32_t(s[i] >= 0xF0); };
    while (at < byte) units += widthAt(at++);
    while (at > byte) units -= widthAt(--at);  // where two tokens share a character
    return units;
  };
  for (const Span r : ranges) {
    uint32_t begin = r.begin, end = r.end;
    while (inside(begin)) --begin;
    if (r.begin >= r.end) end = begin;
    while (inside(end)) ++end;
    to[0] = unitsAt(begin);
    to[1] = unitsAt(end);
    const bool one = end > begin && end - begin == uint32_t(text::lengthOf(s[begin]));
    *width++ = one ? uint8_t(to[1] - to[0]) : uint8_t(1);
    to += 2;
  }
}

void appendOffsets(std::string_view text, const std::vector<Span>& spans, bool utf16, const std::vector<Span>& ranges,
                   std::vector<uint32_t>& offsets, std::vector<uint8_t>& widths) {
  const text::Utf16Offsets units(utf16 ? text : std::string_view());  // an empty text leaves bytes as they are
  for (const Span r : ranges) {
    Span at = r;
    if (r.begin < r.end && r.end <= spans.size()) at = {spans[r.begin].begin, spans[r.end - 1].end};
    offsets.push_back(units(at.begin));
    offsets.push_back(units(at.end));
    const bool one =
        at.end > at.begin && at.end - at.begin == uint32_t(text::lengthOf(static_cast<unsigned char>(text[at.begin])));
    widths.push_back(one ? uint8_t(units(at.end) - units(at.begin)) : uint8_t(1));
  }
}

}  // namespace wasmformers::tokenizer
