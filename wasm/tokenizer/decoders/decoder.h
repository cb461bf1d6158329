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

/// A list of strings in one block of memory.
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
  /// Ends the token whose bytes were appended by hand.
  void close() { ends.push_back(bytes.size()); }
  void clear() {
    bytes.clear();
    ends.clear();
  }
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Writes to `out` (empty) what becomes of the tokens; joined, the last decoder's list is the text.
  virtual void decode(const TokenList& in, TokenList& out) const = 0;
  /// Whether a pattern gave up since this was asked last: then text is missing.
  virtual regex::Outcome takeOutcome() const { return regex::Outcome::Done; }

  /// What DecodeStream and DecodeTable must know: what a token becomes depends on it alone, or also on whether it is
  /// the first, or on the one before as well, or on whether it is the last, or as these decoders do it.
  enum class Kind : uint8_t {
    EachToken,
    FirstToken,
    LooksBack,
    LooksAhead,
    ByteLevel,
    ByteFallback,
    Fuse,
    Strip,
    Sequence
  };
  virtual Kind kind() const { return Kind::LooksBack; }
  struct Edges {
    std::string content;  // one character
    uint32_t start = 0, stop = 0;
  };
  virtual const Edges* edges() const { return nullptr; }                                  // of Strip
  virtual const std::vector<std::unique_ptr<Decoder>>* parts() const { return nullptr; }  // of Sequence
};

/// The bytes that a token of byte-level characters stands for; a token with any other character stands for itself.
void appendByteLevel(std::string_view token, std::string& bytes);
/// The byte of a token like <0x0A>, or -1.
int fallbackByte(std::string_view token);
/// What a run of such bytes becomes, handed to give(std::string_view): its text where all of it is well-formed, else a
/// replacement character for each byte. The run is empty then.
template <class Give>
void giveByteRun(std::string& run, Give give) {
  if (text::isValid(run)) {
    if (!run.empty()) give(std::string_view(run));
  } else {
    for (size_t i = 0; i < run.size(); ++i) give(std::string_view("\xEF\xBF\xBD"));
  }
  run.clear();
}

/// The decoder that `c` describes; null for JSON null and where something is wrong, which c.status says.
std::unique_ptr<Decoder> makeDecoder(const Component& c, int depth = 0);

}  // namespace wasmformers::tokenizer
