// The pre-tokenizer Split: cuts at the matches of a pattern. What tokenizers 0.23.3 does (pre_tokenizers/split.rs).
#include "tokenizer/patterns/pattern.h"
#include "tokenizer/pre_tokenizers/pre_tokenizer.h"

namespace wasmformers::tokenizer {
namespace {

class Split final : public PreTokenizer {
 public:
  Split(Pattern pattern, Behavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}
  void preTokenize(PreTokenized& t) const override {
    const bool matches = behavior_ == Behavior::Isolated || (behavior_ == Behavior::Removed && invert_);
    const bool others = behavior_ == Behavior::Isolated || (behavior_ == Behavior::Removed && !invert_);
    t.split([&](std::string_view s, auto emit) {
      Pattern::Outcome outcome;
      if (matches || others) {  // no parts are joined
        size_t last = 0;
        outcome = pattern_.forMatches(s, [&](size_t begin, size_t end) {
          if (others) emit(last, begin);
          if (matches) emit(begin, end);
          last = end;
        });
        if (others) emit(last, s.size());
      } else {
        outcome = pattern_.cover(s, invert_, cover_);
        emitMatches(cover_, behavior_, emit);
      }
      if (outcome != Pattern::Outcome::Done) t.outcome = outcome;
    });
  }

 private:
  Pattern pattern_;
  Behavior behavior_;
  bool invert_;
  mutable std::vector<Match> cover_;  // kept for its memory
};

}  // namespace

Behavior readBehavior(const Component& c, std::string_view fallback) {
  return Behavior(
      c.oneOf("behavior", fallback, {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"}));
}

std::unique_ptr<PreTokenizer> makeSplit(const Component& c) {
  Pattern pattern(c);
  const Behavior behavior = readBehavior(c, "");
  return std::unique_ptr<PreTokenizer>(new Split(std::move(pattern), behavior, c.boolean("invert")));
}

}  // namespace wasmformers::tokenizer
