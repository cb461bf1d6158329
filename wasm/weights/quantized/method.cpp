// See method.h.
// Optimize: least
#include "weights/quantized/method.h"

#include <bit>
#include <cmath>

namespace wasmformers::weights::quantized {

namespace {
Status configError(const char* code, std::string_view field, std::string message) {
  std::string path = "quantization_config.";
  path += field;
  return Status(ErrorClass::Config, code, "config.json: " + path + std::move(message))
      .inFile("config.json")
      .atField(path);
}

std::string textOf(json::Value v) {
  if (v.isString()) return '"' + std::string(v.asString().substr(0, 100)) + '"';
  if (v.isInteger()) return std::to_string(v.asInt());
  if (v.isBool()) return v.asBool() ? "true" : "false";
  return std::string(v.typeName());
}
}  // namespace

Status unsupported(std::string_view field, json::Value found) {
  return configError("unsupported_config", field, " is " + textOf(found) + ", which is not supported here.");
}

Result<int64_t> integer(json::Value config, const char* field, int64_t fallback, int64_t min, int64_t max) {
  const json::Value v = config[field];
  if (!v || v.isNull()) return fallback;
  if (!v.isInteger()) {
    return configError("invalid_config", field, " must be a whole number, not " + std::string(v.typeName()) + ".");
  }
  const int64_t n = v.asInt(min - 1);
  if (n < min || n > max) return unsupported(field, v);
  return n;
}

Status wrong(std::string_view code, std::string_view tensor, const std::string& what) {
  return Status(ErrorClass::Weights, std::string(code), "Tensor \"" + std::string(tensor) + "\" " + what + ".")
      .atField(tensor);
}

Status wrongShape(const TensorInfo& t, uint64_t n, uint64_t k) {
  return wrong("wrong_shape", t.name,
               "is " + std::string(dtypeName(t.dtype)) + " of shape " + shapeText(t.shape) +
                   ", which a quantized matrix " + shapeText({int64_t(n), int64_t(k)}) + " cannot have");
}

Status readPowers(const Part& part, Buffer& into) {
  const size_t count = size_t(elementCount(part.shape));
  WF_ASSIGN(into, allocate(count * sizeof(float), part.name));
  for (size_t i = 0; i < count; ++i) {
    const auto e = int(part.data[i]);
    if (e == 255) return wrong("not_finite", part.name, "holds NaN");
    into.as<float>()[i] = std::ldexp(1.0f, e - 127);
  }
  return {};
}

Status readFloats(const Part& part, size_t columns, Buffer& into) {
  const size_t count = size_t(elementCount(part.shape));
  if (!allFinite({part.dtype, part.shape, part.data})) return wrong("not_finite", part.name, "holds NaN or infinity");
  WF_ASSIGN(into, allocate(count * sizeof(float), part.name));
  if (columns == 0) {
    toFloat(part.dtype, part.data, count, into.as<float>());
    return {};
  }
  const size_t size = dtypeBits(part.dtype) / 8, rows = count / columns;
  for (size_t i = 0; i < count; ++i)
    toFloat(part.dtype, part.data + i * size, 1, into.as<float>() + i % columns * rows + i / columns);
  return {};
}

Status readGroups(const Part& part, size_t k, size_t groups, Buffer& into) {
  WF_ASSIGN(into, allocate(k * sizeof(uint32_t), part.name));
  std::memcpy(into.data(), part.data, k * sizeof(uint32_t));
  for (size_t c = 0; c < k; ++c) {
    if (into.as<uint32_t>()[c] < groups) continue;
    return wrong("bad_group", part.name,
                 "gives column " + std::to_string(c) + " the group " + std::to_string(into.as<int32_t>()[c]) +
                     "; there are " + std::to_string(groups));
  }
  return {};
}

bool ScaleShape::apply(const Shape& shape, uint64_t n, uint64_t k, Grid& grid) const {
  const auto is = [&shape](uint64_t a, uint64_t b) {
    return shape.size() == 2 && uint64_t(shape[0]) == a && uint64_t(shape[1]) == b;
  };
  const auto set = [&grid](uint64_t rows, uint64_t columns, uint64_t groups) {
    grid.rowsPerScale = size_t(rows);
    grid.groupSize = size_t(columns);
    grid.groups = size_t(groups);
    return true;
  };
  if (shape.empty() || (shape.size() == 1 && shape[0] == 1) || is(1, 1)) return set(n, k, 1);
  if ((shape.size() == 1 && uint64_t(shape[0]) == n) || is(n, 1)) return set(1, k, 1);
  if (group && is(n, ceilDiv(k, group))) return set(1, group, ceilDiv(k, group));
  if (blockRows && is(ceilDiv(n, blockRows), ceilDiv(k, blockColumns)))
    return set(blockRows, blockColumns, ceilDiv(k, blockColumns));
  return false;
}

Status floatTable(DType type, Buffer& into) {
  WF_ASSIGN(into, allocate(256 * sizeof(float), "the values of 8-bit floats"));
  for (unsigned i = 0; i < 256; ++i) {
    float& value = into.as<float>()[i];
    if (type == DType::F8_E5M2) {  // the upper half of a 16-bit float
      const auto half = uint16_t(i << 8);
      toFloat(DType::F16, &half, 1, &value);
      continue;
    }
    // Exponents differ by 127 − 7; scaling gives subnormals as well. 0x7f is NaN, and there is no infinity.
    value = (i & 0x7f) == 0x7f ? std::bit_cast<float>(0x7fc00000u) : std::bit_cast<float>((i & 0x7f) << 20) * 0x1p120f;
    if (i & 0x80) value = -value;
  }
  return {};
}

}  // namespace wasmformers::weights::quantized
