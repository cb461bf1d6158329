// See pattern.h.
// Optimize: least
#include "tokenizer/patterns/pattern.h"

namespace wasmformers::tokenizer {

Pattern::Pattern(const Component& c) {
  const Component pattern = c.member("pattern"), written = pattern.member("Regex");
  if (!written.value) {
    string_ = pattern.string("String");
    return;
  }
  const std::string source = pattern.string("Regex");
  scanner_ = Scanner::make(source);
  if (scanner_ || pattern.failed()) return;
  regex::Failure failure;
  regex_ = regex::compile(source, failure);
  if (!regex_) written.fail(failure.code, failure.sentence);
}

regex::Outcome Pattern::cover(std::string_view s, bool invert, std::vector<Match>& out) const {
  out.clear();
  size_t last = 0;
  const Outcome outcome = forMatches(s, [&](size_t begin, size_t end) {
    if (begin > last) out.push_back({uint32_t(last), uint32_t(begin), invert});
    out.push_back({uint32_t(begin), uint32_t(end), !invert});
    last = end;
  });
  if (last < s.size()) out.push_back({uint32_t(last), uint32_t(s.size()), invert});
  return outcome;
}

Status patternError(regex::Outcome outcome) {
  if (outcome == regex::Outcome::Done) return {};
  const bool memory = outcome == regex::Outcome::TooMuchMemory;
  return tokenizerError(memory ? "pattern_memory" : "pattern_steps",
                        std::string("A regular expression of the tokenizer takes too much ") +
                            (memory ? "memory" : "time") + " on this text.",
                        "pattern");
}

}  // namespace wasmformers::tokenizer
