// GPTQ (Frantar et al. 2022, arXiv:2210.17323), as AutoGPTQ and GPTQModel save it: qweight int32 [k · bits / 32, n],
// low bits first along k; qzeros [groups, n · bits / 32]; scales [groups, n]; g_idx int32 [k], each column's group.
// After AutoGPTQ auto_gptq/nn_modules/qlinear/qlinear_cuda.py; gptq_v2 stores zeros as they are, gptq less one.
// And AWQ (Lin et al. 2023, arXiv:2306.00978) as AutoAWQ's awq/modules/linear/gemm.py saves it: qweight int32
// [k, n / 8], nibbles along n in AWQ's order; qzeros [groups, n / 8] likewise. Not here: layouts for one GPU's kernels.
// Optimize: least
#include "weights/quantized/method.h"

namespace wasmformers::weights::quantized {

namespace {

constexpr PartName kGptqNames[] = {{".qweight", ".weight", Role::Codes},
                                   {".qzeros", ".weight", Role::Zeros},
                                   {".scales", ".weight", Role::Scales},
                                   {".g_idx", ".weight", Role::Groups}};

class Gptq final : public Method {
 public:
  bool awq = false, lessOne = false, ordered = false, various = false;
  uint64_t bits = 4;
  int64_t group = -1;

  std::span<const PartName> names() const override { return kGptqNames; }
  bool takes(const PartName&, const TensorInfo&) const override { return true; }

  Status check(Role role, const TensorInfo& t, uint64_t n, uint64_t k) const override {
    // Some matrices may have other bits and groups than config.json tells ("dynamic"); their shapes tell.
    const uint64_t most = various ? 8 : bits, least = various ? 2 : bits;
    const uint64_t rows = t.shape.size() == 2 ? uint64_t(t.shape[0]) : 0, columns = rows ? uint64_t(t.shape[1]) : 0;
    bool good = t.dtype == DType::I32;
    switch (role) {
      case Role::Codes:
        good = good && (awq ? isShape(t, k, ceilDiv(n, 8))
                            : columns == n && rows >= ceilDiv(k * least, 32) && rows <= ceilDiv(k * most, 32));
        break;
      case Role::Zeros:
        good = good && goodGroups(rows, k) && columns >= ceilDiv(n * least, 32) && columns <= ceilDiv(n * most, 32);
        break;
      case Role::Scales: good = isFloat(t.dtype) && goodGroups(rows, k) && columns == n; break;
      default: good = good && t.shape.size() == 1 && uint64_t(t.shape[0]) == k;
    }
    return good ? Status() : wrongShape(t, n, k);
  }

  uint32_t required(const Stored&) const override {
    return bit(Role::Codes) | bit(Role::Zeros) | bit(Role::Scales) | (ordered ? bit(Role::Groups) : 0);
  }

  Status build(const Stored& s, Grid& g) const override {
    const Part &codes = s[Role::Codes], &zeros = s[Role::Zeros], &scales = s[Role::Scales];
    g.codes = codes.data;
    g.bits = various && !awq ? bitsOf(size_t(codes.shape[0]), s.k) : bits;
    g.groups = size_t(scales.shape[0]);
    g.groupSize = size_t(group > 0 && !various ? uint64_t(group) : ceilDiv(s.k, g.groups));
    if (awq) {
      g.order = Grid::Order::AwqColumns;
      g.wordBytes = size_t(codes.shape[1]) * 4;
    } else {
      g.wordBytes = s.n * 4;
      g.rowBytes = 4;
    }
    const bool fits =
        g.bits && zeros.shape[0] == scales.shape[0] && uint64_t(zeros.shape[1]) == ceilDiv(s.n * g.bits, 32);
    if (!fits) {
      return wrong("wrong_shape", zeros.name,
                   "has the shape " + shapeText(zeros.shape) + ", which does not fit that of " + scales.name + ", " +
                       shapeText(scales.shape));
    }
    WF_TRY(readFloats(scales, s.n, g.scales));
    WF_TRY(readZeros(zeros, g));
    if (!s.has(Role::Groups)) return {};
    WF_TRY(readGroups(s[Role::Groups], s.k, g.groups, g.groupOf));
    // The usual order is read faster without a list.
    for (size_t c = 0; c < s.k; ++c) {
      if (g.groupOf.as<uint32_t>()[c] != c / g.groupSize) return {};
    }
    g.groupOf = Buffer();
    return {};
  }

