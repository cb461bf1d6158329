// Fifth stage: the `decoder` section of tokenizer.json turns tokens back into text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "regex/regex.h"
#include "text/utf8.h"
#include "tokenizer/component.h"

namespace wasmformers::tokenizer {

/// A list of strings, one after the other in one block of memory.
struct TokenList {
  std::string bytes;
  std::vector<size_t> ends;

  size_t size() const { return ends.size(); }
  std::string_view operator[](size_t i) const {
    const size_t begin = i ? ends[i - 1] : 0;
    return std::string_view(bytes).substr(begin, ends[i] - begin);
  }
  void add(std::string_view s) {
    bytes.append(s);
    ends.push_back(bytes.size());
  }
  /// Ends the token whose bytes the caller has appended.
  void close() { ends.push_back(bytes.size()); }
  void clear() {
    bytes.clear();
    ends.clear();
  }
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Appends to `out`, which is empty, what the tokens become. The text is the last decoder's list, joined.
  virtual void decode(const TokenList& in, TokenList& out) const = 0;
  /// Whether a pattern gave up since the last call; then text is missing.
  virtual regex::Outcome takeOutcome() const { return regex::Outcome::Done; }

  /// What a token's text depends on. DecodeStream and DecodeTable choose their way by it.
  enum class Kind : uint8_t {
    EachToken,   // on the token alone
    FirstToken,  // also on whether it is the first
    LooksBack,   // also on the token before
    LooksAhead,  // also on whether it is the last
    ByteLevel,   // as these five decoders do it
    ByteFallback,
    Fuse,
    Strip,
    Sequence
  };
  virtual Kind kind() const { return Kind::LooksBack; }

  struct Edges {
    std::string content;  // one character
    uint32_t start = 0;   // how many of it are removed at the start, at most
    uint32_t stop = 0;    // and at the end
  };
  /// Of Strip; null of others.
  virtual const Edges* edges() const { return nullptr; }
  /// Of Sequence; null of others.
  virtual const std::vector<std::unique_ptr<Decoder>>* parts() const { return nullptr; }
};

/// The decoder that `c` describes; null for JSON null and on errors, which go to c.status.
/// `depth`: how many Sequences it is nested in.
std::unique_ptr<Decoder> makeDecoder(const Component& c, int depth = 0);

// The factories by type; each is in the file of its decoder.
std::unique_ptr<Decoder> makeByteLevelDecoder();
std::unique_ptr<Decoder> makeByteFallback();
std::unique_ptr<Decoder> makeWordDecoder(const Component& c);  // WordPiece, Metaspace, BPEDecoder, CTC
std::unique_ptr<Decoder> makeEditDecoder(const Component& c);  // Fuse, Replace, Strip

}  // namespace wasmformers::tokenizer
