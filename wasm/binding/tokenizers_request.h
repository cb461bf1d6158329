// The request of TokenizerHandle::encode(), as JavaScript writes it (js/engines/wasm/tokenizer-layout.js).
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "text/utf8.h"
#include "tokenizer/tokenizer.h"

namespace wasmformers {

/// What follows it in memory, all numbers 32 bits wide:
///   counts   only with `words`: how many strings each text has
///   lengths  of each string, in UTF-16 code units
///   texts    the strings' UTF-8, with one byte between them
struct EncodeRequest {
  uint32_t texts, strings, flags;
  uint32_t truncation, maxLength, stride;
  uint32_t padding, padLength, padToMultipleOf, padId, padTypeId;

  enum Flags : uint32_t {
    kSpecialTokens = 1,
    kDetails = 2,
    kOverflow = 4,
    kPairs = 8,
    kWords = 16,
    kTruncateLeft = 32,
    kPadLeft = 64,
    kIdsOnly = 128
  };

  /// Fills `out` with views of the strings. `bytes`: the size of all texts.
  void readInputs(size_t bytes, std::vector<tokenizer::EncodeInput>& out) const {
    out.resize(texts);
    const uint32_t perInput = flags & kPairs ? 2 : 1;
    const auto* numbers = reinterpret_cast<const uint32_t*>(this + 1);
    const uint32_t* counts = flags & kWords ? numbers : nullptr;
    const uint32_t* lengths = numbers + (counts ? texts * perInput : 0);
    const char* text = reinterpret_cast<const char*>(lengths + strings);
    const char* end = text + bytes;
    for (tokenizer::EncodeInput& in : out) {
      in.pair = perInput == 2;
      in.splitIntoWords = counts;
      for (uint32_t i = 0; i < perInput; ++i) {
        in.texts[i].clear();
        for (uint32_t n = counts ? *counts++ : 1; n; --n) {
          const std::string_view string = stringAt(text, end, *lengths++);
          in.texts[i].push_back(string);
          text = string.data() + string.size() + 1;
        }
      }
    }
  }

  tokenizer::EncodeOptions options() const {
    tokenizer::EncodeOptions o;
    o.addSpecialTokens = flags & kSpecialTokens;
    o.details = flags & kDetails;
    o.idsOnly = (flags & kIdsOnly) && !o.details;
    o.overflow = flags & kOverflow;
    o.utf16 = true;
    o.truncation = {tokenizer::TruncationStrategy(truncation), maxLength, stride, bool(flags & kTruncateLeft)};
    o.padding.strategy = tokenizer::PaddingStrategy(padding);
    o.padding.length = padLength;
    o.padding.multipleOf = padToMultipleOf;
    o.padding.left = flags & kPadLeft;
    o.padding.id = padId;
    o.padding.typeId = padTypeId;
    o.padding.token.clear();  // JavaScript knows it
    return o;
  }

 private:
  // The string at p of `units` UTF-16 code units, or up to `end`.
  static std::string_view stringAt(const char* p, const char* end, uint32_t units) {
    if (p > end) return {end, 0};
    const size_t left = size_t(end - p);
    if (units <= left && text::isAscii({p, units})) return {p, units};
    const char* q = p;
    for (uint32_t n = 0; n < units && q < end;) {
      const int bytes = text::lengthOf(static_cast<unsigned char>(*q));
      q += bytes;
      n += bytes == 4 ? 2 : 1;
    }
    return {p, size_t(std::min(q, end) - p)};
  }
};

}  // namespace wasmformers
