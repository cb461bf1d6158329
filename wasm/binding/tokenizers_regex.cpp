// The regular expressions of tokenizers.wasm: it calls regex.wasm through JavaScript, which sets `Module.regex` to it
// (js/engines/wasm/regex.js). Without it, a pattern is the error "needs_regex_engine"; then
// js/engines/wasm/tokenizer.js loads regex.wasm and reads the file again. Optimize: size
#include <emscripten/em_js.h>

#include "regex/regex.h"

namespace wasmformers::regex {
namespace {

// clang-format off
EM_JS(int32_t, regexCompile, (const char* pattern, uint32_t bytes), {
  return Module["regex"] ? Module["regex"].compile(HEAPU8.subarray(pattern, pattern + bytes)) : -2;
});
EM_JS(uint32_t, regexAnswer, (char* to, uint32_t room), {
  const bytes = Module["regex"].answer().subarray(0, room);
  HEAPU8.set(bytes, to);
  return bytes.length;
});
EM_JS(int32_t, regexFind, (int32_t handle, const char* text, uint32_t bytes), {
  return Module["regex"].findAll(handle, HEAPU8.subarray(text, text + bytes));
});
EM_JS(void, regexTake, (Bounds* to, uint32_t count), {
  HEAPU8.set(Module["regex"].found(count), to);
});
// clang-format on

class RemoteRegex final : public Regex {
 public:
  explicit RemoteRegex(int32_t handle) : handle_(handle) {}
  Outcome findAll(std::string_view text, std::vector<Bounds>& out) const override {
    out.clear();
    const int32_t n = regexFind(handle_, text.data(), uint32_t(text.size()));
    if (n < 0) return Outcome(-n);
    out.resize(size_t(n));
    if (n) regexTake(out.data(), uint32_t(n));
    return Outcome::Done;
  }

 private:
  int32_t handle_;
};

}  // namespace

std::unique_ptr<Regex> compile(std::string_view pattern, Failure& failure) {
  failure = {};
  const int32_t handle = regexCompile(pattern.data(), uint32_t(pattern.size()));
  if (handle >= 0) return std::make_unique<RemoteRegex>(handle);
  if (handle == -2) {
    failure = {"needs_regex_engine", "is a regular expression that needs the regex engine, which is not loaded."};
    return nullptr;
  }
  std::string answer(512, '\0');
  answer.resize(regexAnswer(answer.data(), uint32_t(answer.size())));
  const size_t line = std::min(answer.find('\n'), answer.size());
  failure.code = answer.substr(0, line);
  failure.sentence = answer.substr(std::min(line + 1, answer.size()));
  return nullptr;
}

}  // namespace wasmformers::regex
