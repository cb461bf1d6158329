// Decoding token by token: what is written is final, and together it is what decoding all tokens at once gives. A chain
// of stages, one for each decoder; each keeps only what its next token can still change, so that a token costs the same
// however many came before. (Rust's DecodeStream decodes a window again and again, and differs where tokens look back.)
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/decoders/decoder.h"

namespace wasmformers::tokenizer {

class DecodeStream {
 public:
  /// `decoder` must live longer; null joins tokens by spaces.
  explicit DecodeStream(const Decoder* decoder);
  ~DecodeStream();
  DecodeStream(const DecodeStream&) = delete;
  DecodeStream& operator=(const DecodeStream&) = delete;

  /// The next token; appends to `out` what is final now: whole characters.
  void push(std::string_view token, std::string& out);
  /// No token follows; appends the rest. The stream is then as new.
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
