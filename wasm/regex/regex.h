// Regular expressions as tokenizer.json has them: in Oniguruma's default syntax, as the Rust crate `onig` compiles it,
// matched by PCRE2. The interface has two implementations. Natively and in regex.wasm it is pcre2.cpp with
// oniguruma.cpp. In tokenizers.wasm it is binding/tokenizers_regex.cpp, which calls regex.wasm, a module that
// JavaScript loads when a pattern needs it. Most patterns do not: they have scanners (tokenizer/patterns/scanner.h).
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

/// What is wrong with a pattern. `code`, as in Status: "bad_pattern", "unsupported_pattern" or "needs_regex_engine".
struct Failure {
  std::string code;
  std::string sentence;  // what follows the field's name
};

class Regex {
 public:
  virtual ~Regex() = default;
  /// Fills `out` with every match in valid UTF-8, from left to right. Empty matches are included, but none directly
  /// after another match. Not Done: the pattern took too many steps or too much memory, and `out` is incomplete.
  virtual Outcome findAll(std::string_view text, std::vector<Bounds>& out) const = 0;
};

/// Null, and `failure` is set, where the pattern is malformed or uses something that cannot be translated.
std::unique_ptr<Regex> compile(std::string_view pattern, Failure& failure);

}  // namespace wasmformers::regex
