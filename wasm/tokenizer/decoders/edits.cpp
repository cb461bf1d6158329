// Decoders that edit the text of tokens: Fuse, Replace and Strip. Each does what tokenizers 0.23.3 does (decoders/).
#include <utility>

#include "tokenizer/decoders/decoder.h"
#include "tokenizer/patterns/pattern.h"

namespace wasmformers::tokenizer {
namespace {

// Joins all tokens to one.
class Fuse final : public Decoder {
  void decode(const TokenList& in, TokenList& out) const override { out.add(in.bytes); }
  Kind kind() const override { return Kind::Fuse; }
};

// Replaces the matches of a pattern in every token.
class Replace final : public Decoder {
 public:
  Replace(Pattern pattern, std::string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}
  Kind kind() const override { return Kind::EachToken; }
  regex::Outcome takeOutcome() const override { return std::exchange(outcome_, regex::Outcome::Done); }
  void decode(const TokenList& in, TokenList& out) const override {
    for (size_t i = 0; i < in.size(); ++i) {
      const std::string_view token = in[i];
      size_t last = 0;
      const auto outcome = pattern_.forMatches(token, [&](size_t begin, size_t end) {
        out.bytes.append(token, last, begin - last).append(content_);
        last = end;
      });
      if (outcome != Pattern::Outcome::Done) outcome_ = outcome;
      out.bytes.append(token, last);
      out.close();
    }
  }

 private:
  Pattern pattern_;
  std::string content_;
  mutable regex::Outcome outcome_ = regex::Outcome::Done;
};

// Removes one character from both ends of every token: up to `start` of it on the left, up to `stop` on the right.
class Strip final : public Decoder {
 public:
  explicit Strip(Edges edges) : edges_(std::move(edges)) {}
  Kind kind() const override { return Kind::Strip; }
  const Edges* edges() const override { return &edges_; }
  void decode(const TokenList& in, TokenList& out) const override {
    for (size_t i = 0; i < in.size(); ++i) {
      std::string_view s = in[i];
      for (uint32_t n = 0; n < edges_.start && s.starts_with(edges_.content); ++n)
        s.remove_prefix(edges_.content.size());
      for (uint32_t n = 0; n < edges_.stop && s.ends_with(edges_.content); ++n) s.remove_suffix(edges_.content.size());
      out.add(s);
    }
  }

 private:
  Edges edges_;
};

std::unique_ptr<Decoder> strip(const Component& c) {
  std::string content = c.string("content");
  if (text::countCharacters(content) != 1) return c.member("content").fail("bad_value", "must be one character.");
  return std::make_unique<Strip>(Decoder::Edges{std::move(content), c.number("start"), c.number("stop")});
}

}  // namespace

std::unique_ptr<Decoder> makeEditDecoder(const Component& c) {
  const std::string_view type = c.type();
  if (type == "Fuse") return std::make_unique<Fuse>();
  if (type == "Strip") return strip(c);
  Pattern pattern(c);
  return std::make_unique<Replace>(std::move(pattern), c.string("content"));
}

}  // namespace wasmformers::tokenizer
