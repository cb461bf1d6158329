// See string_matcher.h.
#include "tokenizer/string_matcher.h"

namespace wasmformers::tokenizer {

uint32_t StringMatcher::step(uint32_t node, unsigned char byte) const {
  uint32_t n = nodes_[node].child;
  while (n && nodes_[n].byte != byte) n = nodes_[n].next;
  return n;
}

void StringMatcher::add(std::string_view text, uint32_t id) {
  if (text.empty()) return;
  if (nodes_.empty()) nodes_.emplace_back();
  first_[static_cast<unsigned char>(text[0])] = true;
  uint32_t node = 0;
  for (char c : text) {
    uint32_t next = step(node, static_cast<unsigned char>(c));
    if (!next) {
      next = uint32_t(nodes_.size());
      nodes_.push_back({0, nodes_[node].child, -1, static_cast<unsigned char>(c)});
      nodes_[node].child = next;
    }
    node = next;
  }
  if (nodes_[node].id < 0) nodes_[node].id = int32_t(id);
}

bool StringMatcher::find(std::string_view text, size_t from, AddedMatch& out) const {
  for (size_t i = from; i < text.size(); ++i) {
    if (!first_[static_cast<unsigned char>(text[i])]) continue;
    bool found = false;
    uint32_t node = 0;
    for (size_t j = i; j < text.size() && (node = step(node, static_cast<unsigned char>(text[j]))); ++j) {
      if (nodes_[node].id < 0) continue;
      out = {uint32_t(i), uint32_t(j + 1), nodes_[node].id};
      found = true;
    }
    if (found) return true;
  }
  return false;
}

}  // namespace wasmformers::tokenizer
