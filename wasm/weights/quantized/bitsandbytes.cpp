// bitsandbytes (Dettmers et al. 2022, arXiv:2208.07339, and 2023, arXiv:2305.14314; bitsandbytes functional.py and
// nn/modules.py). 4 bits: `weight` holds two codes a byte, the high nibble first, in blocks of 64 of the flat matrix;
// weight.absmax, weight.quant_map and, as JSON, weight.quant_state.bitsandbytes__nf4 say what they mean. With double
// quantization absmax is 8-bit codes, too: map[code] · nested_absmax + nested_offset. 8 bits: `weight` int8 and SCB
// [n], w = q · SCB / 127; the outliers that the method splits off belong to activations.
// Optimize: least
#include "weights/quantized/method.h"

namespace wasmformers::weights::quantized {

namespace {

constexpr PartName kNames4[] = {{".weight", ".weight", Role::Codes},
                                {".weight.absmax", ".weight", Role::Scales},
                                {".weight.quant_map", ".weight", Role::Map},
                                {".weight.nested_absmax", ".weight", Role::NestedScales},
                                {".weight.nested_quant_map", ".weight", Role::NestedMap},
                                {".weight.quant_state.bitsandbytes__nf4", ".weight", Role::State},
                                {".weight.quant_state.bitsandbytes__fp4", ".weight", Role::State}};
constexpr PartName kNames8[] = {
    {".weight", ".weight", Role::Codes}, {".SCB", ".weight", Role::Scales}, {".weight_format", ".weight", Role::State}};

uint64_t bytesOf(const TensorInfo& t) { return t.end - t.begin; }
bool isList(const TensorInfo& t, DType type, uint64_t count) {
  return t.dtype == type && t.shape.size() == 1 && uint64_t(t.shape[0]) == count;
}

class FourBits final : public Method {
 public:
  std::span<const PartName> names() const override { return kNames4; }
  // Codes may be stored as elements of another type (bnb_4bit_quant_storage); their shape is [all, 1].
  bool takes(const PartName& name, const TensorInfo& t) const override {
    return name.role != Role::Codes || !isFloat(t.dtype) || (t.shape.size() == 2 && t.shape[1] == 1);
  }

  Status check(Role role, const TensorInfo& t, uint64_t n, uint64_t k) const override {
    const uint64_t count = t.shape.size() == 1 ? uint64_t(t.shape[0]) : 0, blocks = ceilDiv(n * k, 32);
    bool good = false;
    switch (role) {
      case Role::Codes: good = bytesOf(t) == ceilDiv(n * k, 2); break;
      case Role::Scales: good = (t.dtype == DType::U8 || t.dtype == DType::F32) && count && count <= blocks; break;
      case Role::Map: good = isList(t, DType::F32, 16); break;
      case Role::NestedMap: good = isList(t, DType::F32, 256); break;
      case Role::NestedScales: good = t.dtype == DType::F32 && count && count <= blocks; break;
      default: good = t.dtype == DType::U8 && count && count <= 4096;
    }
    return good ? Status() : wrongShape(t, n, k);
  }

  uint32_t required(const Stored& s) const override {
    uint32_t all = bit(Role::Codes) | bit(Role::Scales) | bit(Role::Map) | bit(Role::State);
    if (s.has(Role::Scales) && s[Role::Scales].dtype == DType::U8)
      all |= bit(Role::NestedScales) | bit(Role::NestedMap);
    return all;
  }

