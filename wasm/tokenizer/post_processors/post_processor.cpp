// See post_processor.h; after tokenizers' processors/ (bert.rs, roberta.rs, sequence.rs), pre_tokenizers/byte_level.rs
// (trimming of offsets) and PostProcessor::process.
#include "tokenizer/post_processors/post_processor.h"

#include <algorithm>

#include "text/unicode.h"
#include "text/utf8.h"

namespace wasmformers::tokenizer {
namespace {

struct SurroundingToken {
  std::string text;
  uint32_t id;
};

// Ġ stands for a space in byte-level tokens.
bool isSpace(uint32_t c) { return c == 0x120 || text::is(c, text::kWhiteSpace); }

void trimOffsets(Encoding& e, bool addPrefixSpace, const TokenTexts& texts) {
  if (e.detailed) tokenizer::trimOffsets(e.ids, e.widths, e.surfaces, addPrefixSpace, texts, e.offsets);
}

bool trims(Frame& to, bool addPrefixSpace) {
  if (to.done || to.trims) return false;
  to.addPrefixSpace = addPrefixSpace;
  return to.trims = true;
}

// [CLS] A [SEP] and, for a pair, B [SEP] (BertProcessing) or [SEP] B [SEP] (RobertaProcessing, every type id 0).
class ClsSepProcessing final : public PostProcessor {
 public:
  ClsSepProcessing(SurroundingToken cls, SurroundingToken sep, bool roberta, bool trim, bool addPrefixSpace)
      : cls_(std::move(cls)), sep_(std::move(sep)), roberta_(roberta), trim_(trim), addPrefixSpace_(addPrefixSpace) {}

  size_t addedTokens(bool pair) const override { return pair ? (roberta_ ? 4 : 3) : 2; }

  bool frame(bool addSpecialTokens, Frame& to) const override {
    if (trim_ && !trims(to, addPrefixSpace_)) return false;
    if (!addSpecialTokens) return true;
    if (to.done) return false;
    to.before.push_back({cls_.id, 0, cls_.text});
    to.after.push_back({sep_.id, 0, sep_.text});
    return to.done = true;
  }

  void process(std::vector<Encoding>& encodings, bool addSpecialTokens, const TokenTexts& texts) const override {
    for (Encoding& e : encodings) {
      if (trim_) forEncodingAndOverflow(e, [&](Encoding& one) { trimOffsets(one, addPrefixSpace_, texts); });
      if (roberta_) e.setTypeIds(0);  // not those of its overflow: the reference forgets them if nothing is added
    }
    if (!addSpecialTokens) return;
    for (size_t i = 0; i < encodings.size(); ++i) {
      forEncodingAndOverflow(encodings[i], [&](Encoding& e) { wrap(e, i); });
    }
  }

 private:
  void wrap(Encoding& e, size_t i) const {
    Encoding out;
    out.detailed = e.detailed;
    if (i == 0)
      out.addSpecial(cls_.id, 0, &cls_.text);
    else if (roberta_)
      out.addSpecial(sep_.id, 0, &sep_.text);
    const uint32_t begin = uint32_t(out.size());
    out.append(e);
    if (out.detailed) std::fill(out.special.begin() + begin, out.special.end(), uint8_t(0));
    if (roberta_) out.setTypeIds(0);
    out.sequence[0] = out.sequence[1] = {};
    out.sequence[i ? 1 : 0] = {begin, uint32_t(out.size()), true};
    // A third encoding, which a template before this processor may have made, gets type id 1, too.
    out.addSpecial(sep_.id, roberta_ || !i ? 0 : 1, &sep_.text);
    out.overflowing = std::move(e.overflowing);
    e = std::move(out);
  }

  SurroundingToken cls_, sep_;
  bool roberta_, trim_, addPrefixSpace_;
};

class ByteLevel final : public PostProcessor {
 public:
  ByteLevel(bool trim, bool addPrefixSpace) : trim_(trim), addPrefixSpace_(addPrefixSpace) {}
  size_t addedTokens(bool) const override { return 0; }
  bool frame(bool, Frame& to) const override { return !to.done && (!trim_ || trims(to, addPrefixSpace_)); }
  void process(std::vector<Encoding>& encodings, bool, const TokenTexts& texts) const override {
    for (size_t i = 0; i < encodings.size(); ++i) {
      if (trim_) forEncodingAndOverflow(encodings[i], [&](Encoding& one) { trimOffsets(one, addPrefixSpace_, texts); });
      encodings[i].setSequence(int(std::min<size_t>(i, 1)));
    }
  }

