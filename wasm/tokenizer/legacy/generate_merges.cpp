// See generate_merges.h.
#include "tokenizer/legacy/generate_merges.h"

#include <algorithm>

namespace wasmformers::tokenizer {

std::vector<GeneratedMerge> generateMerges(const Vocabulary& v, bool betweenCharacters) {
  std::vector<GeneratedMerge> out;
  for (uint32_t e = 0; e < v.size(); ++e) {
    const std::string_view token = v.text(e);
    const size_t first = out.size();
    for (size_t at = 1; at < token.size(); ++at) {
      if (betweenCharacters && (static_cast<unsigned char>(token[at]) & 0xC0) == 0x80) continue;
      const uint32_t left = v.find(token.substr(0, at));
      const uint32_t right = left == kNoId ? kNoId : v.find(token.substr(at));
      if (right != kNoId) out.push_back({e, left, right});
    }
    const auto before = [](const GeneratedMerge& a, const GeneratedMerge& b) {
      return a.left != b.left ? a.left < b.left : a.right < b.right;
    };
    // A heap sort, because the ranges are short and std::sort would be 3 kB of code.
    std::make_heap(out.begin() + long(first), out.end(), before);
    std::sort_heap(out.begin() + long(first), out.end(), before);
  }
  return out;
}

}  // namespace wasmformers::tokenizer
