// Shapes and views of tensors. The memory is owned by a Buffer (weights) or an Arena (activations).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "tensor/dtype.h"

namespace wasmformers {

using Shape = std::vector<int64_t>;

/// Number of elements, 1 for a scalar.
int64_t elementCount(const Shape& shape);
/// "[2, 11, 384]"
std::string shapeText(const Shape& shape);

/// Values that another object owns: row-major, possibly unaligned.
struct TensorView {
  DType dtype = DType::F32;
  Shape shape;
  const void* data = nullptr;
};

/// Whether F32, F16 or BF16 values hold no NaN and no infinity.
bool allFinite(const TensorView& values);
bool allFinite(const float* values, size_t count);

}  // namespace wasmformers
