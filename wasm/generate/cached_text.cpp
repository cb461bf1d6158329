// See cached_text.h.
#include "generate/cached_text.h"

#include <algorithm>

namespace wasmformers::generate {
namespace {

/// Room is made for a multiple of so many tokens, so that a conversation that grows moves its cache seldom.
constexpr size_t kRoomStep = 32;

}  // namespace

uint64_t CachedText::conditionOf(const uint32_t* prompts, size_t row) const {
  const std::vector<uint64_t> all = model_.conditions();
  return all.empty() ? 0 : all[prompts ? prompts[row] : row];
}

CachedText::Prefix CachedText::commonPrefix(const Feed& feed) const {
  const auto common = [&](size_t row, size_t held) {
    const Row& h = rows_[held];
    if (h.condition != conditionOf(feed.prompts, row)) return size_t(0);
    size_t n = 0;
    const size_t most = std::min(feed.length - 1, h.ids.size());  // one token must be run, for its scores
    const size_t at = row * feed.length;
    while (n < most && h.ids[n] == feed.ids[at + n] && h.mask[n] == uint8_t(!feed.mask || feed.mask[at + n])) ++n;
    return n;
  };
  Prefix best;
  // The rotations of such keys depend on the whole text's length, so they serve no other text.
  const size_t limit = model_.changesBeyond();
  if (limit && (feed.length > limit || tokens() > limit)) return best;
  if (feed.rows == 1) {
    for (size_t r = 0; r < rows_.size(); ++r) {
      if (const size_t n = common(0, r); n > best.tokens) best = {n, r, rows_.size() > 1};
    }
  } else if (feed.rows == rows_.size()) {
    best.tokens = feed.length;
    for (size_t r = 0; r < feed.rows; ++r) best.tokens = std::min(best.tokens, common(r, r));
  }
  return best;
}

Status CachedText::keepPrefix(const Feed& feed, const Room& room) {
  Prefix prefix = commonPrefix(feed);
  if (room.type != model_.cache().type() || model_.cache().spoiled()) prefix.tokens = 0;
  prefix.tokens = model_.cache().keepable(prefix.tokens);
  crop(prefix.tokens);
  if (prefix.tokens && prefix.collapse) {
    const uint32_t row = uint32_t(prefix.row);
    WF_TRY(reorder(&row, 1));
  }
  return makeRoom(room);
}

Status CachedText::makeRoom(const Room& room) {
  nn::KvCache& cache = model_.cache();
  const size_t capacity = (room.tokens + kRoomStep - 1) / kRoomStep * kRoomStep;
  if (room.rows <= cache.room() && capacity <= cache.capacity() && room.type == cache.type()) return {};
  Buffer kept;
  bool keep = tokens() > 0;
  if (keep) {
    // The copy needs memory beside the new room; where there is none, the text is run again.
    if (auto made = allocate(bytes(), "the cache while it moves"); made.ok()) {
      kept = made.take();
      write(kept.data());
    } else {
      keep = false;
    }
  }
  const std::vector<size_t> first = firstTokens();
  auto rows = std::move(rows_);
  rows_.clear();
  WF_TRY(model_.reserve(room.rows, capacity, room.type, room.chunk));
  if (!keep) return {};
  rows_ = std::move(rows);
  if (!read(kept.data(), first)) rows_.clear();
  return {};
}

void CachedText::recordCached(const int32_t* ids, const uint8_t* mask, const uint32_t* prompts, size_t rows,
                              size_t length) {
  if (rows_.empty()) {
    rows_.resize(rows);
    for (size_t r = 0; r < rows; ++r) rows_[r].condition = conditionOf(prompts, r);
  }
  for (size_t r = 0; r < rows; ++r) {
    rows_[r].ids.insert(rows_[r].ids.end(), ids + r * length, ids + (r + 1) * length);
    rows_[r].mask.insert(rows_[r].mask.end(), mask + r * length, mask + (r + 1) * length);
  }
}

Status CachedText::reorder(const uint32_t* from, size_t rows) {
  bool same = rows == rows_.size();
  for (size_t r = 0; same && r < rows; ++r) same = from[r] == r;
  if (same) return {};
  WF_TRY(model_.reorder(from, rows));
  std::vector<Row> next;
  for (size_t r = 0; r < rows; ++r) next.push_back(rows_[from[r]]);
  rows_ = std::move(next);
  return {};
}

void CachedText::crop(size_t tokens) {
  if (tokens < this->tokens()) {
    const size_t limit = model_.changesBeyond();
    model_.cache().crop(limit && this->tokens() > limit ? 0 : tokens);
    tokens = model_.cache().length();
  }
  if (tokens == 0) return rows_.clear();
  for (Row& row : rows_) {
    row.ids.resize(std::min(row.ids.size(), tokens));
    row.mask.resize(std::min(row.mask.size(), tokens));
  }
}

}  // namespace wasmformers::generate
