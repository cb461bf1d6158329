// Fourth stage: the `post_processor` section of tokenizer.json puts the special tokens around the texts.
#pragma once

#include <memory>

#include "tokenizer/component.h"
#include "tokenizer/encoding.h"

namespace wasmformers::tokenizer {

struct Spaces {
  uint32_t leading = 0, trailing = 0;
  static Spaces around(std::string_view token);
};

/// The text of a token by its id, as the model has it.
class TokenTexts {
 public:
  virtual ~TokenTexts() = default;
  virtual std::string_view textOf(uint32_t id) const = 0;
  /// How many spaces the token begins with and ends in, as trimming counts them.
  virtual Spaces spacesOf(uint32_t id) const { return Spaces::around(textOf(id)); }
};

struct FrameToken {
  uint32_t id, typeId;
  std::string text;
};
/// What a post-processor makes of one text, if all that it does is to trim offsets and to put tokens around.
struct Frame {
  std::vector<FrameToken> before, after;
  uint32_t typeId = 0;  // of the text itself
  bool done = false;    // nothing may trim any more
  bool trims = false, addPrefixSpace = false;
};
/// Takes white space off a row's offsets: sizes and surfaces as in an Encoding.
void trimOffsets(const std::vector<uint32_t>& ids, const std::vector<uint8_t>& widths,
                 const std::vector<Surface>& surfaces, bool addPrefixSpace, const TokenTexts& texts,
                 std::vector<uint32_t>& offsets);

class PostProcessor {
 public:
  virtual ~PostProcessor() = default;
  /// How many tokens process() will add to a text or a pair; truncation leaves that much room.
  virtual size_t addedTokens(bool pair) const = 0;
  /// Adds to the frame what it does to one text. False: it does something else.
  virtual bool frame(bool addSpecialTokens, Frame& to) const = 0;
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
Encoding postProcess(const PostProcessor* p, std::vector<Encoding>& encodings, bool addSpecialTokens,
                     const TokenTexts& texts);

}  // namespace wasmformers::tokenizer
