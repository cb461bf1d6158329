// Second stage: the `pre_tokenizer` section of tokenizer.json cuts the text into words.
#pragma once

#include <memory>
#include <string_view>

#include "tokenizer/component.h"
#include "tokenizer/patterns/matches.h"
#include "tokenizer/pre_tokenizers/pre_tokenized.h"

namespace wasmformers::tokenizer {

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  /// Cuts the pieces of `text` that are no added tokens into smaller ones.
  virtual void preTokenize(PreTokenized& text) const = 0;
  /// Whether it asks where in the original text a piece begins. Then spans are needed even if only ids are wanted.
  virtual bool needsSpans() const { return false; }
  /// Allows a ByteLevel that comes last to leave the bytes as they are (PreTokenized::bytes).
  virtual void leaveBytes() {}
};

/// The pre-tokenizer that `c` describes; null for JSON null and on errors, which go to c.status.
/// `depth`: how many Sequences it is nested in.
std::unique_ptr<PreTokenizer> makePreTokenizer(const Component& c, int depth = 0);

// The factories by type; each is in the file of its pre-tokenizer.
std::unique_ptr<PreTokenizer> makeByteLevel(const Component& c);
std::unique_ptr<PreTokenizer> makeMetaspace(const Component& c);
std::unique_ptr<PreTokenizer> makeSplit(const Component& c);
/// The others (characters.cpp). An unknown type is an error.
std::unique_ptr<PreTokenizer> makeCharacterPreTokenizer(std::string_view type, const Component& c);

/// The `behavior` of Split and Punctuation; `fallback` "": it must be there.
Behavior readBehavior(const Component& c, std::string_view fallback);

}  // namespace wasmformers::tokenizer
