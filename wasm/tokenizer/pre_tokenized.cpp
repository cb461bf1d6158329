// See pre_tokenized.h.
#include "tokenizer/pre_tokenized.h"

namespace wasmformers::tokenizer {

uint32_t PreTokenized::append(NormalizedString& part) {
  if (text.empty()) {  // the usual case: one part, nothing to copy
    text.swap(part.text);
    spans.swap(part.spans);
    return 0;
  }
  const uint32_t base = uint32_t(text.size());
  text += part.text;
  spans.insert(spans.end(), part.spans.begin(), part.spans.end());
  return base;
}

void PreTokenized::take(const Piece& p, NormalizedString& part) const {
  part.text.assign(text, p.begin, p.end - p.begin);
  part.aligned = aligned;
  part.spans.clear();
  part.start = 0;
  if (!aligned) return;
  part.spans.assign(spans.begin() + p.begin, spans.begin() + p.end);
  if (!part.spans.empty()) part.start = part.spans[0].begin;
}

}  // namespace wasmformers::tokenizer
