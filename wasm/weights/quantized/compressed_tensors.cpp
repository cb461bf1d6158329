// compressed-tensors (vllm-project/compressed-tensors, src/compressed_tensors/compressors): int-quantized and
// float-quantized hold `weight` in I8 or F8_E4M3, pack-quantized `weight_packed` int32 of q + 2^(bits − 1), low bits
// first. `weight_scale` stands for a tensor, each row, groups of a row, or blocks; `weight_zero_point` likewise, packed
// along the rows where weights are packed. What config.json says of activations does not concern weights. And fp8
// (DeepSeek-V3, arXiv:2412.19437; transformers integrations/finegrained_fp8.py, fbgemm_fp8.py), which differs by names.
// Optimize: least
#include <algorithm>

#include "weights/quantized/method.h"

namespace wasmformers::weights::quantized {

namespace {

// Without the first, of formats that do not pack.
constexpr PartName kCompressedNames[] = {
    {".weight_packed", ".weight", Role::Codes}, {".weight", ".weight", Role::Codes},
    {".weight_scale", ".weight", Role::Scales}, {".weight_zero_point", ".weight", Role::Zeros},
    {".weight_shape", ".weight", Role::Shape},  {".weight_g_idx", ".weight", Role::Groups}};
constexpr PartName kFp8Names[] = {{".weight", ".weight", Role::Codes},
                                  {".weight_scale_inv", ".weight", Role::Scales},
                                  {".weight_scale", ".weight", Role::Scales}};

/// One of config_groups: how some of the matrices were quantized. Which ones, their shapes tell.
struct Scheme {
  uint64_t bits = 8;
  bool floats = false, symmetric = true, ordered = false;
  ScaleShape scales;
};

class CompressedTensors final : public Method {
 public:
  std::vector<Scheme> schemes;
  std::span<const PartName> all = kCompressedNames;

  std::span<const PartName> names() const override { return all; }
  bool takes(const PartName& name, const TensorInfo& t) const override {
    if (name.stored == ".weight") return !isFloat(t.dtype);
    return name.role != Role::Zeros || t.dtype == DType::I8 || t.dtype == DType::I32;
  }

  Status check(Role role, const TensorInfo& t, uint64_t n, uint64_t k) const override {
    for (const Scheme& s : schemes) {
      if (fits(s, role, t.dtype, t.shape, n, k)) return {};
    }
    return wrongShape(t, n, k);
  }

  uint32_t required(const Stored&) const override {
    bool zeros = true, groups = true;
    for (const Scheme& s : schemes) {
      zeros = zeros && !s.symmetric;
      groups = groups && s.ordered;
    }
    return bit(Role::Codes) | bit(Role::Scales) | (zeros ? bit(Role::Zeros) : 0) | (groups ? bit(Role::Groups) : 0);
  }

  Status build(const Stored& s, Grid& g) const override {
    const Part &codes = s[Role::Codes], &scales = s[Role::Scales];
    const auto of = [&](const Scheme& scheme) {
      for (Role role : {Role::Codes, Role::Scales, Role::Zeros}) {
        if (s.has(role) && !fits(scheme, role, s[role].dtype, s[role].shape, s.n, s.k)) return false;
      }
      return s.has(Role::Zeros) || scheme.symmetric;
    };
    const Scheme* found = nullptr;
    for (const Scheme& scheme : schemes) {
      if (!found && of(scheme)) found = &scheme;
    }
    if (!found) {
      return wrong("wrong_shape", scales.name,
                   "has the shape " + shapeText(scales.shape) + ", which does not fit that of " + codes.name + ", " +
                       shapeText(codes.shape));
    }
    if (s.has(Role::Shape)) WF_TRY(checkStoredShape(s));
    found->scales.apply(scales.shape, s.n, s.k, g);
    WF_TRY(scales.dtype == DType::F8_E8M0 ? readPowers(scales, g.scales) : readFloats(scales, 0, g.scales));
    g.codes = codes.data;
    g.bits = size_t(found->bits);
    if (codes.dtype == DType::I32) {
      g.rowBytes = size_t(codes.shape[1]) * 4;
    } else {
      g.order = Grid::Order::Bytes;
      g.isSigned = !found->floats;
    }
    if (found->floats) return floatTable(codes.dtype, g.table);
    g.zero = float(1u << (g.bits - 1));
    if (s.has(Role::Zeros)) WF_TRY(readZeros(s[Role::Zeros], g));
    if (!s.has(Role::Groups)) return {};
    // −1: the library's value for "not reordered".
    if (std::all_of(s[Role::Groups].data, s[Role::Groups].data + s.k * 4,
                    [](std::byte b) { return b == std::byte(255); }))
      return {};
    return readGroups(s[Role::Groups], s.k, g.groups, g.groupOf);
  }

