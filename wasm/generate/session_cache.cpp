// A session's cache as bytes: to save and restore it, and while it moves to a larger room. A header, which token each
// layer begins with, ids, masks, keys and values by layer, row and head, a checksum.
#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "generate/session.h"

namespace wasmformers::generate {
namespace {

using kernels::CacheType;
using kernels::KvLayerView;

struct Header {
  char magic[8] = {'W', 'F', 'K', 'V', 'C', 'A', 'C', '2'};
  uint64_t model = 0, layers = 0, perToken = 0, type = 0, rows = 0, length = 0;
};

/// A row's part of one layer from a position on: `each` is called with where it lies and its bytes, head by head.
template <class F>
void partsOf(const KvLayerView& v, size_t row, size_t from, size_t length, F&& each) {
  for (size_t h = 0; h < v.kvHeads; ++h) {
    const size_t at = v.row(row, h, from);
    each(static_cast<std::byte*>(v.keys) + at * v.rowBytes(), length * v.rowBytes());
    each(static_cast<std::byte*>(v.values) + at * v.rowBytes(), length * v.rowBytes());
    if (v.type != CacheType::Q8) continue;
    each(reinterpret_cast<std::byte*>(v.keyScales + at), length * sizeof(float));
    each(reinterpret_cast<std::byte*>(v.valueScales + at), length * sizeof(float));
  }
}

Status badCache(const std::string& why) {
  return Status(ErrorClass::Input, "bad_cache", "This is no saved cache that can be used here: " + why + ".")
      .atField("cache");
}

}  // namespace

/// By layer: the first token that is kept elsewhere.
std::vector<size_t> Session::firsts() const {
  std::vector<size_t> out;
  for (size_t i = 0; i + 1 < model_.steps(); ++i)
    out.push_back(model_.cache().length() ? model_.cache().keptFrom(i) : 0);
  return out;
}

size_t Session::cacheBytes() const {
  size_t tokens = 0;
  for (size_t first : firsts()) tokens += cachedTokens() - first;
  return held_.size() * tokens * size_t(model_.cache().layerBytes(model_.cache().type()));
}

void Session::writeCache(std::byte* to) const {
  for (size_t i = 0; i + 1 < model_.steps(); ++i) {
    for (size_t r = 0; r < held_.size(); ++r) {
      const size_t from = model_.cache().keptFrom(i);
      partsOf(model_.cache().layer(i), r, from - model_.cache().first(i), cachedTokens() - from,
              [&](const std::byte* part, size_t bytes) {
                std::memcpy(to, part, bytes);
                to += bytes;
              });
    }
  }
}

/// Fills an empty cache that has the room; held_ and masks_ say which tokens these are, `first` where layers begin.
/// False where that cannot be.
bool Session::readCache(const std::byte* from, const std::vector<size_t>& first) {
  const size_t rows = held_.size(), length = cachedTokens();
  std::vector<uint8_t> mask;
  for (const auto& row : masks_) mask.insert(mask.end(), row.begin(), row.end());
  if (!model_.cache().hold(mask.data(), rows, length, first)) return false;
  for (size_t i = 0; i + 1 < model_.steps(); ++i) {
    for (size_t r = 0; r < rows; ++r) {
      partsOf(model_.cache().layer(i), r, 0, length - first[i], [&](std::byte* part, size_t bytes) {
        std::memcpy(part, from, bytes);
        from += bytes;
      });
    }
  }
  return true;
}

Result<Buffer> Session::save(uint64_t model) const {
  Header header;
  header.model = model;
  header.layers = model_.steps() - 1;
  header.type = uint64_t(model_.cache().type());
  header.perToken = model_.cache().bytesPerToken(model_.cache().type());
  header.rows = held_.size();
  header.length = cachedTokens();
  if (header.length == 0)
    return Status(ErrorClass::Input, "empty_cache", "There is nothing in the cache to save.").atField("cache");
  const size_t tokens = held_.size() * cachedTokens(), data = cacheBytes();
  const std::vector<size_t> first = firsts();
  const size_t body = (sizeof header + first.size() * 8 + tokens * 5 + data + 7) / 8 * 8;
  WF_ASSIGN(Buffer out, allocate(body + 8, "the saved cache"));
  std::byte* at = out.data();
  std::memset(at + body - 8, 0, 8);
  const auto put = [&](const void* from, size_t bytes) {
    std::memcpy(at, from, bytes);
    at += bytes;
  };
  put(&header, sizeof header);
  for (uint64_t from : first) put(&from, 8);
  for (const auto& row : held_) put(row.data(), row.size() * 4);
  for (const auto& row : masks_) put(row.data(), row.size());
  writeCache(at);
  const uint64_t sum = hash64(reinterpret_cast<const char*>(out.data()), body);
  std::memcpy(out.data() + body, &sum, 8);
  return out;
}

Status Session::restore(const std::byte* bytes, size_t size, uint64_t model) {
  Header header, own;
  uint64_t sum = 0;
  if (size < sizeof header + 8 || size % 8 != 0) return badCache("its size is wrong");
  std::memcpy(&header, bytes, sizeof header);
  std::memcpy(&sum, bytes + size - 8, 8);
  if (std::memcmp(header.magic, own.magic, sizeof own.magic) != 0) return badCache("it does not begin as one");
  if (header.type > uint64_t(CacheType::Q8) || header.rows == 0 || header.length == 0)
    return badCache("its header is damaged");
  const CacheType type = CacheType(header.type);
  if (header.model != model || header.layers != model_.steps() - 1 ||
      header.perToken != model_.cache().bytesPerToken(type))
    return badCache("it is another model's");
  // Which token each layer begins with, then ids, masks, keys and values.
  const double tokens = double(header.rows) * double(header.length);
  double kept = 0;
  std::vector<size_t> first(size_t(header.layers));
  const size_t front = sizeof header + first.size() * 8;
  if (!(tokens < double(size)) || size < front) return badCache("its size is wrong");
  for (size_t i = 0; i < first.size(); ++i) {
    uint64_t from = 0;
    std::memcpy(&from, bytes + sizeof header + i * 8, 8);
    if (from > header.length) return badCache("its header is damaged");
    first[i] = size_t(from);
    kept += double(header.rows) * double(header.length - from);
  }
  const double data = kept * model_.cache().layerBytes(type);
  if (!(data < double(size)) || (front + size_t(tokens) * 5 + size_t(data) + 7) / 8 * 8 + 8 != size)
    return badCache("its size is wrong");
  if (hash64(reinterpret_cast<const char*>(bytes), size - 8) != sum) return badCache("it is damaged");
  const size_t rows = size_t(header.rows), length = size_t(header.length);
  if (model_.context() && length > model_.context()) return badCache("it is longer than the model's context");
  const std::byte* at = bytes + front;
  std::vector<std::vector<int32_t>> ids(rows);
  std::vector<std::vector<uint8_t>> masks(rows);
  for (auto& row : ids) {
    row.resize(length);
    std::memcpy(row.data(), at, length * 4);
    at += length * 4;
    if (std::any_of(row.begin(), row.end(), [&](int32_t id) { return size_t(id) >= model_.vocabulary(); }))
      return badCache("it has tokens out of the vocabulary");
  }
  for (auto& row : masks) {
    for (size_t i = 0; i < length; ++i) row.push_back(at[i] != std::byte(0));
    at += length;
  }
  generation_.reset();
  state_ = State::Idle;
  crop(0);
  WF_TRY(makeRoom(rows, length, type, false));
  held_ = std::move(ids);
  masks_ = std::move(masks);
  if (readCache(at, first)) return {};
  forget();
  return badCache("its windows are not the model's");
}

}  // namespace wasmformers::generate
