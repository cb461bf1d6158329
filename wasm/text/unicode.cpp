// See unicode.h.
#include "text/unicode.h"

#include <algorithm>

namespace wasmformers::text {

uint32_t lowercase(uint32_t c) {
  if (c < 0x80) return c - 'A' < 26u ? c + 32 : c;
  if (!is(c, kLower)) return c;
  const auto* end = tables::kLower + tables::kLowerCount;
  const auto* r = std::upper_bound(tables::kLower, end, int32_t(c),
                                   [](int32_t x, const tables::LowerRange& range) { return x < range.first; });
  // Ranges do not overlap, so the last one that starts at or before c holds it.
  return r == tables::kLower ? c : uint32_t(int32_t(c) + r[-1].delta);
}

}  // namespace wasmformers::text
