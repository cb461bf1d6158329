// See double_array.h. It is built depth first over the sorted strings. Places for a node's children are searched in a
// ring of the free units; a node that finds none in a few tries gets a new block.
// Optimize: least
#include "tokenizer/models/double_array.h"

#include <algorithm>

#include "tokenizer/binary_form.h"

namespace wasmformers::tokenizer {
namespace {

constexpr uint32_t kBlock = 256;
constexpr int kTries = 48;

struct Key {
  uint64_t first;  // the first eight bytes, the very first one highest
  uint32_t entry;
};

// The strings in the order of their bytes: radix sort by the first eight, then heap sort of strings that share these.
std::vector<Key> sorted(const Vocabulary& v) {
  std::vector<Key> keys;
  keys.reserve(v.size());
  for (size_t i = 0; i < v.size(); ++i) {
    const std::string_view s = v.text(i);
    if (!s.empty()) keys.push_back({__builtin_bswap64(numberOf(s.data(), std::min<size_t>(s.size(), 8))), uint32_t(i)});
  }
  std::vector<Key> next(keys.size());
  for (int shift = 0; shift < 64; shift += 8) {
    uint32_t places[257] = {};
    for (const Key& k : keys) ++places[(k.first >> shift & 255) + 1];
    for (int i = 1; i < 257; ++i) places[i] += places[i - 1];
    for (const Key& k : keys) next[places[k.first >> shift & 255]++] = k;
    keys.swap(next);
  }
  const auto before = [&](const Key& a, const Key& b) { return v.text(a.entry) < v.text(b.entry); };
  for (auto from = keys.begin(), to = from; from != keys.end(); from = to) {
    while (to != keys.end() && to->first == from->first) ++to;
    if (to - from == 1) continue;
    std::make_heap(from, to, before);
    std::sort_heap(from, to, before);
  }
  return keys;
}

}  // namespace

void DoubleArray::build(const Vocabulary& v) {
  const std::vector<Key> order = sorted(v);
  std::vector<Unit> units;
  std::vector<uint32_t> ids;
  struct Ring {
    uint32_t before, after;
  };
  std::vector<Ring> ring;
  uint32_t head = kNoId;  // a free unit, where the search begins
  const auto take = [&](uint32_t at, uint32_t parent) {
    units[at].parent = parent;
    const Ring r = ring[at];
    ring[r.before].after = r.after;
    ring[r.after].before = r.before;
    if (head == at) head = r.after == at ? kNoId : r.after;
  };
  const auto addBlock = [&] {
    const uint32_t from = uint32_t(units.size());
    units.resize(from + kBlock);
    ids.resize(from + kBlock, kNoId);
    ring.resize(from + kBlock);
    for (uint32_t i = from; i < from + kBlock; ++i) ring[i] = {i - 1, i + 1};
    const uint32_t last = from + kBlock - 1;
    if (head == kNoId) {
      ring[from].before = last;
      ring[last].after = from;
      head = from;
    } else {  // after the last free unit
      const uint32_t end = ring[head].before;
      ring[end].after = from;
      ring[from].before = end;
      ring[last].after = head;
      ring[head].before = last;
    }
    return from;
  };
  addBlock();
  take(kRoot, kNoId);  // no unit has this number, so the root is no unit's child

  struct Work {
    uint32_t node, begin, end, depth;
  };
  std::vector<Work> stack{{kRoot, 0, uint32_t(order.size()), 0}};
  std::vector<std::pair<unsigned char, uint32_t>> labels;  // a child's byte, and where its strings begin
  while (!stack.empty()) {
    Work w = stack.back();
    stack.pop_back();
    if (w.begin < w.end && v.text(order[w.begin].entry).size() == w.depth) {
      units[w.node].base |= kHasId;
      ids[w.node] = v.id(order[w.begin++].entry);
    }
    if (w.begin == w.end) continue;
    labels.clear();
    for (uint32_t i = w.begin; i < w.end; ++i) {
      const auto byte = static_cast<unsigned char>(v.text(order[i].entry)[w.depth]);
      if (labels.empty() || labels.back().first != byte) labels.push_back({byte, i});
    }
    uint32_t base = kNoId, at = head;
    for (int tries = 0; at != kNoId && tries < kTries; ++tries) {
      const uint32_t candidate = at ^ labels[0].first;
      bool free = true;
      for (size_t k = 1; free && k < labels.size(); ++k) {
        const uint32_t to = candidate ^ labels[k].first;
        free = to != kRoot && units[to].parent == kNoId;
      }
      if (free) {
        base = candidate;
        break;
      }
      at = ring[at].after;
      if (at == head) break;
    }
    if (base == kNoId) {
      base = addBlock();
    } else if (labels.size() > 1) {
      head = at;  // units before it are crowded; single children still reach them around the ring
    }
    units[w.node].base = (units[w.node].base & kHasId) | base;
    for (size_t k = 0; k < labels.size(); ++k) {
      const uint32_t to = base ^ labels[k].first;
      take(to, w.node);
      stack.push_back({to, labels[k].second, k + 1 < labels.size() ? labels[k + 1].second : w.end, w.depth + 1});
    }
  }
  units_.own(std::move(units));
  ids_.own(std::move(ids));
}

void DoubleArray::write(BinaryWriter& to) const {
  to.array(units_);
  to.array(ids_);
}

void DoubleArray::read(BinaryReader& from, uint32_t idEnd) {
  from.array(units_);
  from.array(ids_);
  bool holds = !units_.empty() && units_.size() % kBlock == 0 && ids_.size() == units_.size();
  for (size_t i = 0; holds && i < units_.size(); ++i) {
    holds = (units_[i].base & ~kHasId) < units_.size() && (!(units_[i].base & kHasId) || ids_[i] < idEnd);
  }
  from.require(holds);
}

}  // namespace wasmformers::tokenizer
