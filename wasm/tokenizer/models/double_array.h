// A trie of byte strings in one flat array (Aoe, 1989), for Unigram's pieces. The child of a node by a byte is the unit
// at the node's base XOR the byte, if that unit names the node as its parent. So a step is one access to memory. Units
// come in blocks of 256, so every child of a base inside the array is inside the array.
#pragma once

#include "tokenizer/models/vocabulary.h"

namespace wasmformers::tokenizer {

class DoubleArray {
 public:
  static constexpr uint32_t kRoot = 0;

  /// Builds the trie of the entries of `v`, with their ids.
  void build(const Vocabulary& v);

  /// The child of `node` by `byte`, or 0.
  uint32_t child(uint32_t node, unsigned char byte) const {
    const uint32_t to = (units_[node].base & ~kHasId) ^ byte;
    return units_[to].parent == node ? to : 0;
  }
  /// The id of the string that ends at `node`, or kNoId.
  uint32_t id(uint32_t node) const { return units_[node].base & kHasId ? ids_[node] : kNoId; }

  void write(BinaryWriter& to) const;
  /// Reads what write() wrote, and checks that ids are less than idEnd.
  void read(BinaryReader& from, uint32_t idEnd);

 private:
  static constexpr uint32_t kHasId = 1u << 31;
  struct Unit {
    uint32_t base = 0;  // of the children; highest bit: a string ends here
    uint32_t parent = kNoId;
  };
  Flat<Unit> units_;
  Flat<uint32_t> ids_;  // of the strings that end at a unit
};

}  // namespace wasmformers::tokenizer