 private:
  static bool fits(const Scheme& s, Role role, DType type, const Shape& shape, uint64_t n, uint64_t k) {
    const TensorInfo t{{}, type, shape};
    Grid grid;
    switch (role) {
      case Role::Codes:
        if (type == DType::I32) return !s.floats && isShape(t, n, ceilDiv(k, 32 / s.bits));
        if (!isShape(t, n, k)) return false;
        return s.floats ? type == DType::F8_E4M3 || type == DType::F8_E5M2 : type == DType::I8;
      case Role::Scales: return (isFloat(type) || type == DType::F8_E8M0) && s.scales.apply(shape, n, k, grid);
      case Role::Zeros: {
        if (type == DType::I8) return s.scales.apply(shape, n, k, grid);
        if (shape.size() != 2 || uint64_t(shape[0]) != ceilDiv(n, 32 / s.bits)) return false;
        return s.scales.apply({int64_t(n), shape[1]}, n, k, grid) && grid.rowsPerScale == 1;
      }
      case Role::Groups: return type == DType::I32 && shape.size() == 1 && uint64_t(shape[0]) == k;
      default: return (type == DType::I64 || type == DType::I32) && shape.size() == 1 && shape[0] == 2;
    }
  }

  static Status checkStoredShape(const Stored& s) {
    const Part& part = s[Role::Shape];
    uint64_t stored[2];
    for (size_t i = 0; i < 2; ++i) {
      if (part.dtype == DType::I64)
        std::memcpy(stored + i, part.data + 8 * i, 8);
      else
        stored[i] = wordAt(part.data + 4 * i);
    }
    if (stored[0] == s.n && stored[1] == s.k) return {};
    return wrong("wrong_shape", part.name,
                 "says [" + std::to_string(stored[0]) + ", " + std::to_string(stored[1]) + "], config.json makes it " +
                     shapeText({int64_t(s.n), int64_t(s.k)}));
  }

