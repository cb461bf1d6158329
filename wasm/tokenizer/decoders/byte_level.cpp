// The decoder ByteLevel: the tokens' characters stand for bytes (byte_alphabet.h), which together are one text. What
// tokenizers 0.23.3 does (pre_tokenizers/byte_level.rs).
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/decoders/decoder.h"

namespace wasmformers::tokenizer {
namespace {

// Ill-formed UTF-8 is replaced by U+FFFD.
class ByteLevel final : public Decoder {
  void decode(const TokenList& in, TokenList& out) const override {
    std::string bytes, repaired;
    bytes.reserve(in.bytes.size());
    for (size_t i = 0; i < in.size(); ++i) appendByteLevel(in[i], bytes);
    out.add(text::makeValid(bytes, repaired));
  }
  Kind kind() const override { return Kind::ByteLevel; }
};

}  // namespace

std::unique_ptr<Decoder> makeByteLevelDecoder() { return std::make_unique<ByteLevel>(); }

}  // namespace wasmformers::tokenizer
