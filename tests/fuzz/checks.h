// Checks that the fuzz targets share. A failed check prints its condition and ends the program.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "text/utf8.h"
#include "tokenizer/tokenizer.h"

#define FUZZ_CHECK(condition)                                                             \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (0)

namespace wasmformers::fuzz {

using namespace wasmformers::tokenizer;

/// Takes bytes from the front of the input; 0 when there are no more.
class Bytes {
 public:
  explicit Bytes(std::string_view rest) : rest_(rest) {}
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto b = static_cast<unsigned char>(rest_[0]);
    rest_.remove_prefix(1);
    return b;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Options of encoding, chosen by bytes of the input.
inline EncodeOptions optionsOf(Bytes& in) {
  EncodeOptions o;
  const uint8_t flags = in.byte(), cut = in.byte();
  o.addSpecialTokens = !(flags & 1);
  o.details = !(flags & 2);
  o.overflow = flags & 4;
  o.utf16 = flags & 8;
  if (flags & 16) o.truncation = {TruncationStrategy(1 + cut % 3), cut / 4u, in.byte() % 8u, bool(flags & 32)};
  if (flags & 64) o.padding.strategy = cut & 1 ? PaddingStrategy::Longest : PaddingStrategy::Fixed;
  if (flags & 64) o.padding.length = in.byte(), o.padding.multipleOf = in.byte() % 9u, o.padding.left = flags & 128;
  return o;
}

/// Checks that arrays have matching sizes, that offsets are inside the texts, and that ids are the same without
/// details.
inline void checkEncoding(Tokenizer& t, const std::vector<EncodeInput>& inputs, EncodeOptions options) {
  EncodedBatch out, plain;
  const Status s = t.encodeBatch(inputs, options, out);
  if (!s.ok()) {
    FUZZ_CHECK(!s.code().empty() && !s.message().empty());
    return;
  }
  const size_t n = out.ids.size();
  FUZZ_CHECK(out.rowStarts.size() == out.rows() + 1 && out.rowStarts.front() == 0 && out.rowStarts.back() == n);
  FUZZ_CHECK(out.typeIds.size() == n && out.attentionMask.size() == n);
  if (options.details) {
    FUZZ_CHECK(out.offsets.size() == 2 * n && out.words.size() == n && out.special.size() == n &&
               out.sequences.size() == n);
    size_t longest = 0;
    for (const EncodeInput& in : inputs) {
      for (const auto& words : in.texts)
        for (std::string_view w : words) longest = std::max(longest, w.size());
    }
    for (size_t i = 0; i < n; ++i) {
      // Ill-formed bytes become U+FFFD, three bytes each, before offsets are counted.
      FUZZ_CHECK(out.offsets[2 * i] <= out.offsets[2 * i + 1] && out.offsets[2 * i + 1] <= 3 * longest);
    }
    options.details = false;
    FUZZ_CHECK(t.encodeBatch(inputs, options, plain).ok() && plain.ids == out.ids && plain.rowStarts == out.rowStarts);
  }
  for (size_t r = 0; r < out.rows(); ++r) {
    const uint32_t begin = out.rowStarts[r], end = out.rowStarts[r + 1];
    FUZZ_CHECK(text::isValid(t.decode(out.ids.data() + begin, end - begin, options.addSpecialTokens)));
  }
}

}  // namespace wasmformers::fuzz
