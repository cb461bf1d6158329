// See pre_tokenizer.h: the factory, and Sequence.
// Optimize: least
#include "tokenizer/pre_tokenizers/pre_tokenizer.h"

namespace wasmformers::tokenizer {
namespace {

class Sequence final : public PreTokenizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<PreTokenizer>> parts) : parts_(std::move(parts)) {}
  void preTokenize(PreTokenized& t) const override {
    for (const auto& part : parts_) part->preTokenize(t);
  }
  void leaveBytes() override {
    if (!parts_.empty()) parts_.back()->leaveBytes();
  }
  bool needsSpans() const override {
    for (const auto& part : parts_) {
      if (part->needsSpans()) return true;
    }
    return false;
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> parts_;
};

}  // namespace

std::unique_ptr<PreTokenizer> makePreTokenizer(const Component& c, int depth) {
  if (c.absent()) return nullptr;
  if (depth > kMaxDepth) return c.fail("too_deep", "is nested too deeply.");
  const std::string_view type = c.type();
  if (type == "ByteLevel") return makeByteLevel(c);
  if (type == "Metaspace") return makeMetaspace(c);
  if (type == "Split") return makeSplit(c);
  if (type == "Sequence") return std::make_unique<Sequence>(partsOf(c, "pretokenizers", depth, makePreTokenizer));
  return makeCharacterPreTokenizer(type, c);
}

}  // namespace wasmformers::tokenizer
