// regex.wasm: regular expressions (regex/regex.h) for tokenizers.wasm, which does not contain them. It exports plain
// functions of numbers, without Embind and glue: js/engines/wasm/regex.js makes the instance and copies text in and
// matches out.
#include <emscripten/emscripten.h>

#include <string>
#include <vector>

#include "regex/regex.h"

namespace {

using namespace wasmformers;

std::string text;                                     // a pattern to compile, or a text to search
std::vector<std::unique_ptr<regex::Regex>> patterns;  // by handle
std::vector<regex::Bounds> found;
std::string answer;  // the error of a pattern: its code, a newline and the sentence

}  // namespace

extern "C" {

/// The address to which JavaScript writes `bytes` of UTF-8.
EMSCRIPTEN_KEEPALIVE char* input(uint32_t bytes) {
  text.resize(bytes);
  return text.data();
}

/// Compiles the pattern in the input. Returns a handle, or −1; then the answer is the error.
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

/// Finds the matches of a pattern in the text in the input. Returns their number, or minus the Outcome.
EMSCRIPTEN_KEEPALIVE int32_t findAll(uint32_t handle) {
  if (handle >= patterns.size()) return -int32_t(regex::Outcome::TooMuchMemory);
  const regex::Outcome outcome = patterns[handle]->findAll(text, found);
  return outcome == regex::Outcome::Done ? int32_t(found.size()) : -int32_t(outcome);
}
/// Begin and end of each match, in bytes.
EMSCRIPTEN_KEEPALIVE const regex::Bounds* foundData() { return found.data(); }

}  // extern "C"
