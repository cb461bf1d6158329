// See assembly.h.
// Optimize: least
#include "weights/quantized/assembly.h"

#include <algorithm>

namespace wasmformers::weights::quantized {

namespace {

/// Bytes of floats that are decoded at a time.
constexpr uint64_t kPieceBytes = 256 << 10;

/// A declared tensor as a matrix [n, k]: all axes but the last are rows.
void sizeOf(const Weights::Wanted& w, uint64_t& n, uint64_t& k) {
  k = w.shape.empty() ? 0 : uint64_t(w.shape.back());
  n = k ? uint64_t(elementCount(w.shape)) / k : 0;
  if (w.transposed) std::swap(n, k);
}

Status packTransposed(Weights::Wanted& w, const Grid& g) {
  WF_ASSIGN(Buffer floats, allocate(g.n * g.k * sizeof(float), w.name));
  WF_ASSIGN(Buffer row, allocate(g.k * sizeof(float), w.name));
  WF_ASSIGN(Buffer codes, allocate(g.k, w.name));
  for (size_t r = 0; r < g.n; ++r) {
    g.decode(r, codes.as<uint8_t>(), row.as<float>());
    for (size_t c = 0; c < g.k; ++c) floats.as<float>()[c * g.n + r] = row.as<float>()[c];
  }
  return w.pack({DType::F32, w.shape, floats.data()}, 0);
}

Status packRows(Weights::Wanted& w, const Grid& g) {
  const uint64_t first = uint64_t(w.shape[0]), each = g.n / first;  // matrix rows of one row of the first axis
  uint64_t piece = first;
  if (w.rowsAtOnce) {
    const uint64_t least = each * w.rowsAtOnce * g.k * sizeof(float);
    piece = std::min(first, std::max(kPieceBytes / least, uint64_t(1)) * w.rowsAtOnce);
  }
  WF_ASSIGN(Buffer floats, allocate(size_t(piece * each) * g.k * sizeof(float), w.name));
  WF_ASSIGN(Buffer codes, allocate(g.k, w.name));
  TensorView view{DType::F32, w.shape, floats.data()};
  for (uint64_t from = 0; from < first; from += piece) {
    const uint64_t count = std::min(piece, first - from);
    for (size_t r = 0; r < count * each; ++r)
      g.decode(size_t(from * each) + r, codes.as<uint8_t>(), floats.as<float>() + r * g.k);
    view.shape[0] = int64_t(count);
    WF_TRY(w.pack(view, size_t(from)));
  }
  return {};
}

}  // namespace

const PartName* Assembly::nameOf(const TensorInfo& t, std::string& stem, Weights::Wanted*& wanted, bool& alias) {
  for (const PartName& name : method_->names()) {
    if (!t.name.ends_with(name.stored) || !method_->takes(name, t)) continue;
    stem = t.name.substr(0, t.name.size() - name.stored.size());
    wanted = weights_.find(stem + std::string(name.wanted), &alias);
    if (!wanted) continue;
    // Floats in the matrix' own shape were not quantized.
    return isFloat(t.dtype) && name.stored == name.wanted && t.shape == wanted->shape ? nullptr : &name;
  }
  return nullptr;
}

Result<bool> Assembly::check(const TensorInfo& t) {
  std::string stem;
  Weights::Wanted* wanted = nullptr;
  bool alias = false;
  const PartName* const name = nameOf(t, stem, wanted, alias);
  if (!name) return false;
  uint64_t n = 0, k = 0;
  sizeOf(*wanted, n, k);
  if (n == 0 || k == 0 || wanted->shape.size() < 2) return wrongShape(t, n, k);
  WF_TRY(method_->check(name->role, t, n, k));
  Entry& e = entries_[stem];
  if (!e.wanted) {
    e.wanted = wanted;
    e.alias = alias;
    e.stored = std::make_unique<Stored>();
    e.stored->n = size_t(n);
    e.stored->k = size_t(k);
  }
  if (!e.stored || (e.have | e.announced) & bit(name->role))
    return wrong("duplicate_tensor", t.name, "comes twice, in two files or forms");
  e.announced |= bit(name->role);
  return true;
}

bool Assembly::has(const TensorInfo& t) {
  std::string stem;
  Weights::Wanted* wanted = nullptr;
  bool alias = false;
  return nameOf(t, stem, wanted, alias) != nullptr;
}

Status Assembly::take(const TensorInfo& t, const std::byte* data, size_t& packedBytes) {
  std::string stem;
  Weights::Wanted* wanted = nullptr;
  bool alias = false;
  const PartName* const name = nameOf(t, stem, wanted, alias);
  Entry& e = entries_[stem];
  Part& part = e.stored->parts[size_t(name->role)];
  part.name = t.name;
  part.dtype = t.dtype;
  part.shape = t.shape;
  part.data = data;
  e.have |= bit(name->role);
  if ((e.have & e.announced) == e.announced && (method_->required(*e.stored) & ~e.have) == 0)
    return pack(e, packedBytes);
  const size_t size = size_t(t.end - t.begin);
  WF_ASSIGN(part.bytes, allocate(size, t.name));
  std::memcpy(part.bytes.data(), data, size);
  part.data = part.bytes.data();
  return {};
}

Status Assembly::pack(Entry& e, size_t& packedBytes) {
  const std::unique_ptr<Stored> stored = std::move(e.stored);
  Weights::Wanted& w = *e.wanted;
  if (e.alias && w.loaded) return {};  // a copy
  Grid grid;
  grid.n = stored->n;
  grid.k = stored->k;
  WF_TRY(method_->build(*stored, grid));
  Status s = w.transposed ? packTransposed(w, grid) : packRows(w, grid);
  if (!s.ok()) return std::move(s).atField((*stored)[Role::Codes].name);
  if (!w.loaded) packedBytes += w.packedBytes;
  w.loaded = true;
  return {};
}

Status Assembly::finish() {
  for (const auto& [stem, e] : entries_) {
    if (!e.stored) continue;
    const uint32_t missing = method_->required(*e.stored) & ~e.have;
    for (const PartName& name : method_->names()) {
      if (!(missing & bit(name.role))) continue;
      const std::string tensor = stem + std::string(name.stored);
      return Status(ErrorClass::Weights, "missing_tensors",
                    "The checkpoint lacks " + tensor + ", a part of a quantized matrix.")
          .atField(tensor);
    }
  }
  return {};
}

}  // namespace wasmformers::weights::quantized
