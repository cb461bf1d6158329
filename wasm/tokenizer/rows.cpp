// See rows.h.
#include "tokenizer/rows.h"

#include "text/utf8.h"

namespace wasmformers::tokenizer {
namespace {

template <class T>
void pad(std::vector<T>& v, size_t n, T value) {
  v.insert(v.end(), n, value);
}
template <class T>
void appendTo(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

void EncodedBatch::clear() {
  rowStarts.assign(1, 0);
  rowTexts.clear();
  ids.clear();
  typeIds.clear();
  attentionMask.clear();
  offsets.clear();
  words.clear();
  special.clear();
  sequences.clear();
  surfaces.clear();
}

void appendRow(const Encoding& e, uint32_t textIndex, size_t length, const Padding& p, EncodedBatch& out) {
  const size_t missing = length > e.size() ? length - e.size() : 0;
  const size_t left = p.left ? missing : 0, right = missing - left;
  const uint32_t base = uint32_t(out.ids.size() + left);
  const auto put = [&](auto& to, const auto& from, auto padding, size_t width) {
    pad(to, left * width, padding);
    appendTo(to, from);
    pad(to, right * width, padding);
  };
  out.rowTexts.push_back(textIndex);
  put(out.ids, e.ids, p.id, 1);
  put(out.typeIds, e.typeIds, p.typeId, 1);
  pad(out.attentionMask, left, 0u);
  pad(out.attentionMask, e.size(), 1u);
  pad(out.attentionMask, right, 0u);
  if (e.detailed) {
    put(out.offsets, e.offsets, 0u, 2);
    put(out.words, e.words, -1, 1);
    put(out.special, e.special, uint8_t(1), 1);
    put(out.sequences, e.sequenceIds(), int8_t(-1), 1);
    for (const Surface& s : e.surfaces) out.surfaces.push_back({base + s.token, s.text});
    for (size_t i = 0; i < left && !p.token.empty(); ++i) out.surfaces.push_back({uint32_t(base - left + i), p.token});
    for (size_t i = 0; i < right && !p.token.empty(); ++i)
      out.surfaces.push_back({uint32_t(base + e.size() + i), p.token});
  }
  out.rowStarts.push_back(uint32_t(out.ids.size()));
}

void appendRow(Tokens& tokens, const Frame& frame, uint32_t textIndex, bool idsOnly, EncodedBatch& out) {
  const size_t n = tokens.ids.size();
  const auto putAround = [&](const std::vector<FrameToken>& around) {
    for (const FrameToken& t : around) {
      if (tokens.detailed) out.surfaces.push_back({uint32_t(out.ids.size()), t.text});
      out.ids.push_back(t.id);
      if (!idsOnly) out.typeIds.push_back(t.typeId);
    }
    if (!tokens.detailed) return;
    pad(out.offsets, 2 * around.size(), 0u);
    pad(out.words, around.size(), -1);
    pad(out.special, around.size(), uint8_t(1));
    pad(out.sequences, around.size(), int8_t(-1));
  };
  out.rowTexts.push_back(textIndex);
  putAround(frame.before);
  const uint32_t base = uint32_t(out.ids.size());
  appendTo(out.ids, tokens.ids);
  if (!idsOnly) pad(out.typeIds, n, frame.typeId);
  if (tokens.detailed) {
    appendTo(out.offsets, tokens.offsets);
    appendTo(out.words, tokens.words);
    pad(out.special, n, uint8_t(0));
    pad(out.sequences, n, int8_t(0));
    for (Surface& s : tokens.surfaces) out.surfaces.push_back({base + s.token, std::move(s.text)});
  }
  putAround(frame.after);
  if (!idsOnly) out.attentionMask.resize(out.ids.size(), 1u);
  out.rowStarts.push_back(uint32_t(out.ids.size()));
}

void addPlaces(std::string_view text, bool utf16, const std::vector<Span>& ranges, std::vector<uint32_t>& offsets,
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
  uint32_t at = 0, units = 0;  // of a cursor
  const auto unitsAt = [&](uint32_t byte) {
    if (!utf16) return byte;
    const auto widthAt = [&](uint32_t i) { return uint32_t((s[i] & 0xC0) != 0x80) + uint32_t(s[i] >= 0xF0); };
    while (at < byte) units += widthAt(at++);
    while (at > byte) units -= widthAt(--at);  // two tokens in one character
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

void addPlaces(std::string_view text, const std::vector<Span>& spans, bool utf16, const std::vector<Span>& ranges,
               std::vector<uint32_t>& offsets, std::vector<uint8_t>& widths) {
  const text::Utf16Offsets units(utf16 ? text : std::string_view());  // of no text: leaves bytes as they are
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
