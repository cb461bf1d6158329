// See weights.h.
#include "weights/weights.h"

#include <algorithm>

namespace wasmformers::weights {

void Weights::matrix(std::string name, kernels::Matrix& into, size_t n, size_t k, kernels::Format format,
                     kernels::Use use, Need need) {
  want({std::move(name),
        {int64_t(n), int64_t(k)},
        kernels::Matrix::packedBytes(n, k, format, use),
        kernels::Matrix::kRowsAtOnce,
        [&into, n, k, format, use](const TensorView& view, size_t from) -> Status {
          if (from == 0) {
            into = {};
            WF_ASSIGN(into, kernels::Matrix::make(n, k, format, use));
          }
          return into.packRows(view, from);
        },
        need});
}

void Weights::vector(std::string name, Vector& into, Shape shape, Need need) {
  const size_t n = size_t(elementCount(shape));
  tensor(
      std::move(name), std::move(shape), n * sizeof(float),
      [&into, n](const TensorView& view, size_t) -> Status {
        WF_ASSIGN(into.buffer, allocate(n * sizeof(float), "a weight vector"));
        into.size = n;
        toFloat(view.dtype, view.data, n, into.buffer.as<float>());
        return {};
      },
      need);
}

void Weights::want(Wanted wanted) {
  index_.emplace(wanted.name, wanted_.size());
  wanted_.push_back(std::move(wanted));
}

void Weights::alias(std::string other, const std::string& name) {
  const auto it = index_.find(name);
  if (it != index_.end()) index_.emplace(std::move(other), it->second);
}

Weights::Wanted* Weights::find(std::string_view stored, bool* isAlias) {
  std::string name(stored);
  if (name.ends_with("LayerNorm.gamma")) name.replace(name.size() - 5, 5, "weight");
  if (name.ends_with("LayerNorm.beta")) name.replace(name.size() - 4, 4, "bias");
  auto it = index_.find(name);
  if (it == index_.end() && !prefix_.empty() && name.starts_with(prefix_))
    it = index_.find(name.substr(prefix_.size()));
  if (it == index_.end()) return nullptr;
  Wanted& wanted = wanted_[it->second];
  if (isAlias) *isAlias = it->first != wanted.name;
  return &wanted;
}

uint64_t Weights::packedBytes() const {
  uint64_t total = 0;
  for (const Wanted& w : wanted_) total += w.need == Need::Required ? w.packedBytes : 0;
  return total;
}

Status Weights::complete() const {
  std::string names;
  size_t missing = 0;
  for (const Wanted& w : wanted_) {
    if (w.loaded || w.need == Need::Optional) continue;
    if (++missing <= 4) names += (missing > 1 ? ", " : "") + w.name;
  }
  if (missing == 0) return {};
  if (missing > 4) names += " and " + std::to_string(missing - 4) + " more";
  return Status(ErrorClass::Weights, "missing_tensors",
                "The checkpoint lacks " + std::to_string(missing) + " tensor(s) that this model needs: " + names + ".")
      .atField(names.substr(0, names.find(',')));
}

}  // namespace wasmformers::weights
