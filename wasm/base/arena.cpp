// See arena.h. Blocks grow geometrically. A request that is larger than a block gets a block of its own size.
#include "base/arena.h"

#include <algorithm>

namespace wasmformers {

void* Arena::allocBytes(size_t bytes) {
  if (bytes > SIZE_MAX / 2) {  // more than memory holds, or alloc()'s product overflowed
    failed_ = true;
    return nullptr;
  }
  const size_t need = (bytes + 2 * Buffer::kAlign - 1) & ~(Buffer::kAlign - 1);  // one line of slack
  while (block_ < blocks_.size()) {
    if (blocks_[block_].size() - used_ >= need) {
      void* p = blocks_[block_].data() + used_;
      used_ += need;
      return p;
    }
    ++block_;
    used_ = 0;
  }
  Buffer fresh(std::max<size_t>(need, std::max<size_t>(size_t(256) << 10, capacity() / 2)));
  if (!fresh.ok()) fresh = Buffer(need);
  if (!fresh.ok()) {
    failed_ = true;
    return nullptr;
  }
  blocks_.push_back(std::move(fresh));
  block_ = blocks_.size() - 1;
  used_ = need;
  return blocks_.back().data();
}

void Arena::reset() {
  // One block of the total size serves the next pass without fragments. If that block cannot be allocated, the arena
  // begins again without any.
  if (blocks_.size() > 1) {
    const size_t total = capacity();
    blocks_.clear();
    Buffer merged(total);
    if (merged.ok()) blocks_.push_back(std::move(merged));
  }
  block_ = used_ = 0;
  failed_ = false;
}

void Arena::shrink() {
  blocks_.clear();
  block_ = used_ = 0;
  failed_ = false;
}

size_t Arena::capacity() const {
  size_t total = 0;
  for (const Buffer& b : blocks_) total += b.size();
  return total;
}

}  // namespace wasmformers
