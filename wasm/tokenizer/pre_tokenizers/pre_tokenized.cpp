// See pre_tokenized.h.
// Optimize: size
#include "tokenizer/pre_tokenizers/pre_tokenized.h"

namespace wasmformers::tokenizer {

uint32_t PreTokenized::append(NormalizedString& part) {
  const uint32_t base = uint32_t(text.size());
  if (!same || !part.same || part.start != base) {
    needSpans();
    part.needSpans();
  }
  if (text.empty()) {  // usually there is one part: nothing is copied
    text.swap(part.text);
    spans.swap(part.spans);
    return 0;
  }
  text += part.text;
  spans.insert(spans.end(), part.spans.begin(), part.spans.end());
  return base;
}

void PreTokenized::needSpans() {
  if (same) fillSpans(text, 0, spans);
  same = false;
}

}  // namespace wasmformers::tokenizer
