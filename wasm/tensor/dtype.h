// The element types of the safetensors format, by the format's names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wasmformers {

enum class DType : uint8_t {
  BOOL,
  U8,
  I8,
  I16,
  U16,
  F16,
  BF16,
  I32,
  U32,
  F32,
  F64,
  I64,
  U64,
  C64,
  F8_E5M2,
  F8_E4M3,
  F8_E8M0,
  F6_E2M3,
  F6_E3M2,
  F4,
};

/// Size of an element in bits. F4 has 4, F6 has 6; their writers pad a tensor to whole bytes.
size_t dtypeBits(DType t);
std::string_view dtypeName(DType t);
/// nullopt: the format has no such name.
std::optional<DType> dtypeFromName(std::string_view name);
/// F32, F16 or BF16: the types that weights may have here.
inline bool isFloat(DType t) { return t == DType::F32 || t == DType::F16 || t == DType::BF16; }

/// `count` values of F32, F16 or BF16 at `src` (any alignment) as float.
void toFloat(DType t, const void* src, size_t count, float* dst);

}  // namespace wasmformers
