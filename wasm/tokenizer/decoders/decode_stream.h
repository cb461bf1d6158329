// Decoding token by token. What is written is final; all of it together is what decoding all tokens at once gives.
// There is a chain of stages, one for each decoder. A stage keeps only what its next token can still change, so a
// token's cost does not depend on how many came before. (Rust's DecodeStream decodes a window again for each token, and
// its result differs where a decoder looks at the token before.)
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/decoders/decoder.h"

namespace wasmformers::tokenizer {

class DecodeStream {
 public:
  /// `decoder` must live longer. Null joins tokens with spaces.
  explicit DecodeStream(const Decoder* decoder);
  ~DecodeStream();
  DecodeStream(const DecodeStream&) = delete;
  DecodeStream& operator=(const DecodeStream&) = delete;

  /// Takes the next token. Appends to `out` the text that is final now, in whole characters.
  void push(std::string_view token, std::string& out);
  /// Appends the rest of the text. The stream is then as new.
  void end(std::string& out);

 private:
  class Stage;
  class Local;
  class Lagging;
  class Bytes;
  class Fallback;
  class Fused;
  class Edged;
  class Spaced;
  void build(const Decoder* decoder);
  void emit(size_t stage, std::string_view part, bool closes);

  std::vector<std::unique_ptr<Stage>> stages_;
  std::string* out_ = nullptr;
};

}  // namespace wasmformers::tokenizer
