// Regular expressions as tokenizer.json has them: Oniguruma's syntax (its default one, as the Rust crate `onig`
// compiles it), matched by PCRE2. Two programs hold this interface: natively, in the tests and in regex.wasm it is
// engine.cpp over oniguruma.cpp; in tokenizers.wasm it is binding/tokenizers_regex.cpp, which asks regex.wasm, a module
// that JavaScript loads when a pattern needs it (most have scanners of their own, tokenizer/patterns/scanner.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wasmformers::regex {

/// A match, in bytes of the text.
struct Bounds {
  uint32_t begin, end;
};

enum class Outcome : uint8_t { Done, TooMuchWork, TooMuchMemory };

/// What is wrong with a pattern. `code` as in Status: "bad_pattern", "unsupported_pattern", "needs_regex_engine".
struct Failure {
  std::string code;
  std::string sentence;  // what follows the field's name
};

class Regex {
 public:
  virtual ~Regex() = default;
  /// Fills `out` with every match in valid UTF-8, from left to right, empty ones too (but none right where the last
  /// one ended). Not Done: the pattern took more steps or memory than any sane one, and `out` is not complete.
  virtual Outcome findAll(std::string_view text, std::vector<Bounds>& out) const = 0;
};

/// Null and `failure` where the pattern is not one, or uses what there is no translation for.
std::unique_ptr<Regex> compile(std::string_view pattern, Failure& failure);

}  // namespace wasmformers::regex
