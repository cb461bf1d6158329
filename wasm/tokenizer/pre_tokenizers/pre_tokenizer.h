// Second stage: the `pre_tokenizer` section of tokenizer.json cuts the text into words.
#pragma once

#include <memory>

#include "tokenizer/component.h"
#include "tokenizer/pre_tokenizers/pre_tokenized.h"

namespace wasmformers::tokenizer {

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void preTokenize(PreTokenized& text) const = 0;
  /// Whether it asks where in the original a piece begins, so that spans are needed even for ids alone.
  virtual bool needsSpans() const { return false; }
  /// Where the last step is ByteLevel it may cut only and leave bytes as they are (PreTokenized::bytes).
  virtual void leaveBytes() {}
};

/// The pre-tokenizer that `c` describes; null for JSON null and where something is wrong, which c.status says.
std::unique_ptr<PreTokenizer> makePreTokenizer(const Component& c, int depth = 0);

std::unique_ptr<PreTokenizer> makeMetaspace(const Component& c);

}  // namespace wasmformers::tokenizer
