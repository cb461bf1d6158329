// Fourth stage: the `post_processor` section of tokenizer.json puts special tokens around the texts.
#pragma once

#include <memory>

#include "tokenizer/component.h"
#include "tokenizer/encoding.h"

namespace wasmformers::tokenizer {

/// How many spaces a token begins with and ends in, in characters.
struct Spaces {
  uint32_t leading = 0, trailing = 0;
  static Spaces around(std::string_view token);
};

/// The texts of tokens by id, as the vocabulary and the added tokens spell them.
class TokenTexts {
 public:
  virtual ~TokenTexts() = default;
  virtual std::string_view textOf(uint32_t id) const = 0;
  /// The spaces of a token, as trimOffsets() counts them.
  virtual Spaces spacesOf(uint32_t id) const { return Spaces::around(textOf(id)); }
};

struct FrameToken {
  uint32_t id, typeId;
  std::string text;
};
/// A post-processor that only trims offsets and puts tokens around one text, as data.
struct Frame {
  std::vector<FrameToken> before, after;
  uint32_t typeId = 0;  // of the text's own tokens
  bool done = false;    // tokens have been put around the text: a later processor may not trim
  bool trims = false, addPrefixSpace = false;
};
/// Trims white space off the offsets of a row. The arrays are those of an Encoding.
void trimOffsets(const std::vector<uint32_t>& ids, const std::vector<uint8_t>& widths,
                 const std::vector<Surface>& surfaces, bool addPrefixSpace, const TokenTexts& texts,
                 std::vector<uint32_t>& offsets);

class PostProcessor {
 public:
  virtual ~PostProcessor() = default;
  /// How many tokens process() adds to a text or a pair. Truncation leaves room for them.
  virtual size_t addedTokens(bool pair) const = 0;
  /// Adds to the frame what process() does to one text. False: a frame cannot express it.
  virtual bool frame(bool addSpecialTokens, Frame& to) const = 0;
  /// Takes one encoding, or two of a pair, and leaves any number of encodings, which the caller merges in order.
  virtual void process(std::vector<Encoding>& encodings, bool addSpecialTokens, const TokenTexts& texts) const = 0;
};

/// The post-processor that `c` describes; null for JSON null and on errors, which go to c.status.
/// `depth`: how many Sequences it is nested in.
std::unique_ptr<PostProcessor> makePostProcessor(const Component& c, int depth = 0);

/// Calls f for an encoding and for each piece of its overflow.
template <class F>
void forEncodingAndOverflow(Encoding& e, F f) {
  f(e);
  for (Encoding& o : e.overflowing) f(o);
}

/// The factory of TemplateProcessing, which has a file of its own.
std::unique_ptr<PostProcessor> makeTemplateProcessing(const Component& c);

/// Runs the processor (null: none) and merges the encodings that it leaves into one.
Encoding postProcess(const PostProcessor* p, std::vector<Encoding>& encodings, bool addSpecialTokens,
                     const TokenTexts& texts);

}  // namespace wasmformers::tokenizer
