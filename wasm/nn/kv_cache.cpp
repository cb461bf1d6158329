// See kv_cache.h.
// Optimize: size
#include "nn/kv_cache.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "kernels/formats/half.h"

namespace wasmformers::nn {

using kernels::CacheType;

void KvCache::shape(size_t layers, size_t kvHeads, size_t headDim) {
  release();
  layerCount_ = layers;
  kvHeads_ = kvHeads;
  headDim_ = headDim;
}

namespace {

// Tokens that a layer with a window keeps at least, once they are there: the window, and some for crop().
size_t keptOf(int64_t before) { return size_t(before) + std::min(size_t(before), size_t(256)); }

size_t capacityOf(size_t capacity, const Windows& windows, size_t layer) {
  if (windows.before.empty() || windows.before[layer] < 0) return capacity;
  return std::min(capacity, keptOf(windows.before[layer]) + windows.chunk);
}

}  // namespace

// Double, since a configuration may ask for more than 32 bits can count.
double KvCache::layerBytes(CacheType type) const {
  const size_t row = headDim_ * kernels::cacheValueBytes(type) + (type == CacheType::Q8 ? sizeof(float) : 0);
  return 2 * double(kvHeads_) * double(row);
}
double KvCache::tokenBytes(CacheType type) const {
  return double(layerCount_) * layerBytes(type) + 1;
}  // one byte of mask

double KvCache::bytes(size_t rows, size_t capacity, CacheType type, const Windows& windows) const {
  double tokens = 0;
  for (size_t i = 0; i < layerCount_; ++i) tokens += double(capacityOf(capacity, windows, i));
  return double(rows) * (tokens * layerBytes(type) + double(capacity));
}

size_t KvCache::bytesPerToken(CacheType type) const { return size_t(std::min(tokenBytes(type), double(SIZE_MAX / 2))); }

void KvCache::release() {
  layers_.clear();
  mask_ = {};
  real_.clear();
  room_ = capacity_ = rows_ = length_ = 0;
  spoiledFrom_ = SIZE_MAX;
  windows_ = {};
  padded_ = false;
}

Status KvCache::reserve(size_t rows, size_t capacity, CacheType type, Windows windows) {
  if (rows == room_ && capacity == capacity_ && type == type_ && windows.chunk == windows_.chunk && !layers_.empty()) {
    crop(0);
    return {};
  }
  release();
  type_ = type;
  windows_ = std::move(windows);
  const double needed = bytes(rows, capacity, type, windows_);
  const auto tooMuch = [&] {
    release();
    return Status(ErrorClass::Memory, "out_of_memory",
                  "The keys and values of " + std::to_string(rows) + " × " + std::to_string(capacity) +
                      " tokens need " + std::to_string(uint64_t(std::min(needed, 1e18))) +
                      " bytes, which cannot be had; use a shorter context, fewer sequences or a smaller cache type.");
  };
  if (!(needed < double(SIZE_MAX / 4))) return tooMuch();
  room_ = rows;
  capacity_ = capacity;
  mask_ = Buffer(rows * capacity);
  real_.assign(rows, 0);
  layers_.resize(layerCount_);
  bool ok = mask_.ok();
  for (size_t i = 0; ok && i < layerCount_; ++i) {
    Layer& l = layers_[i];
    l.capacity = capacityOf(capacity, windows_, i);
    const kernels::KvLayerView v = layer(i);
    l.keys = Buffer(v.bytes());
    l.values = Buffer(v.bytes());
    ok = l.keys.ok() && l.values.ok();
    if (!ok || v.scaleCount() == 0) continue;
    l.keyScales = Buffer(v.scaleCount() * sizeof(float));
    l.valueScales = Buffer(v.scaleCount() * sizeof(float));
    ok = l.keyScales.ok() && l.valueScales.ok();
  }
  return ok ? Status() : tooMuch();
}

kernels::KvLayerView KvCache::layer(size_t index) {
  Layer& l = layers_[index];
  return {type_,    l.keys.data(), l.values.data(), l.keyScales.as<float>(), l.valueScales.as<float>(), room_,
          kvHeads_, headDim_,      l.capacity};
}

void KvCache::recount() {
  padded_ = false;
  for (size_t r = 0; r < rows_ && length_; ++r) {
    const uint8_t* m = maskRow(r);
    real_[r] = 0;
    for (size_t i = 0; i < length_; ++i) real_[r] += m[i];
    padded_ = padded_ || real_[r] != length_;
  }
}

size_t KvCache::keepable(size_t tokens) const {
  tokens = std::min(tokens, length_);
  for (size_t i = 0; i < layers_.size(); ++i) {
    if (first(i) && tokens < first(i) + size_t(before(i))) return 0;
  }
  return tokens;
}

void KvCache::crop(size_t tokens) {
  length_ = keepable(tokens);
  for (Layer& l : layers_) l.first = length_ ? l.first : 0;
  if (length_ <= spoiledFrom_) spoiledFrom_ = SIZE_MAX;
  recount();
}

size_t KvCache::keptFrom(size_t index) const {
  const int64_t window = before(index);
  return window < 0 || length_ < keptOf(window) ? first(index) : std::max(first(index), length_ - keptOf(window));
}

size_t KvCache::seenFrom(size_t index) const {
  const int64_t window = before(index);
  return window < 0 ? 0 : length_ - std::min(length_, size_t(window));
}

void KvCache::read(size_t index, bool values, float* to) {
  if (!length_) return;
  const kernels::KvLayerView v = layer(index);
  const void* const from = values ? v.values : v.keys;
  const float* const scales = values ? v.valueScales : v.keyScales;
  for (size_t head = 0; head < rows_ * kvHeads_; ++head) {
    for (size_t s = seenFrom(index) - first(index); s < length_ - first(index); ++s, to += headDim_) {
      const size_t row = v.row(0, head, s);
      for (size_t i = 0; i < headDim_; ++i) {
        const size_t at = row * headDim_ + i;
        to[i] = type_ == CacheType::F32   ? static_cast<const float*>(from)[at]
                : type_ == CacheType::F16 ? kernels::fromHalf(static_cast<const uint16_t*>(from)[at])
                                          : scales[row] * static_cast<const int8_t*>(from)[at];
      }
    }
  }
}

bool KvCache::fits(size_t length) const {
  bool ok = length <= capacity_ - length_;
  for (size_t i = 0; ok && i < layers_.size(); ++i) ok = length_ - keptFrom(i) + length <= layers_[i].capacity;
  return ok;
}

bool KvCache::hold(const uint8_t* mask, size_t rows, size_t length, const std::vector<size_t>& from) {
  bool ok = rows <= room_ && length <= capacity_ && from.size() == layers_.size();
  for (size_t i = 0; ok && i < layers_.size(); ++i) {
    ok = from[i] <= length && length - from[i] <= layers_[i].capacity &&
         (from[i] == 0 || (before(i) >= 0 && length - from[i] >= size_t(before(i))));
  }
  if (!ok) return false;
  for (size_t i = 0; i < layers_.size(); ++i) layers_[i].first = from[i];
  for (size_t r = 0; r < rows; ++r) std::copy_n(mask + r * length, length, maskRow(r));
  rows_ = rows;
  length_ = length;
  spoiledFrom_ = SIZE_MAX;
  recount();
  return true;
}

void KvCache::prepare(const uint8_t* mask, size_t rows, size_t length, int32_t* positions) {
  makePlace(length);
  recount();  // drops the mask of a pass that was abandoned, and what it spoiled
  if (length_ <= spoiledFrom_) spoiledFrom_ = SIZE_MAX;
  for (size_t r = 0; r < rows; ++r) {
    uint8_t* m = maskRow(r) + length_;
    size_t next = realTokens(r);
    for (size_t i = 0; i < length; ++i) {
      m[i] = mask ? mask[r * length + i] != 0 : 1;
      padded_ = padded_ || !m[i];
      positions[r * length + i] = m[i] ? int32_t(next++) : 0;
    }
  }
}

void KvCache::commit(size_t rows, size_t length) {
  rows_ = rows;
  length_ += length;
  recount();
}

namespace {

/// The keys, the values or the scales of one layer: [row][kvHead][capacity][size] bytes.
struct Plane {
  std::byte* data;
  size_t size;
};
std::array<Plane, 4> planesOf(const kernels::KvLayerView& v) {
  const size_t scale = v.type == CacheType::Q8 ? sizeof(float) : 0;
  return {{{static_cast<std::byte*>(v.keys), v.rowBytes()},
           {static_cast<std::byte*>(v.values), v.rowBytes()},
           {reinterpret_cast<std::byte*>(v.keyScales), scale},
           {reinterpret_cast<std::byte*>(v.valueScales), scale}}};
}

// Copies the first `bytes` of each head of a row. Heads are `fromStride` and `toStride` bytes apart.
void copyRow(const std::byte* from, size_t fromStride, std::byte* to, size_t toStride, size_t heads, size_t bytes) {
  for (size_t h = 0; h < heads; ++h) std::memcpy(to + h * toStride, from + h * fromStride, bytes);
}

}  // namespace

// Makes room for `length` more tokens in layers with a window: the tail of a full buffer moves to its front.
void KvCache::makePlace(size_t length) {
  for (size_t i = 0; i < layers_.size(); ++i) {
    Layer& l = layers_[i];
    if (length_ - l.first + length <= l.capacity) continue;
    const size_t from = keptFrom(i), away = from - l.first, kept = length_ - from;
    for (const Plane& p : planesOf(layer(i))) {
      for (size_t h = 0; p.size && h < rows_ * kvHeads_; ++h) {
        std::byte* const head = p.data + h * l.capacity * p.size;
        std::memmove(head, head + away * p.size, kept * p.size);
      }
    }
    l.first = from;
  }
}

Status KvCache::reorder(const uint32_t* from, size_t rows) {
  if (rows == 0 || rows > room_ || length_ == 0) {
    return Status(ErrorClass::Internal, "bad_reorder", "The cache has no rows to put in this order.");
  }
  for (size_t r = 0; r < rows; ++r) {
    if (from[r] >= rows_) return Status(ErrorClass::Internal, "bad_reorder", "The cache has no such row.");
  }
  // The order of copies: no row may be overwritten that is still to be read. Where only cycles are left, one row of a
  // cycle is saved first.
  struct Move {
    size_t from, to;
  };
  constexpr size_t kAside = SIZE_MAX;
  std::vector<Move> moves;
  std::vector<size_t> source(from, from + rows), readers(std::max(rows, rows_), 0);
  for (size_t r = 0; r < rows; ++r) readers[source[r]] += source[r] != r;
  std::vector<size_t> ready;
  std::vector<bool> done(rows, false);
  for (size_t r = 0; r < rows; ++r) {
    done[r] = source[r] == r;
    if (!done[r] && readers[r] == 0) ready.push_back(r);
  }
  bool aside = false;
  for (size_t ring = 0;;) {
    while (!ready.empty()) {
      const size_t r = ready.back(), s = source[r];
      ready.pop_back();
      moves.push_back({s, r});
      done[r] = true;
      if (s == kAside || --readers[s] != 0) continue;
      if (s < rows && !done[s]) ready.push_back(s);
    }
    while (ring < rows && done[ring]) ++ring;
    if (ring == rows) break;
    // Every row that is left has one reader. That of `ring` will read the saved copy.
    moves.push_back({ring, kAside});
    aside = true;
    for (size_t r = 0; r < rows; ++r) {
      if (!done[r] && source[r] == ring) source[r] = kAside;
    }
    readers[ring] = 0;
    ready.push_back(ring);
  }

  Buffer spare;
  if (aside) {
    WF_ASSIGN(spare, allocate(kvHeads_ * length_ * headDim_ * kernels::cacheValueBytes(type_), "a row of the cache"));
  }
  for (size_t i = 0; i < layers_.size(); ++i) {
    for (const Plane& p : planesOf(layer(i))) {
      if (!p.size) continue;
      const size_t head = layers_[i].capacity * p.size, used = (length_ - first(i)) * p.size;
      for (const Move& m : moves) {
        const bool save = m.to == kAside, restore = m.from == kAside;
        copyRow(restore ? spare.data() : p.data + m.from * kvHeads_ * head, restore ? used : head,
                save ? spare.data() : p.data + m.to * kvHeads_ * head, save ? used : head, kvHeads_, used);
      }
    }
  }
  std::vector<uint8_t> masks(rows * length_);
  for (size_t r = 0; r < rows; ++r) std::copy_n(maskRow(from[r]), length_, masks.data() + r * length_);
  for (size_t r = 0; r < rows; ++r) std::copy_n(masks.data() + r * length_, length_, maskRow(r));
  rows_ = rows;
  recount();
  return {};
}

}  // namespace wasmformers::nn
