// Searches a text for any of a set of strings: the added tokens.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace wasmformers::tokenizer {

/// A byte range of a text, and the id of the added token that it is, or -1.
struct AddedMatch {
  uint32_t begin, end;
  int32_t id;
};

/// Finds leftmost-longest matches with a trie. A table of the strings' first bytes comes before it, so most positions
/// cost one look-up.
class StringMatcher {
 public:
  /// Adds a string and its id. The id of a string that was added before stays.
  void add(std::string_view text, uint32_t id);
  bool empty() const { return nodes_.empty(); }
  /// Fills `out` with the first match at or after byte `from`. False: there is none.
  bool find(std::string_view text, size_t from, AddedMatch& out) const;

 private:
  struct Node {
    uint32_t child = 0, next = 0;
    int32_t id = -1;
    unsigned char byte = 0;
  };
  uint32_t step(uint32_t node, unsigned char byte) const;
  std::vector<Node> nodes_;
  bool first_[256] = {};
};

}  // namespace wasmformers::tokenizer