  Status build(const Stored& s, Grid& g) const override {
    const Part& state = s[Role::State];
    auto document = json::Document::parse({reinterpret_cast<const char*>(state.data), size_t(state.shape[0])},
                                          state.name, ErrorClass::Weights);
    if (!document.ok()) return document.takeStatus().atField(state.name);
    const json::Value told = document->root(), shape = told["shape"];
    const auto block = told["blocksize"].asUint();
    const auto rows = shape.at(0).asUint(), columns = shape.at(1).asUint();
    if (shape.size() != 2 || !rows || !columns || *rows != s.n || *columns != s.k)
      return wrong("wrong_shape", state.name,
                   "tells another shape than config.json, " + shapeText({int64_t(s.n), int64_t(s.k)}));
    if (!block || *block == 0 || *block > 1 << 24) return wrong("bad_quant_state", state.name, "tells no blocksize");
    const Part& scales = s[Role::Scales];
    if (uint64_t(scales.shape[0]) != ceilDiv(uint64_t(s.n) * s.k, *block)) {
      return wrong("wrong_shape", scales.name,
                   "has " + std::to_string(scales.shape[0]) + " values, which blocks of " + std::to_string(*block) +
                       " weights do not make");
    }
    WF_TRY(readFloats(s[Role::Map], 0, g.table));
    if (scales.dtype == DType::U8)
      WF_TRY(readNested(s, told, g.scales));
    else
      WF_TRY(readFloats(scales, 0, g.scales));
    g.codes = s[Role::Codes].data;
    g.order = Grid::Order::HighNibbles;
    g.bits = 4;
    g.flat = true;
    g.groupSize = size_t(*block);
    return {};
  }

 private:
  static Status readNested(const Stored& s, json::Value told, Buffer& into) {
    const Part &codes = s[Role::Scales], &scales = s[Role::NestedScales];
    const size_t count = size_t(codes.shape[0]);
    const auto block = told["nested_blocksize"].asUint();
    const json::Value offset = told["nested_offset"];
    if (!block || *block == 0 || ceilDiv(count, *block) != uint64_t(scales.shape[0]) || !offset.isNumber())
      return wrong("bad_quant_state", s[Role::State].name, "does not tell how absmax was quantized");
    Buffer map, steps;
    WF_TRY(readFloats(s[Role::NestedMap], 0, map));
    WF_TRY(readFloats(scales, 0, steps));
    WF_ASSIGN(into, allocate(count * sizeof(float), codes.name));
    for (size_t i = 0; i < count; ++i) {
      into.as<float>()[i] =
          map.as<float>()[size_t(codes.data[i])] * steps.as<float>()[i / size_t(*block)] + float(offset.asNumber());
    }
    return {};
  }
};

class EightBits final : public Method {
 public:
  std::span<const PartName> names() const override { return kNames8; }
  bool takes(const PartName& name, const TensorInfo& t) const override {
    return name.role != Role::Codes || !isFloat(t.dtype);
  }
  Status check(Role role, const TensorInfo& t, uint64_t n, uint64_t k) const override {
    const bool good = role == Role::Codes    ? t.dtype == DType::I8 && isShape(t, n, k)
                      : role == Role::Scales ? isList(t, DType::F32, n)
                                             : t.dtype == DType::U8 && bytesOf(t) == 1;
    return good ? Status() : wrongShape(t, n, k);
  }
  uint32_t required(const Stored&) const override { return bit(Role::Codes) | bit(Role::Scales); }
  Status build(const Stored& s, Grid& g) const override {
    if (s.has(Role::State) && s[Role::State].data[0] != std::byte(0))
      return wrong("unsupported_layout", s[Role::State].name,
                   "tells a layout for one GPU's kernels; only rows are read");
    WF_TRY(readFloats(s[Role::Scales], 0, g.scales));
    for (size_t r = 0; r < s.n; ++r) g.scales.as<float>()[r] /= 127;
    g.codes = s[Role::Codes].data;
    g.order = Grid::Order::Bytes;
    g.isSigned = true;
    g.zero = 128;
    g.groupSize = s.k;
    return {};
  }
};

}  // namespace

Result<std::unique_ptr<Method>> makeBitsAndBytes(json::Value config) {
  const auto is = [config](const char* a, const char* b) { return config[a].asBool() || config[b].asBool(); };
  if (is("load_in_4bit", "_load_in_4bit")) {
    const json::Value type = config["bnb_4bit_quant_type"];
    if (type && type.asString() != "nf4" && type.asString() != "fp4") return unsupported("bnb_4bit_quant_type", type);
    return std::unique_ptr<Method>(std::make_unique<FourBits>());
  }
  if (is("load_in_8bit", "_load_in_8bit")) return std::unique_ptr<Method>(std::make_unique<EightBits>());
  return unsupported("load_in_4bit", config["load_in_4bit"]);
}

}  // namespace wasmformers::weights::quantized
