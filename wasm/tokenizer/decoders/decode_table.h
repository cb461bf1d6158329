// Decoding at the speed of copying: what each id becomes is worked out when it is first met and kept. It serves every
// decoder whose tokens look at nothing but whether they are the first (or the last) of the text; runs of byte tokens
// and what is done to the whole text afterwards (Fuse and all behind it) come on top. The others decode token by token.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/decoders/decoder.h"

namespace wasmformers::tokenizer {

class DecodeTable {
 public:
  /// A token and whether it is special; false where the id has none.
  using TokenOf = std::function<bool(uint32_t id, std::string_view& token, bool& special)>;

  /// nullptr where the decoder is not of that kind. Both must live longer; null is no decoder: spaces between tokens.
  static std::unique_ptr<DecodeTable> make(const Decoder* decoder, TokenOf tokenOf);

  /// Appends the text of `count` ids: what Tokenizer::decode gives.
  void decode(const uint32_t* ids, size_t count, bool skipSpecialTokens, std::string& out);

 private:
  // Bytes [begin, begin + length) of blob_; the flags are above the length.
  struct Entry {
    uint32_t begin, length;
  };
  static constexpr uint32_t kSpecial = 1u << 31, kByte = 1u << 30, kAbsent = 1u << 29, kUnknown = 1u << 28,
                            kFlags = 0xFu << 28;
  enum class Join : uint8_t {
    Texts,
    Bytes,
    ByteRuns
  };  // of texts, of bytes that are made valid, of texts with runs of bytes
  enum class Edge : uint8_t { None, First, Last };

  DecodeTable() = default;
  bool plan(const Decoder& decoder);
  bool planLocal(const Decoder& decoder);
  const Entry& entry(std::vector<Entry>& table, uint32_t id, bool atEdge);
  void fill(Entry& e, uint32_t id, bool atEdge);
  void flushRun();
  void append(std::string_view piece);
  void grow(size_t more);

  static constexpr size_t kStep = 16;  // short pieces are copied by as much

  TokenOf tokenOf_;
  bool spaced_ = false;  // no decoder
  std::vector<const Decoder*> locals_, tail_;
  Join join_ = Join::Texts;
  Edge edge_ = Edge::None;
  bool fused_ = false;

  std::vector<Entry> inside_, atEdge_;
  std::string blob_ = std::string(kStep, '\0');  // pieces one after the other, then kStep bytes to read over the end
  std::string text_;                             // of the ids being decoded: room, of which size_ bytes are in use
  size_t size_ = 0;
  std::string run_, repaired_;
};

}  // namespace wasmformers::tokenizer
