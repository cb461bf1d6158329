// regex.wasm: the engine of regex/regex.h for tokenizers.wasm, which does not carry it. Plain functions of numbers, no
// Embind and no glue: js/engines/wasm/regex.js makes the instance and copies text in and matches out.
#include <emscripten/emscripten.h>

#include <string>
#include <vector>

#include "regex/regex.h"

namespace {

using namespace wasmformers;

std::string text;                                     // what is asked for
std::vector<std::unique_ptr<regex::Regex>> patterns;  // by handle
std::vector<regex::Bounds> found;
std::string answer;  // what is wrong with a pattern: its code, a newline and the sentence

}  // namespace

extern "C" {

/// Where JavaScript writes `bytes` of UTF-8.
EMSCRIPTEN_KEEPALIVE char* input(uint32_t bytes) {
  text.resize(bytes);
  return text.data();
}

/// A handle, or -1 and answer().
EMSCRIPTEN_KEEPALIVE int32_t compile() {
  regex::Failure failure;
  auto made = regex::compile(text, failure);
  answer = failure.code + "\n" + failure.sentence;
  if (!made) return -1;
  patterns.push_back(std::move(made));
  return int32_t(patterns.size()) - 1;
}
EMSCRIPTEN_KEEPALIVE const char* answerData() { return answer.data(); }
EMSCRIPTEN_KEEPALIVE uint32_t answerSize() { return uint32_t(answer.size()); }

/// How many matches the text has, or minus the Outcome.
EMSCRIPTEN_KEEPALIVE int32_t findAll(uint32_t handle) {
  if (handle >= patterns.size()) return -int32_t(regex::Outcome::TooMuchMemory);
  const regex::Outcome outcome = patterns[handle]->findAll(text, found);
  return outcome == regex::Outcome::Done ? int32_t(found.size()) : -int32_t(outcome);
}
/// Begin and end of each.
EMSCRIPTEN_KEEPALIVE const regex::Bounds* foundData() { return found.data(); }

}  // extern "C"
