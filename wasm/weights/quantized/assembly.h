// Collects the parts of quantized matrices and packs each as soon as it is complete: rows are decoded to floats in
// pieces and given to the tensor that the model declared, then the parts are freed. Of a large part that comes last
// nothing is copied; one that comes first is kept until its scales are there.
#pragma once

#include <unordered_map>

#include "weights/parts.h"
#include "weights/quantized/method.h"

namespace wasmformers::weights::quantized {

class Assembly final : public Parts {
 public:
  Assembly(Weights& weights, std::unique_ptr<Method> method) : weights_(weights), method_(std::move(method)) {}

  Result<bool> check(const TensorInfo&) override;
  bool has(const TensorInfo&) override;
  Status take(const TensorInfo&, const std::byte* data, size_t& packedBytes) override;
  Status finish() override;

 private:
  struct Entry {
    Weights::Wanted* wanted = nullptr;
    bool alias = false;                // `wanted` has another name
    uint32_t have = 0, announced = 0;  // parts that came, and that files tell of
    std::unique_ptr<Stored> stored;    // null: packed
  };
  /// The part's name, and the matrix it belongs to; nullptr: `t` is no part of one that the model wants.
  const PartName* nameOf(const TensorInfo& t, std::string& stem, Weights::Wanted*& wanted, bool& alias);
  Status pack(Entry&, size_t& packedBytes);

  Weights& weights_;
  std::unique_ptr<Method> method_;
  std::unordered_map<std::string, Entry> entries_;  // by the names in the file, without the parts' endings
};

}  // namespace wasmformers::weights::quantized
