// See rows.h.
#include "tokenizer/rows.h"

#include "base/buffer.h"

namespace wasmformers::tokenizer {
namespace {

template <class T>
void pad(std::vector<T>& v, size_t n, T value) {
  v.insert(v.end(), n, value);
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

Status roundLength(size_t rows, bool details, const Padding& p, size_t& length) {
  const bool tooLong = uint64_t(rows) * length > kMostPaddedTokens;
  if (p.multipleOf && length % p.multipleOf) length += p.multipleOf - length % p.multipleOf;
  if (uint64_t(rows) * length > kMostPaddedTokens) {
    return Status(ErrorClass::Input, "too_much_padding",
                  std::to_string(rows) + " rows of " + std::to_string(length) +
                      " tokens would not fit into memory; pad to a smaller length, or pass fewer texts at once.")
        .atField(!tooLong                               ? "pad_to_multiple_of"
                 : p.strategy == PaddingStrategy::Fixed ? "max_length"
                                                        : "padding");
  }
  // The arrays abort where memory runs out. One block of thrice their size, which they take while they grow, says
  // before whether it does.
  return allocate(rows * length * (details ? 3 * 26 : 3 * 12), "a padded batch").takeStatus();
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

}  // namespace wasmformers::tokenizer
