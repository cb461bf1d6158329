// See loader.h.
#include "arch/loader.h"

namespace wasmformers::arch {

namespace {
Status bad(const TensorInfo& t, std::string code, const std::string& what) {
  return Status(ErrorClass::Weights, std::move(code), "Tensor \"" + t.name + "\" " + what + ".")
      .atField(t.name);
}

Result<bool> check(nn::Weights& weights, const TensorInfo& t) {
  bool alias = false;
  nn::Weights::Wanted* w = weights.find(t.name, &alias);
  if (!w || (alias && w->shape != t.shape)) return false;
  if (w->shape != t.shape) {
    return bad(t, "wrong_shape",
               "has the shape " + shapeText(t.shape) + ", config.json makes it " + shapeText(w->shape));
  }
  if (!isFloat(t.dtype)) {
    return bad(t, "unsupported_dtype",
               "is stored as " + std::string(dtypeName(t.dtype)) +
                   "; weights in F32, F16 and BF16 can be computed with");
  }
  return true;
}
}  // namespace

void Loader::beginFile(std::string name) {
  stream_ = std::make_unique<SafetensorsStream>(
      std::move(name), [this](const TensorInfo& t) { return check(weights_, t); },
      [this](const TensorInfo& t, const TensorView& view) -> Status {
        bool alias = false;
        nn::Weights::Wanted* w = weights_.find(t.name, &alias);
        if (alias && w->loaded) return {};
        Status s = w->pack(view);
        if (!s.ok()) return std::move(s).atField(t.name);
        if (!w->loaded) packedBytes_ += w->packedBytes;
        w->loaded = true;
        return {};
      });
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

}  // namespace wasmformers::arch