 private:
  bool trim_, addPrefixSpace_;
};

class Sequence final : public PostProcessor {
 public:
  explicit Sequence(std::vector<std::unique_ptr<PostProcessor>> parts) : parts_(std::move(parts)) {}
  size_t addedTokens(bool pair) const override {
    size_t n = 0;
    for (const auto& p : parts_) n += p->addedTokens(pair);
    return n;
  }
  bool frame(bool addSpecialTokens, Frame& to) const override {
    return std::all_of(parts_.begin(), parts_.end(), [&](const auto& p) { return p->frame(addSpecialTokens, to); });
  }
  void process(std::vector<Encoding>& encodings, bool addSpecialTokens, const TokenTexts& texts) const override {
    for (const auto& p : parts_) p->process(encodings, addSpecialTokens, texts);
  }

 private:
  std::vector<std::unique_ptr<PostProcessor>> parts_;
};

// ["[SEP]", 102]
SurroundingToken specialToken(const Component& c, std::string_view key) {
  const Component field = c.member(key);
  const std::vector<Component> pair = field.elements();
  if (pair.size() == 2 && pair[0].value.isString()) return {std::string(pair[0].value.asString()), pair[1].id()};
  field.wrongType("[token, id]");
  return {};
}

}  // namespace

Spaces Spaces::around(std::string_view token) {
  Spaces out;
  for (const char *p = token.data(), *end = p + token.size(); p < end && isSpace(text::decode(p));) ++out.leading;
  for (const char* p = token.data() + token.size(); p > token.data() && isSpace(text::decodeBack(p));) ++out.trailing;
  return out;
}

// A space that add_prefix_space added is not part of the text, so it is not trimmed off the first token's offsets.
void trimOffsets(const std::vector<uint32_t>& ids, const std::vector<uint8_t>& widths,
                 const std::vector<Surface>& surfaces, bool addPrefixSpace, const TokenTexts& texts,
                 std::vector<uint32_t>& offsets) {
  size_t nextSurface = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    Spaces spaces;
    if (nextSurface < surfaces.size() && surfaces[nextSurface].token == i)
      spaces = Spaces::around(surfaces[nextSurface++].text);
    else
      spaces = texts.spacesOf(ids[i]);
    uint32_t &begin = offsets[2 * i], &end = offsets[2 * i + 1];
    const uint32_t width = widths[i];
    if (spaces.leading) {
      if ((i == 0 || begin == 0) && addPrefixSpace && spaces.leading == 1) spaces.leading = 0;
      begin = std::min(begin + spaces.leading * width, end);
    }
    if (spaces.trailing && end >= spaces.trailing * width) end = std::max(end - spaces.trailing * width, begin);
  }
}

std::unique_ptr<PostProcessor> makePostProcessor(const Component& c, int depth) {
  if (c.absent()) return nullptr;
  if (depth > kMaxDepth) return c.fail("too_deep", "is nested too deeply.");
  const std::string_view type = c.type();
  if (type == "TemplateProcessing") return makeTemplateProcessing(c);
  if (type == "BertProcessing") {
    return std::make_unique<ClsSepProcessing>(specialToken(c, "cls"), specialToken(c, "sep"), false, false, false);
  }
  if (type == "RobertaProcessing") {
    return std::make_unique<ClsSepProcessing>(specialToken(c, "cls"), specialToken(c, "sep"), true,
                                              c.boolean("trim_offsets"), c.boolean("add_prefix_space"));
  }
  if (type == "ByteLevel") return std::make_unique<ByteLevel>(c.boolean("trim_offsets"), c.boolean("add_prefix_space"));
  if (type == "Sequence") return std::make_unique<Sequence>(partsOf(c, "processors", depth, makePostProcessor));
  return c.unknown("post-processor");
}

Encoding postProcess(const PostProcessor* p, std::vector<Encoding>& encodings, bool addSpecialTokens,
                     const TokenTexts& texts) {
  const bool pair = encodings.size() == 2;
  if (p) {
    for (int i = 0; i < int(encodings.size()); ++i) {
      forEncodingAndOverflow(encodings[size_t(i)], [&](Encoding& e) { e.setSequence(i); });
      encodings[size_t(i)].setTypeIds(uint32_t(i));
    }
    p->process(encodings, addSpecialTokens, texts);
  } else if (pair) {
    encodings[0].setSequence(0);
    encodings[1].setSequence(1);
  }
  if (encodings.size() == 1) return std::move(encodings[0]);
  Encoding out;
  out.detailed = !encodings.empty() && encodings[0].detailed;
  for (Encoding& e : encodings) out.merge(std::move(e));
  return out;
}

}  // namespace wasmformers::tokenizer
