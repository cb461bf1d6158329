// See vocabulary.h.
#include "tokenizer/vocabulary.h"

#include <algorithm>

namespace wasmformers::tokenizer {

void Vocabulary::reserve(size_t tokens, size_t bytes) {
  bytes_.reserve(bytes);
  ends_.reserve(tokens);
  ids_.reserve(tokens);
  size_t slots = 16;
  while (slots < tokens * 2) slots *= 2;
  grow(slots);
}

void Vocabulary::grow(size_t slots) {
  std::vector<Slot> old(slots, Slot{0, kNoId});
  old.swap(slots_);
  mask_ = slots - 1;
  for (const Slot& s : old) {
    if (s.entry == kNoId) continue;
    size_t at = s.hash & mask_;
    while (slots_[at].entry != kNoId) at = (at + 1) & mask_;
    slots_[at] = s;
  }
}

uint32_t Vocabulary::entryOf(std::string_view token, uint32_t hash) const {
  if (slots_.empty()) return kNoId;
  for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
    const Slot& s = slots_[at];
    if (s.entry == kNoId || (s.hash == hash && text(s.entry) == token)) return s.entry;
  }
}

void Vocabulary::add(std::string_view token, uint32_t id) {
  if (slots_.size() < (ends_.size() + 1) * 2) grow(std::max<size_t>(16, slots_.size() * 2));
  const uint32_t hash = hashBytes(token.data(), token.size());
  if (const uint32_t entry = entryOf(token, hash); entry != kNoId) {
    ids_[entry] = id;
    return;
  }
  size_t at = hash & mask_;
  while (slots_[at].entry != kNoId) at = (at + 1) & mask_;
  slots_[at] = {hash, uint32_t(ends_.size())};
  bytes_.append(token);
  ends_.push_back(uint32_t(bytes_.size()));
  ids_.push_back(id);
  longest_ = std::max(longest_, token.size());
}

void Vocabulary::finish() {
  idEnd_ = 0;
  for (uint32_t id : ids_) idEnd_ = std::max(idEnd_, id == kNoId ? id : id + 1);
  dense_.clear();
  sparse_.clear();
  if (idEnd_ <= ids_.size() * 4 + 1024) {
    dense_.assign(idEnd_, kNoId);
    for (size_t e = 0; e < ids_.size(); ++e) dense_[ids_[e]] = uint32_t(e);
    return;
  }
  for (size_t e = 0; e < ids_.size(); ++e) sparse_.push_back({ids_[e], uint32_t(e)});
  std::sort(sparse_.begin(), sparse_.end());
}

std::string_view Vocabulary::token(uint32_t id, bool& found) const {
  found = false;
  if (!sparse_.empty()) {
    auto at = std::upper_bound(sparse_.begin(), sparse_.end(), std::pair<uint32_t, uint32_t>{id, UINT32_MAX});
    if (at == sparse_.begin() || (--at)->first != id) return {};
    found = true;
    return text(at->second);
  }
  if (id >= dense_.size() || dense_[id] == kNoId) return {};
  found = true;
  return text(dense_[id]);
}

}  // namespace wasmformers::tokenizer
