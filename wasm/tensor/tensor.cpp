// See tensor.h and dtype.h: names and sizes of the element types, half precision to float, texts of shapes.
#include "tensor/tensor.h"

#include <bit>
#include <cstring>

namespace wasmformers {

namespace {
struct Row {
  DType type;
  std::string_view name;
  size_t bits;
};
constexpr Row kTypes[] = {
    {DType::BOOL, "BOOL", 8},       {DType::U8, "U8", 8},           {DType::I8, "I8", 8},
    {DType::I16, "I16", 16},        {DType::U16, "U16", 16},        {DType::F16, "F16", 16},
    {DType::BF16, "BF16", 16},      {DType::I32, "I32", 32},        {DType::U32, "U32", 32},
    {DType::F32, "F32", 32},        {DType::F64, "F64", 64},        {DType::I64, "I64", 64},
    {DType::U64, "U64", 64},        {DType::C64, "C64", 64},        {DType::F8_E5M2, "F8_E5M2", 8},
    {DType::F8_E4M3, "F8_E4M3", 8}, {DType::F8_E8M0, "F8_E8M0", 8}, {DType::F6_E2M3, "F6_E2M3", 6},
    {DType::F6_E3M2, "F6_E3M2", 6}, {DType::F4, "F4", 4},
};

// IEEE 754 binary16. Scaling gives subnormals as well; infinities and NaN stay.
float halfToFloat(uint16_t h) {
  const uint32_t sign = uint32_t(h & 0x8000) << 16;
  const uint32_t rest = h & 0x7fff;
  if (rest >= 0x7c00) return std::bit_cast<float>(sign | 0x7f800000u | (rest & 0x3ff) << 13);
  const float magnitude = std::bit_cast<float>(rest << 13) * 0x1p112f;  // the exponents differ by 127 - 15
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
}

/// Whether no value has an exponent of ones only; `ones`: the bits of the exponent.
template <class Bits>
bool allBelow(const void* data, size_t count, Bits ones) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  uint32_t good = 1;
  for (size_t i = 0; i < count; ++i) {
    Bits bits;
    std::memcpy(&bits, bytes + i * sizeof(Bits), sizeof(Bits));
    good &= (bits & ones) != ones;  // without a branch
  }
  return good;
}
}  // namespace

size_t dtypeBits(DType t) { return kTypes[size_t(t)].bits; }
std::string_view dtypeName(DType t) { return kTypes[size_t(t)].name; }

std::optional<DType> dtypeFromName(std::string_view name) {
  for (const Row& r : kTypes) {
    if (r.name == name) return r.type;
  }
  return std::nullopt;
}

void toFloat(DType t, const void* src, size_t count, float* dst) {
  if (t == DType::F32) {
    std::memcpy(dst, src, count * sizeof(float));
    return;
  }
  const auto* bytes = static_cast<const unsigned char*>(src);
  for (size_t i = 0; i < count; ++i) {
    uint16_t bits;
    std::memcpy(&bits, bytes + 2 * i, 2);
    dst[i] = t == DType::BF16 ? std::bit_cast<float>(uint32_t(bits) << 16) : halfToFloat(bits);
  }
}

bool allFinite(const float* values, size_t count) { return allBelow<uint32_t>(values, count, 0x7f800000); }
bool allFinite(const TensorView& t) {
  const size_t count = size_t(elementCount(t.shape));
  if (t.dtype == DType::F32) return allFinite(static_cast<const float*>(t.data), count);
  return allBelow<uint16_t>(t.data, count, t.dtype == DType::BF16 ? 0x7f80 : 0x7c00);
}

int64_t elementCount(const Shape& shape) {
  int64_t n = 1;
  for (int64_t d : shape) n *= d;
  return n;
}

std::string shapeText(const Shape& shape) {
  std::string s = "[";
  for (size_t i = 0; i < shape.size(); ++i) s += (i ? ", " : "") + std::to_string(shape[i]);
  return s + "]";
}

}  // namespace wasmformers