 private:
  // With g_idx, columns may be in any number of groups; there are not more groups than columns.
  bool goodGroups(uint64_t count, uint64_t k) const {
    if (various) return count >= 1 && count <= k;
    return count == (group > 0 ? ceilDiv(k, uint64_t(group)) : 1);
  }

  static size_t bitsOf(size_t rows, size_t k) {
    for (uint64_t b = 2; b <= 8; ++b) {
      if (ceilDiv(k * b, 32) == rows) return size_t(b);
    }
    return 0;
  }

  Status readZeros(const Part& part, Grid& g) const {
    const size_t n = g.n, words = size_t(part.shape[1]);
    WF_ASSIGN(g.zeros, allocate(n * g.groups * sizeof(float), part.name));
    WF_ASSIGN(Buffer row, allocate(n, part.name));
    const unsigned mask = (1u << g.bits) - 1;
    for (size_t i = 0; i < g.groups; ++i) {
      const std::byte* const from = part.data + i * words * 4;
      if (!awq) unpackBits(from, 4, g.bits, n, row.as<uint8_t>());
      for (size_t r = 0; r < n; ++r) {
        unsigned zero = awq ? wordAt(from + r / 8 * 4) >> awqShift(r) & 15 : row.as<uint8_t>()[r];
        if (lessOne) zero = (zero + 1) & mask;  // 0 − 1 was cut to the largest
        g.zeros.as<float>()[r * g.groups + i] = float(zero);
      }
    }
    return {};
  }
};

// What has no layout of ours: field by field.
Status refuse(json::Value config, const char* field, std::initializer_list<std::string_view> known) {
  const json::Value v = config[field];
  if (!v || v.isNull()) return {};
  for (std::string_view name : known) {
    if (v.isString() && v.asString() == name) return {};
  }
  return unsupported(field, v);
}

}  // namespace

Result<std::unique_ptr<Method>> makeGptq(json::Value config) {
  auto made = std::make_unique<Gptq>();
  if (!config["bits"].isInteger()) return unsupported("bits", config["bits"]);
  WF_ASSIGN(const int64_t bits, integer(config, "bits", 4, 2, 8));
  made->bits = uint64_t(bits);
  WF_ASSIGN(made->group, integer(config, "group_size", -1, -1, 1 << 24));
  if (made->group == 0) return unsupported("group_size", config["group_size"]);
  made->lessOne = true;
  for (const char* field : {"checkpoint_format", "format"}) {
    WF_TRY(refuse(config, field, {"gptq", "gptq_v2"}));
    if (config[field].asString() == "gptq_v2") made->lessOne = false;
  }
  if (config["is_marlin_format"].asBool()) return unsupported("is_marlin_format", config["is_marlin_format"]);
  made->ordered = config["desc_act"].asBool();
  made->various = config["dynamic"].size() > 0;
  return std::unique_ptr<Method>(std::move(made));
}

Result<std::unique_ptr<Method>> makeAwq(json::Value config) {
  auto made = std::make_unique<Gptq>();
  const char* const bits = config["bits"] ? "bits" : "w_bit";
  const char* const group = config["group_size"] ? "group_size" : "q_group_size";
  WF_TRY(integer(config, bits, 4, 4, 4).status());
  WF_ASSIGN(made->group, integer(config, group, 128, -1, 1 << 24));
  if (made->group == 0) return unsupported(group, config[group]);
  for (const char* field : {"version", "checkpoint_format"}) WF_TRY(refuse(config, field, {"gemm", "GEMM"}));
  made->awq = true;
  return std::unique_ptr<Method>(std::move(made));
}

}  // namespace wasmformers::weights::quantized
