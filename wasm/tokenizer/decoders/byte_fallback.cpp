// See byte_fallback.h; what tokenizers 0.23.3 does (decoders/byte_fallback.rs).
#include "tokenizer/decoders/byte_fallback.h"

#include "tokenizer/decoders/decoder.h"

namespace wasmformers::tokenizer {
namespace {

class ByteFallback final : public Decoder {
  Kind kind() const override { return Kind::ByteFallback; }
  void decode(const TokenList& in, TokenList& out) const override {
    std::string bytes;
    const auto flush = [&] { giveByteRun(bytes, [&](std::string_view s) { out.add(s); }); };
    for (size_t i = 0; i < in.size(); ++i) {
      const int b = fallbackByte(in[i]);
      if (b >= 0) {
        bytes += char(b);
        continue;
      }
      flush();
      out.add(in[i]);
    }
    flush();
  }
};

}  // namespace

int fallbackByte(std::string_view t) {
  if (t.size() != 6 || !t.starts_with("<0x") || t[5] != '>') return -1;
  int b = 0;
  for (char c : t.substr(3, 2)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                             : -1;
    if (digit < 0) return -1;
    b = b * 16 + digit;
  }
  return b;
}

std::unique_ptr<Decoder> makeByteFallback() { return std::make_unique<ByteFallback>(); }

}  // namespace wasmformers::tokenizer
