// The cache as bytes, to save and restore it, and while it moves to a larger room. In order: a header, each layer's
// first token, each row's condition, ids and masks, keys and values by layer, row and head, a checksum.
#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "generate/cached_text.h"

namespace wasmformers::generate {
namespace {

using kernels::CacheType;
using kernels::KvLayerView;

struct Header {
  char magic[8] = {'W', 'F', 'K', 'V', 'C', 'A', 'C', '3'};
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

/// By layer: the first token that write() has.
std::vector<size_t> CachedText::firstTokens() const {
  const nn::KvCache& cache = model_.cache();
  std::vector<size_t> out;
  for (size_t i = 0; i < cache.layers(); ++i) out.push_back(cache.length() ? cache.keptFrom(i) : 0);
  return out;
}

size_t CachedText::bytes() const {
  size_t all = 0;
  for (size_t first : firstTokens()) all += tokens() - first;
  return rows() * all * size_t(model_.cache().layerBytes(model_.cache().type()));
}

void CachedText::write(std::byte* to) const {
  nn::KvCache& cache = model_.cache();
  for (size_t i = 0; i < cache.layers(); ++i) {
    for (size_t r = 0; r < rows(); ++r) {
      const size_t from = cache.keptFrom(i);
      partsOf(cache.layer(i), r, from - cache.first(i), tokens() - from, [&](const std::byte* part, size_t bytes) {
        std::memcpy(to, part, bytes);
        to += bytes;
      });
    }
  }
}

/// Fills an empty cache that has the room; rows_ says which tokens these are, `first` with which each layer begins.
/// False where the layers' windows do not allow it.
bool CachedText::read(const std::byte* from, const std::vector<size_t>& first) {
  nn::KvCache& cache = model_.cache();
  std::vector<uint8_t> mask;
  for (const Row& row : rows_) mask.insert(mask.end(), row.mask.begin(), row.mask.end());
  if (!cache.hold(mask.data(), rows(), tokens(), first)) return false;
  for (size_t i = 0; i < cache.layers(); ++i) {
    for (size_t r = 0; r < rows(); ++r) {
      partsOf(cache.layer(i), r, 0, tokens() - first[i], [&](std::byte* part, size_t bytes) {
        std::memcpy(part, from, bytes);
        from += bytes;
      });
    }
  }
  return true;
}

Result<Buffer> CachedText::save(uint64_t model) const {
  if (tokens() == 0 || model_.cache().spoiled())
    return Status(ErrorClass::Input, "empty_cache", "There is nothing in the cache to save.").atField("cache");
  const nn::KvCache& cache = model_.cache();
  Header header;
  header.model = model;
  header.layers = cache.layers();
  header.type = uint64_t(cache.type());
  header.perToken = cache.bytesPerToken(cache.type());
  header.rows = rows();
  header.length = tokens();
  const std::vector<size_t> first = firstTokens();
  const size_t front = sizeof header + (first.size() + rows()) * 8;
  const size_t body = (front + rows() * tokens() * 5 + bytes() + 7) / 8 * 8;
  WF_ASSIGN(Buffer out, allocate(body + 8, "the saved cache"));
  std::byte* at = out.data();
  std::memset(at + body - 8, 0, 8);
  const auto put = [&](const void* from, size_t bytes) {
    std::memcpy(at, from, bytes);
    at += bytes;
  };
  put(&header, sizeof header);
  for (uint64_t from : first) put(&from, 8);
  for (const Row& row : rows_) put(&row.condition, 8);
  for (const Row& row : rows_) put(row.ids.data(), row.ids.size() * 4);
  for (const Row& row : rows_) put(row.mask.data(), row.mask.size());
  write(at);
  const uint64_t sum = hash64(reinterpret_cast<const char*>(out.data()), body);
  std::memcpy(out.data() + body, &sum, 8);
  return out;
}

Status CachedText::restore(const std::byte* bytes, size_t size, uint64_t model, size_t chunk) {
  Header header, own;
  uint64_t sum = 0;
  if (size < sizeof header + 8 || size % 8 != 0) return badCache("its size is wrong");
  std::memcpy(&header, bytes, sizeof header);
  std::memcpy(&sum, bytes + size - 8, 8);
  if (std::memcmp(header.magic, own.magic, sizeof own.magic) != 0) return badCache("it does not begin as one");
  if (header.type > uint64_t(CacheType::Q8) || header.rows == 0 || header.length == 0)
    return badCache("its header is damaged");
  const CacheType type = CacheType(header.type);
  if (header.model != model || header.layers != model_.cache().layers() ||
      header.perToken != model_.cache().bytesPerToken(type))
    return badCache("it is another model's");
  // As doubles until the size has been checked: a damaged header may hold any number.
  const double tokens = double(header.rows) * double(header.length);
  if (!(tokens < double(size)) || size < sizeof header + (size_t(header.layers) + size_t(header.rows)) * 8)
    return badCache("its size is wrong");
  const size_t rows = size_t(header.rows), length = size_t(header.length);
  const std::byte* at = bytes + sizeof header;
  const auto number = [&] {
    uint64_t value;
    std::memcpy(&value, at, 8);
    at += 8;
    return value;
  };
  double kept = 0;
  std::vector<size_t> first(size_t(header.layers));
  for (size_t& from : first) {
    const uint64_t value = number();
    if (value > header.length) return badCache("its header is damaged");
    from = size_t(value);
    kept += double(rows) * double(length - from);
  }
  std::vector<Row> read(rows);
  for (Row& row : read) row.condition = number();
  const double data = kept * model_.cache().layerBytes(type);
  if (!(data < double(size)) || (size_t(at - bytes) + rows * length * 5 + size_t(data) + 7) / 8 * 8 + 8 != size)
    return badCache("its size is wrong");
  if (hash64(reinterpret_cast<const char*>(bytes), size - 8) != sum) return badCache("it is damaged");
  if (model_.context() && length > model_.context()) return badCache("it is longer than the model's context");
  for (Row& row : read) {
    row.ids.resize(length);
    std::memcpy(row.ids.data(), at, length * 4);
    at += length * 4;
    if (std::any_of(row.ids.begin(), row.ids.end(), [&](int32_t id) { return size_t(id) >= model_.vocabulary(); }))
      return badCache("it has tokens out of the vocabulary");
  }
  for (Row& row : read) {
    for (size_t i = 0; i < length; ++i) row.mask.push_back(at[i] != std::byte(0));
    at += length;
  }
  crop(0);
  WF_TRY(makeRoom({rows, length, type, chunk}));
  rows_ = std::move(read);
  if (this->read(at, first)) return {};
  rows_.clear();
  return badCache("its windows are not the model's");
}

}  // namespace wasmformers::generate
