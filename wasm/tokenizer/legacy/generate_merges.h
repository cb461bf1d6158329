// BPE merges from a vocabulary, for files that list none: all ways to cut a token into two others. After Transformers'
// generate_merges (convert_slow_tokenizer.py).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/write.h"
#include "tokenizer/models/vocabulary.h"

namespace wasmformers::tokenizer {

/// A merge, as three entries of a vocabulary: `whole` is `left` followed by `right`.
struct GeneratedMerge {
  uint32_t whole, left, right;
};

/// The merges of all tokens of `v`, in the order of its entries, which must be their ids; those of one token are
/// ordered by their parts. `betweenCharacters`: only cuts between characters, not inside one.
std::vector<GeneratedMerge> generateMerges(const Vocabulary& v, bool betweenCharacters);

/// Appends `"name":` to the JSON object that `out` ends in.
inline void writeKey(std::string_view name, std::string& out) {
  if (out.back() != '{') out += ',';
  json::writeString(name, out);
  out += ':';
}

/// Appends the member "merges", [[left, right], …], to the JSON object that `out` ends in. writeToken(entry) appends a
/// token as a JSON string.
template <class WriteToken>
void writeMerges(const std::vector<GeneratedMerge>& merges, WriteToken writeToken, std::string& out) {
  writeKey("merges", out);
  out += '[';
  for (const GeneratedMerge& m : merges) {
    if (out.back() != '[') out += ',';
    out += '[';
    writeToken(m.left);
    out += ',';
    writeToken(m.right);
    out += ']';
  }
  out += ']';
}

}  // namespace wasmformers::tokenizer
