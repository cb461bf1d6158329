// Fourth stage: the `post_processor` section of tokenizer.json puts the special tokens around the texts.
#pragma once

#include <memory>

#include "tokenizer/component.h"
#include "tokenizer/encoding.h"

namespace wasmformers::tokenizer {

/// The text of a token by its id, as the model has it.
class TokenTexts {
 public:
  virtual ~TokenTexts() = default;
  virtual std::string_view textOf(uint32_t id) const = 0;
};

class PostProcessor {
 public:
  virtual ~PostProcessor() = default;
  /// How many tokens process() will add to a text or a pair; truncation leaves that much room.
  virtual size_t addedTokens(bool pair) const = 0;
  /// Takes one encoding, or two for a pair, and leaves any number of them, to be merged in order.
  virtual void process(std::vector<Encoding>& encodings, bool addSpecialTokens, const TokenTexts& texts) const = 0;
};

/// The post-processor that `c` describes; null for JSON null and where something is wrong, which c.status says.
std::unique_ptr<PostProcessor> makePostProcessor(const Component& c, int depth = 0);

/// Calls f for an encoding and for each piece of its overflow.
template <class F>
void forEncodingAndOverflow(Encoding& e, F f) {
  f(e);
  for (Encoding& o : e.overflowing) f(o);
}

/// TemplateProcessing, in a file of its own.
std::unique_ptr<PostProcessor> makeTemplateProcessing(const Component& c);

/// Runs the processor (null: none) and merges what it leaves into one encoding.
Encoding postProcess(const PostProcessor* p, std::vector<Encoding>& encodings, bool addSpecialTokens, const TokenTexts& texts);

}  // namespace wasmformers::tokenizer
