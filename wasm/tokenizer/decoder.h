// Fifth stage: the `decoder` section of tokenizer.json turns tokens back into text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

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
};

/// The decoder that `c` describes; null for JSON null and where something is wrong, which c.status says.
std::unique_ptr<Decoder> makeDecoder(const Component& c, int depth = 0);

}  // namespace wasmformers::tokenizer
