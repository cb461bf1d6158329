// See decoder.h: the factory, and Sequence.
#include "tokenizer/decoders/decoder.h"

#include <utility>

namespace wasmformers::tokenizer {
namespace {

class Sequence final : public Decoder {
 public:
  explicit Sequence(std::vector<std::unique_ptr<Decoder>> parts) : parts_(std::move(parts)) {}
  Kind kind() const override { return Kind::Sequence; }
  const std::vector<std::unique_ptr<Decoder>>* parts() const override { return &parts_; }
  void decode(const TokenList& in, TokenList& out) const override {
    out = in;
    TokenList next;
    for (const auto& part : parts_) {
      next.clear();
      part->decode(out, next);
      std::swap(out, next);
    }
  }
  regex::Outcome takeOutcome() const override {
    regex::Outcome first = regex::Outcome::Done;
    for (const auto& part : parts_) {
      const regex::Outcome outcome = part->takeOutcome();
      if (first == regex::Outcome::Done) first = outcome;
    }
    return first;
  }

 private:
  std::vector<std::unique_ptr<Decoder>> parts_;
};

}  // namespace

std::unique_ptr<Decoder> makeDecoder(const Component& c, int depth) {
  if (c.absent()) return nullptr;
  if (depth > kMaxDepth) return c.fail("too_deep", "is nested too deeply.");
  const std::string_view type = c.type();
  if (type == "ByteLevel") return makeByteLevelDecoder();
  if (type == "ByteFallback") return makeByteFallback();
  if (type == "WordPiece" || type == "Metaspace" || type == "BPEDecoder" || type == "CTC") return makeWordDecoder(c);
  if (type == "Fuse" || type == "Replace" || type == "Strip") return makeEditDecoder(c);
  if (type == "Sequence") return std::make_unique<Sequence>(partsOf(c, "decoders", depth, makeDecoder));
  return c.unknown("decoder");
}

}  // namespace wasmformers::tokenizer
