// Decoding at the speed of copying: the text of each id is computed once and kept. This works for decoders where a
// token's text depends on nothing but whether it is the first (or the last) token. Runs of byte tokens are supported,
// and so are decoders that work on the whole text (Fuse and what follows it). With other decoders, the caller decodes
// token by token.
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
  /// Gets the token of an id and whether it is special. False where the id has none.
  using TokenOf = std::function<bool(uint32_t id, std::string_view& token, bool& special)>;

  /// Null where the decoder does not allow a table. Both arguments must live longer. `decoder` null: tokens are joined
  /// with spaces.
  static std::unique_ptr<DecodeTable> make(const Decoder* decoder, TokenOf tokenOf);

  /// Appends the text of `count` ids, the same as Tokenizer::decode().
  void decode(const uint32_t* ids, size_t count, bool skipSpecialTokens, std::string& out);

 private:
  // The text of an id: bytes [begin, begin + length) of blob_. The upper bits of length are flags.
  struct Entry {
    uint32_t begin, length;
  };
  static constexpr uint32_t kSpecial = 1u << 31, kByte = 1u << 30, kAbsent = 1u << 29, kUnknown = 1u << 28,
                            kFlags = 0xFu << 28;
  // What is joined: texts, bytes that may be ill-formed, or texts with runs of byte tokens.
  enum class Join : uint8_t { Texts, Bytes, ByteRuns };
  enum class Edge : uint8_t { None, First, Last };

  DecodeTable() = default;
  bool plan(const Decoder& decoder);
  bool planLocal(const Decoder& decoder);
  const Entry& entry(std::vector<Entry>& table, uint32_t id, bool atEdge);
  void fill(Entry& e, uint32_t id, bool atEdge);
  void flushRun();
  void append(std::string_view piece);
  void grow(size_t more);

  static constexpr size_t kStep = 16;  // short texts are copied as this many bytes

  TokenOf tokenOf_;
  bool spaced_ = false;  // no decoder
  std::vector<const Decoder*> locals_, tail_;
  Join join_ = Join::Texts;
  Edge edge_ = Edge::None;
  bool fused_ = false;

  std::vector<Entry> inside_, atEdge_;
  std::string blob_ = std::string(kStep, '\0');  // the texts, then kStep bytes that may be read past their end
  std::string text_;                             // a buffer for the decoded text, of which size_ bytes are used
  size_t size_ = 0;
  std::string run_, repaired_;
};

}  // namespace wasmformers::tokenizer
