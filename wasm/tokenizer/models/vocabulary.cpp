// See vocabulary.h.
#include "tokenizer/models/vocabulary.h"

#include <algorithm>

#include "text/utf8.h"
#include "tokenizer/binary_form.h"

namespace wasmformers::tokenizer {

uint32_t Vocabulary::add(std::string_view token, uint32_t id) {
  return add(token, id, hashBytes(token.data(), token.size()));
}

void Vocabulary::reserve(size_t tokens, size_t bytes) {
  bytes_.edit([&](auto& v) { v.reserve(bytes); });
  starts_.edit([&](auto& v) {
    v.reserve(tokens + 1);
    if (v.empty()) v.push_back(0);
  });
  size_t slots = 16;
  while (slots * 2 < tokens * 3) slots *= 2;
  grow(slots);
}

void Vocabulary::grow(size_t slots) {
  std::vector<uint32_t> next(slots, kFree);
  mask_ = uint32_t(slots - 1);
  for (uint32_t e = 0; e < size_; ++e) {
    const std::string_view token = text(e);
    const uint32_t hash = hashBytes(token.data(), token.size());
    size_t at = hash & mask_;
    while (next[at] != kFree) at = (at + 1) & mask_;
    next[at] = (hash & ~mask_) | e;
  }
  slots_.own(std::move(next));
}

uint32_t Vocabulary::add(std::string_view token, uint32_t id, uint32_t hash) {
  if (slots_.size() * 2 < (size_t(size_) + 1) * 3) {
    if (starts_.empty()) starts_.push_back(0);
    grow(std::max<size_t>(16, slots_.size() * 2));
  }
  uint32_t at;
  uint32_t entry = search(token, hash, at);
  if (entry == kNoId) {
    entry = size_++;
    slots_.at(at) = (hash & ~mask_) | entry;
    const size_t from = starts_[entry], to = from + token.size();
    if (to > bytes_.size()) bytes_.edit([&](auto& v) { v.resize(to + 4096); });  // grows in steps
    if (from < to) copyBytes(&bytes_.at(from), token.data(), token.size());
    starts_.push_back(uint32_t(to));
    longest_ = std::max(longest_, token.size());
  }
  if (id != entry || !ids_.empty()) setId(entry, id);
  return entry;
}

void Vocabulary::setId(uint32_t entry, uint32_t id) {
  ids_.edit([&](auto& v) {
    if (v.empty()) v.reserve(starts_.capacity());
    while (v.size() < size_) v.push_back(uint32_t(v.size()));
    v[entry] = id;
  });
}

void Vocabulary::addMany(const Spelling* tokens, const uint32_t* ids, size_t n) {
  for (size_t i = 0; i < n && !slots_.empty(); ++i) lookedAt_ += slots_[tokens[i].hash & mask_];
  for (size_t i = 0; i < n; ++i) add({tokens[i].data, tokens[i].size}, ids[i], tokens[i].hash);
}

void Vocabulary::finish() {
  if (size_)
    bytes_.edit([&](auto& v) {
      v.resize(starts_[size_]), v.resize(v.size() + Spelling::kReadable);
    });  // zeros after the last token
  idEnd_ = size_;
  if (ids_.empty()) return;
  idEnd_ = 0;
  byId_.own(std::vector<uint32_t>(slots_.size(), kFree));
  for (uint32_t e = 0; e < size_; ++e) {
    const uint32_t id = ids_[e];
    idEnd_ = std::max(idEnd_, id == kNoId ? id : id + 1);
    byId_.at(placeOf(id)) = e;  // of two entries with one id the later one counts
  }
}

// The place in byId_ of the entry with this id, or the free place for it.
uint32_t Vocabulary::placeOf(uint32_t id) const {
  uint32_t at = uint32_t(id * kHashFactor >> 32) & mask_;
  while (byId_[at] < size_ && ids_[byId_[at]] != id) at = (at + 1) & mask_;
  return at;
}

void Vocabulary::findMany(const Spelling* tokens, size_t n, uint32_t* ids) const {
  uint32_t entries[kMany], starts[kMany];
  if (!size_) return void(std::fill_n(ids, n, kNoId));
  for (size_t i = 0; i < n; ++i) {
    const uint32_t hash = tokens[i].hash, at = hash & mask_, slot = slots_[at], next = slots_[(at + 1) & mask_];
    entries[i] = ((slot ^ hash) & ~mask_ ? next : slot) & mask_;  // nearly always one of the two
  }
  for (size_t i = 0; i < n; ++i) {
    const uint32_t e = std::min(entries[i], size_ - 1);
    starts[i] = starts_[e + 1] - starts_[e] == tokens[i].size ? starts_[e] : kNoId;
    entries[i] = e;
  }
  for (size_t i = 0; i < n; ++i) {
    const bool here = starts[i] != kNoId && tokens[i].isAt(bytes_.data() + starts[i]);
    ids[i] = here ? id(entries[i]) : find({tokens[i].data, tokens[i].size}, tokens[i].hash);
  }
}

uint32_t Vocabulary::otherEntry(uint32_t id) const {
  const uint32_t e = byId_.empty() ? kNoId : byId_[placeOf(id)];
  return e < size_ ? e : kNoId;
}

void Vocabulary::write(BinaryWriter& to) const {
  to.array(bytes_);
  to.array(starts_);
  to.array(ids_);
  to.array(slots_);
  to.array(byId_);
}

// Checks what look-ups need to stay inside the tables and to end. The checksum of the form finds other damage.
void Vocabulary::read(BinaryReader& from) {
  from.array(bytes_);
  from.array(starts_);
  from.array(ids_);
  from.array(slots_);
  from.array(byId_);
  const size_t n = starts_.empty() ? 0 : starts_.size() - 1;
  size_ = uint32_t(n);
  mask_ = uint32_t(slots_.size() - 1);
  const auto hasFree = [](const Flat<uint32_t>& table) {
    return std::find(table.begin(), table.end(), kFree) != table.end();
  };
  from.require((slots_.empty() && !n) || (slots_.size() > n && !(slots_.size() & mask_) && hasFree(slots_)));
  from.require((!n && bytes_.empty()) ||
               (n && !starts_[0] && size_t(starts_[n]) + Spelling::kReadable == bytes_.size()));
  from.require(ids_.empty() ? byId_.empty() : ids_.size() == n && byId_.size() == slots_.size() && hasFree(byId_));
  const auto* bytes = reinterpret_cast<const unsigned char*>(bytes_.data());
  unsigned char highest = 0;
  for (size_t i = 0; i < bytes_.size(); ++i) highest = std::max(highest, bytes[i]);
  from.require(highest < 0xF4 ||
               text::isValid({bytes_.data(), bytes_.size()}));  // below there is no character beyond Unicode
  bool holds = from.ok();
  uint32_t backwards = 0, longest = 0;
  for (size_t e = 0; holds && e < n; ++e) {
    const uint32_t size = starts_[e + 1] - starts_[e];
    backwards |= starts_[e + 1] < starts_[e];
    longest = std::max(longest, size);
  }
  holds = holds && !backwards;
  for (size_t e = 0; holds && e < n; ++e) {  // no token ends inside a character
    const uint32_t end = starts_[e + 1], size = end - starts_[e];
    if (!size || bytes[end - 1] < 0x80) continue;
    holds = bytes[end - 1] < 0xC0 && (size < 2 || bytes[end - 2] < 0xE0) && (size < 3 || bytes[end - 3] < 0xF0);
  }
  longest_ = longest;
  idEnd_ = ids_.empty() ? size_ : 0;
  for (size_t e = 0; holds && e < ids_.size(); ++e) {
    holds = ids_[e] <= INT32_MAX;
    idEnd_ = std::max(idEnd_, ids_[e] + 1);
  }
  from.require(holds);
  if (!from.ok()) *this = {};
}

}  // namespace wasmformers::tokenizer
