// What a quantization method is: the tensors that one matrix is stored as, their shapes, and how they become a Grid.
// One file for each method. assembly.h collects the tensors.
#pragma once

#include <span>

#include "json/json.h"
#include "tensor/safetensors.h"
#include "weights/quantized/grid.h"

namespace wasmformers::weights::quantized {

/// What a tensor is to its matrix.
enum class Role : uint8_t { Codes, Scales, Zeros, Groups, Shape, Map, State, NestedScales, NestedMap };
inline constexpr size_t kRoles = 9;
constexpr uint32_t bit(Role r) { return 1u << unsigned(r); }

/// ".qweight" of a Linear is a part of its ".weight".
struct PartName {
  std::string_view stored, wanted;
  Role role;
};

struct Part {
  std::string name;
  DType dtype = DType::F32;
  Shape shape;
  Buffer bytes;                     // a copy, where the part waits for others
  const std::byte* data = nullptr;  // null: it has not come
};

/// A matrix [n, k], and what has come of it.
struct Stored {
  size_t n = 0, k = 0;
  Part parts[kRoles];
  const Part& operator[](Role r) const { return parts[size_t(r)]; }
  bool has(Role r) const { return parts[size_t(r)].data != nullptr; }
};

class Method {
 public:
  virtual ~Method() = default;
  virtual std::span<const PartName> names() const = 0;
  /// Whether a tensor of that name is a part. A ".weight" of floats is the matrix itself, which was not quantized.
  virtual bool takes(const PartName&, const TensorInfo& t) const { return !isFloat(t.dtype); }
  /// Checks dtype and shape, so that no more is allocated than a matrix [n, k] needs.
  virtual Status check(Role, const TensorInfo&, uint64_t n, uint64_t k) const = 0;
  /// The parts that such a matrix needs, by their bits.
  virtual uint32_t required(const Stored&) const = 0;
  /// Fills a grid of size [n, k]. Its codes stay in the parts.
  virtual Status build(const Stored&, Grid&) const = 0;
};

using MakeMethod = Result<std::unique_ptr<Method>>(json::Value config);
MakeMethod makeGptq, makeAwq, makeCompressedTensors, makeBitsAndBytes, makeFp8, makeMxfp4;

// --- errors
/// ConfigError at quantization_config.<field>: "unsupported_config", this option is not implemented here.
Status unsupported(std::string_view field, json::Value found);
/// WeightsError at the tensor. `what` goes on after its name.
Status wrong(std::string_view code, std::string_view tensor, const std::string& what);
/// A part whose shape or dtype is none of those that the matrix allows.
Status wrongShape(const TensorInfo&, uint64_t n, uint64_t k);

// --- what several methods need
/// A whole number from `min` to `max` at quantization_config.<field>; absent or null: `fallback`. ConfigError.
Result<int64_t> integer(json::Value config, const char* field, int64_t fallback, int64_t min, int64_t max);
constexpr uint64_t ceilDiv(uint64_t a, uint64_t b) { return (a + b - 1) / b; }
inline bool isShape(const TensorInfo& t, uint64_t a, uint64_t b) {
  return t.shape.size() == 2 && uint64_t(t.shape[0]) == a && uint64_t(t.shape[1]) == b;
}
/// A part's numbers as floats. `columns`: the part is [count/columns, columns] and is turned to [columns, …]; 0: it
/// keeps its order. WeightsError "not_finite".
Status readFloats(const Part&, size_t columns, Buffer& into);
/// A part's bytes as powers of two: 2^(byte − 127), F8_E8M0. WeightsError "not_finite".
Status readPowers(const Part&, Buffer& into);
/// Checks each column's group, int32 [k] in [0, groups), and keeps them. WeightsError "bad_group".
Status readGroups(const Part&, size_t k, size_t groups, Buffer& into);

/// Where scales stand: one for all, one for each row, for groups of a row, or for blocks of rows and columns.
struct ScaleShape {
  uint64_t group = 0, blockRows = 0, blockColumns = 0;  // 0: the method has none
  /// Sets the grid's groups by the shape of its scales. False: the shape does not fit.
  bool apply(const Shape&, uint64_t n, uint64_t k, Grid&) const;
};
/// The values of an 8-bit float type: F8_E4M3 (without infinities) or F8_E5M2. 256 floats.
Status floatTable(DType, Buffer& into);

}  // namespace wasmformers::weights::quantized
