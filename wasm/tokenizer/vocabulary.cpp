// See vocabulary.h.
#include "tokenizer/vocabulary.h"

#include <algorithm>

#include "text/utf8.h"
#include "tokenizer/binary_form.h"

namespace wasmformers::tokenizer {

void Vocabulary::reserve(size_t tokens, size_t bytes) {
  bytes_.edit([&](auto& v) { v.reserve(bytes); });
  ends_.edit([&](auto& v) { v.reserve(tokens); });
  ids_.edit([&](auto& v) { v.reserve(tokens); });
  size_t slots = 16;
  while (slots < tokens * 2) slots *= 2;
  grow(slots);
}

void Vocabulary::grow(size_t slots) {
  std::vector<Slot> next(slots, Slot{0, kNoId});
  mask_ = slots - 1;
  for (const Slot& s : slots_) {
    if (s.entry == kNoId) continue;
    size_t at = s.hash & mask_;
    while (next[at].entry != kNoId) at = (at + 1) & mask_;
    next[at] = s;
  }
  slots_.own(std::move(next));
}

uint32_t Vocabulary::add(std::string_view token, uint32_t id, uint32_t hash) {
  if (slots_.size() < (ends_.size() + 1) * 2) grow(std::max<size_t>(16, slots_.size() * 2));
  if (const uint32_t entry = entryOf(token, hash); entry != kNoId) {
    ids_.at(entry) = id;
    return entry;
  }
  size_t at = hash & mask_;
  while (slots_[at].entry != kNoId) at = (at + 1) & mask_;
  const uint32_t entry = uint32_t(ends_.size());
  slots_.at(at) = {hash, entry};
  bytes_.edit([&](auto& v) { v.insert(v.end(), token.begin(), token.end()); });
  ends_.push_back(uint32_t(bytes_.size()));
  ids_.push_back(id);
  longest_ = std::max(longest_, token.size());
  return entry;
}

void Vocabulary::addMany(const std::string_view* tokens, const uint32_t* ids, size_t n) {
  uint32_t hashes[kMany];
  for (size_t i = 0; i < n; ++i) hashes[i] = hashBytes(tokens[i].data(), tokens[i].size());
  for (size_t i = 0; i < n && !slots_.empty(); ++i) lookedAt_ += slots_[hashes[i] & mask_].entry;
  for (size_t i = 0; i < n; ++i) add(tokens[i], ids[i], hashes[i]);
}

void Vocabulary::finish() {
  idEnd_ = 0;
  for (uint32_t id : ids_) idEnd_ = std::max(idEnd_, id == kNoId ? id : id + 1);
  dense_ = {};
  sparse_ = {};
  if (idEnd_ <= ids_.size() * 4 + 1024) {
    std::vector<uint32_t> dense(idEnd_, kNoId);
    for (size_t e = 0; e < ids_.size(); ++e) dense[ids_[e]] = uint32_t(e);
    dense_.own(std::move(dense));
    return;
  }
  std::vector<ById> sparse;
  for (size_t e = 0; e < ids_.size(); ++e) sparse.push_back({ids_[e], uint32_t(e)});
  const auto before = [](ById a, ById b) { return a.id != b.id ? a.id < b.id : a.entry < b.entry; };
  std::make_heap(sparse.begin(), sparse.end(), before);  // less code than std::sort, for what no known vocabulary needs
  std::sort_heap(sparse.begin(), sparse.end(), before);
  sparse_.own(std::move(sparse));
}

void Vocabulary::findMany(const std::string_view* tokens, size_t n, uint32_t* ids) const {
  uint32_t hashes[kMany], entries[kMany];
  const char* texts[kMany];
  if (slots_.empty()) return void(std::fill_n(ids, n, kNoId));
  for (size_t i = 0; i < n; ++i) hashes[i] = hashBytes(tokens[i].data(), tokens[i].size());
  for (size_t i = 0; i < n; ++i) {
    const Slot& s = slots_[hashes[i] & mask_];
    entries[i] = s.hash == hashes[i] && s.entry < ends_.size() ? s.entry : kNoId;
  }
  for (size_t i = 0; i < n; ++i) {
    texts[i] = nullptr;
    if (entries[i] == kNoId) continue;
    const std::string_view have = text(entries[i]);
    if (have.size() == tokens[i].size()) texts[i] = have.data();
  }
  for (size_t i = 0; i < n; ++i) {
    const bool here = texts[i] && equalBytes(texts[i], tokens[i].data(), tokens[i].size());
    ids[i] = here ? ids_[entries[i]] : find(tokens[i], hashes[i]);
  }
}

uint32_t Vocabulary::entry(uint32_t id) const {
  uint32_t e = id < dense_.size() ? dense_[id] : kNoId;
  if (!sparse_.empty()) {
    auto at = std::upper_bound(sparse_.begin(), sparse_.end(), id, [](uint32_t x, const ById& b) { return x < b.id; });
    e = at == sparse_.begin() || (--at)->id != id ? kNoId : at->entry;
  }
  return e < ends_.size() ? e : kNoId;
}

std::string_view Vocabulary::token(uint32_t id, bool& found) const {
  const uint32_t e = entry(id);
  found = e != kNoId;
  return found ? text(e) : std::string_view();
}

void Vocabulary::write(BinaryWriter& to) const {
  to.array(bytes_);
  to.array(ends_);
  to.array(ids_);
  to.array(slots_);
  to.array(dense_);
  to.array(sparse_);
}

// Checks what keeps look-ups inside the tables and finite; what else a damaged form may say its checksum finds.
void Vocabulary::read(BinaryReader& from) {
  from.array(bytes_);
  from.array(ends_);
  from.array(ids_);
  from.array(slots_);
  from.array(dense_);
  from.array(sparse_);
  const size_t n = ends_.size();
  const bool empty = slots_.empty() && !n;
  from.require(ids_.size() == n && (empty || (!(slots_.size() & (slots_.size() - 1)) && hasFree())));
  from.require(!n || (ends_[n - 1] == bytes_.size() && (dense_.empty() != sparse_.empty())));
  mask_ = empty ? 0 : slots_.size() - 1;
  const auto* bytes = reinterpret_cast<const unsigned char*>(bytes_.data());
  unsigned char highest = 0;
  for (size_t i = 0; i < bytes_.size(); ++i) highest = std::max(highest, bytes[i]);
  from.require(highest < 0xF4 || text::isValid({bytes_.data(), bytes_.size()}));  // below there is no character beyond Unicode
  uint32_t before = 0;
  bool holds = from.ok();
  for (size_t e = 0; holds && e < n; ++e) {
    const uint32_t end = ends_[e], size = end - before;
    holds = end >= before && end <= bytes_.size() && ids_[e] <= INT32_MAX;
    idEnd_ = std::max(idEnd_, ids_[e] + 1);
    if (!holds || !size) continue;
    // A token's last character ends in it.
    holds = bytes[end - 1] < 0xC0 && (size < 2 || bytes[end - 2] < 0xE0) && (size < 3 || bytes[end - 3] < 0xF0);
    longest_ = std::max<size_t>(longest_, size);
    before = end;
  }
  from.require(holds && (dense_.empty() || dense_.size() == idEnd_));
  if (!from.ok()) *this = {};
}

bool Vocabulary::hasFree() const {
  for (const Slot& s : slots_) {
    if (s.entry == kNoId) return true;
  }
  return false;
}

}  // namespace wasmformers::tokenizer
