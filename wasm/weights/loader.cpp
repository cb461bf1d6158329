// See loader.h.
// Optimize: least
#include "weights/loader.h"

#include <algorithm>

#include "tensor/gguf_stream.h"
#include "tensor/safetensors_stream.h"

namespace wasmformers::weights {

namespace {
Status bad(const TensorInfo& t, std::string code, const std::string& what) {
  return Status(ErrorClass::Weights, std::move(code), "Tensor \"" + t.name + "\" " + what + ".").atField(t.name);
}

/// Bytes of a matrix that are packed at a time: so many stay in the second-level cache from the copy to the packing.
constexpr uint64_t kPieceBytes = 256 << 10;

Result<uint64_t> checkWhole(Weights& weights, const TensorInfo& t) {
  bool alias = false;
  Weights::Wanted* w = weights.find(t.name, &alias);
  if (!w || (alias && w->shape != t.shape)) return FileStream::kPassOver;
  if (w->shape != t.shape) {
    return bad(t, "wrong_shape",
               "has the shape " + shapeText(t.shape) + ", config.json makes it " + shapeText(w->shape));
  }
  if (!isFloat(t.dtype)) {
    return bad(
        t, "unsupported_dtype",
        "is stored as " + std::string(dtypeName(t.dtype)) + "; weights in F32, F16 and BF16 can be computed with");
  }
  if (!w->rowsAtOnce || t.shape.empty() || t.shape[0] == 0) return FileStream::kWhole;
  const uint64_t rows = (t.end - t.begin) / uint64_t(t.shape[0]) * w->rowsAtOnce;
  return rows ? std::max(kPieceBytes / rows, uint64_t(1)) * rows : FileStream::kWhole;
}
}  // namespace

Result<uint64_t> Loader::check(const TensorInfo& t) {
  if (parts_) {
    WF_ASSIGN(const bool isPart, parts_->check(t));
    if (isPart) return FileStream::kWhole;
  }
  return checkWhole(weights_, t);
}

FileStream::Wants Loader::wants() {
  return [this](const TensorInfo& t) { return check(t); };
}
FileStream::Deliver Loader::deliver() {
  return [this](const TensorInfo& t, uint64_t offset, const std::byte* data, uint64_t size) {
    return take(t, offset, data, size);
  };
}

std::unique_ptr<FileStream> openGguf(std::string file, const std::string& plan, FileStream::Wants wants,
                                     FileStream::Deliver deliver) {
  return std::make_unique<GgufStream>(std::move(file), plan, std::move(wants), std::move(deliver));
}

void Loader::beginFile(std::string name) {
  stream_ = std::make_unique<SafetensorsStream>(std::move(name), wants(), deliver());
}

Status Loader::take(const TensorInfo& t, uint64_t offset, const std::byte* data, uint64_t size) {
  if (parts_ && parts_->has(t)) return parts_->take(t, data, packedBytes_);
  if (offset == 0) {
    bool alias = false;
    current_ = weights_.find(t.name, &alias);
    passesOver_ = alias && current_->loaded;
  }
  if (passesOver_) return {};
  Weights::Wanted* const w = current_;
  TensorView view{t.dtype, t.shape, data};
  const uint64_t bytes = t.end - t.begin, rowBytes = bytes ? bytes / uint64_t(t.shape.empty() ? 1 : t.shape[0]) : 1;
  if (size < bytes) view.shape[0] = int64_t(size / rowBytes);
  // Of biases and norms; a matrix is checked while it is packed. 8-bit activations would hide what is no number.
  if (!w->rowsAtOnce && !allFinite(view)) return bad(t, "not_finite", "holds NaN or infinity");
  Status s = w->pack(view, size_t(offset / rowBytes));
  if (!s.ok()) return std::move(s).atField(t.name);
  if (offset + size < bytes) return {};
  if (!w->loaded) packedBytes_ += w->packedBytes;
  w->loaded = true;
  return {};
}

Status Loader::commit(size_t n) {
  if (!stream_) return Status(ErrorClass::Internal, "no_file", "Bytes came before beginFile.");
  return stream_->commit(n);
}

Status Loader::endFile() {
  if (!stream_) return Status(ErrorClass::Internal, "no_file", "endFile came before beginFile.");
  Status s = stream_->finish();
  stream_.reset();
  return s;
}

Status Loader::finish() {
  if (parts_) WF_TRY(parts_->finish());
  return weights_.complete();
}

}  // namespace wasmformers::weights