  Status readZeros(const Part& part, Grid& g) const {
    const size_t count = g.scales.size() / sizeof(float), groups = g.groups;
    WF_ASSIGN(g.zeros, allocate(count * sizeof(float), part.name));
    float* const zeros = g.zeros.as<float>();
    if (part.dtype == DType::I8) {
      if (size_t(elementCount(part.shape)) != count)
        return wrong("wrong_shape", part.name, "has another shape than the scales");
      for (size_t i = 0; i < count; ++i) zeros[i] = g.zero + float(int8_t(part.data[i]));
      return {};
    }
    if (g.rowsPerScale != 1 || size_t(part.shape[1]) != groups)
      return wrong("wrong_shape", part.name, "has another shape than the scales");
    WF_ASSIGN(Buffer column, allocate(g.n, part.name));
    for (size_t i = 0; i < groups; ++i) {
      unpackBits(part.data + i * 4, groups * 4, g.bits, g.n, column.as<uint8_t>());
      for (size_t r = 0; r < g.n; ++r) zeros[r * groups + i] = float(column.as<uint8_t>()[r]);
    }
    return {};
  }
};

// [rows, columns] of blocks, or null. False: something else.
bool readBlocks(json::Value v, ScaleShape& into) {
  if (!v || v.isNull()) return true;
  const auto rows = v.at(0).asUint(), columns = v.at(1).asUint();
  if (v.size() != 2 || !rows || !columns || *rows - 1 > 1 << 24 || *columns - 1 > 1 << 24) return false;
  into.blockRows = *rows;
  into.blockColumns = *columns;
  return true;
}

// A format by its name at `field`: those that pack weights in another way are refused.
Status checkFormat(json::Value v, std::string_view field) {
  if (!v || v.isNull()) return {};
  for (std::string_view known :
       {"int-quantized", "float-quantized", "naive-quantized", "pack-quantized", "dense", "mixed-precision"}) {
    if (v.isString() && v.asString() == known) return {};
  }
  return unsupported(field, v);
}

Status readScheme(std::string_view name, json::Value group, std::vector<Scheme>& into) {
  const std::string path = "config_groups." + std::string(name) + ".";
  WF_TRY(checkFormat(group["format"], path + "format"));
  const json::Value w = group["weights"];
  if (!w || w.isNull()) return {};  // only activations
  Scheme s;
  const std::string_view type = w["type"].asString("int");
  const auto bits = w["num_bits"].asUint();
  s.floats = type == "float";
  if (!s.floats && type != "int") return unsupported(path + "weights.type", w["type"]);
  if (!bits || (*bits != 8 && (s.floats || *bits != 4))) return unsupported(path + "weights.num_bits", w["num_bits"]);
  s.bits = *bits;
  s.symmetric = w["symmetric"].asBool(true);
  s.ordered = w["actorder"].asString() == "group";
  const bool grouped = w["group_size"].asInt() > 0;  // what a missing strategy means
  const std::string_view strategy = w["strategy"].asString(grouped ? "group" : "channel");
  if (strategy == "group") {
    const auto size = w["group_size"].asUint();
    if (!size || *size == 0 || *size > 1 << 24) return unsupported(path + "weights.group_size", w["group_size"]);
    s.scales.group = *size;
  } else if (strategy == "block") {
    if (!readBlocks(w["block_structure"], s.scales))
      return unsupported(path + "weights.block_structure", w["block_structure"]);
  } else if (strategy != "tensor" && strategy != "channel") {
    return unsupported(path + "weights.strategy", w["strategy"]);
  }
  into.push_back(s);
  return {};
}

}  // namespace

Result<std::unique_ptr<Method>> makeCompressedTensors(json::Value config) {
  auto made = std::make_unique<CompressedTensors>();
  WF_TRY(checkFormat(config["format"], "format"));
  const std::string_view format = config["format"].asString();
  if (format == "int-quantized" || format == "float-quantized") made->all = made->all.subspan(1);
  if (config["transform_config"]["config_groups"].size())
    return unsupported("transform_config", config["transform_config"]);
  WF_TRY(checkFormat(config["sparsity_config"]["format"], "sparsity_config.format"));
  for (auto [name, group] : config["config_groups"].members()) WF_TRY(readScheme(name, group, made->schemes));
  if (made->schemes.empty()) return unsupported("config_groups", config["config_groups"]);
  return std::unique_ptr<Method>(std::move(made));
}

Result<std::unique_ptr<Method>> makeFp8(json::Value config) {
  auto made = std::make_unique<CompressedTensors>();
  Scheme s;
  s.floats = true;
  if (!readBlocks(config["weight_block_size"], s.scales))
    return unsupported("weight_block_size", config["weight_block_size"]);
  const std::string_view type = config["fmt"].asString("e4m3");
  if (type != "e4m3" && type != "float8_e4m3fn" && type != "e5m2") return unsupported("fmt", config["fmt"]);
  made->schemes.push_back(s);
  made->all = kFp8Names;
  return std::unique_ptr<Method>(std::move(made));
}

}  // namespace wasmformers::weights::quantized
