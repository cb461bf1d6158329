// See unicode.h.
#include "text/unicode.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace wasmformers::text {

uint32_t lowercase(uint32_t c) {
  if (c < 0x80) return c - 'A' < 26u ? c + 32 : c;
  if (!is(c, text::kLower)) return c;
  const auto* end = tables::kLower + tables::kLowerCount;
  const auto* r = std::upper_bound(tables::kLower, end, int32_t(c),
                                   [](int32_t x, const tables::LowerRange& range) { return x < range.first; });
  // Ranges do not overlap, so the last one that begins at or before c holds c.
  return r == tables::kLower ? c : uint32_t(int32_t(c) + r[-1].delta);
}

uint8_t scriptOf(uint32_t c) {
  static const std::vector<std::pair<uint32_t, uint8_t>> runs = [] {  // first code point and script, unpacked once
    std::vector<std::pair<uint32_t, uint8_t>> out;
    const uint8_t* p = tables::kScriptDistances;
    uint32_t first = 0;
    for (int i = 0; i < tables::kScriptCount; ++i) {
      for (int shift = 0;; shift += 7) {
        first += uint32_t(*p & 0x7F) << shift;
        if (!(*p++ & 0x80)) break;
      }
      out.push_back({first, tables::kScriptNumbers[i]});
    }
    return out;
  }();
  const auto after =
      std::upper_bound(runs.begin(), runs.end(), c, [](uint32_t x, const auto& run) { return x < run.first; });
  return after[-1].second;
}

}  // namespace wasmformers::text
