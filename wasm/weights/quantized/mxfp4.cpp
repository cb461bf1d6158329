// MXFP4 (OCP Microscaling Formats 1.0), as gpt-oss stores its experts: <name>_blocks U8 [experts, n, k / 32, 16], two
// E2M1 codes a byte, the low nibble first; <name>_scales U8 [experts, n, k / 32]: 2^(s − 127). The tensor that a model
// declares is <name> [experts, n, k]. After transformers integrations/mxfp4.py.
// Optimize: least
#include "weights/quantized/method.h"

namespace wasmformers::weights::quantized {

namespace {

constexpr PartName kMxfp4Names[] = {{"_blocks", "", Role::Codes}, {"_scales", "", Role::Scales}};
constexpr float kValues[] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
constexpr size_t kBlock = 32;

class Mxfp4 final : public Method {
 public:
  std::span<const PartName> names() const override { return kMxfp4Names; }
  Status check(Role role, const TensorInfo& t, uint64_t n, uint64_t k) const override {
    const bool good = t.dtype == DType::U8 && k % kBlock == 0 && t.shape.size() >= 2 &&
                      t.end - t.begin == (role == Role::Codes ? n * k / 2 : n * k / kBlock);
    return good ? Status() : wrongShape(t, n, k);
  }
  uint32_t required(const Stored&) const override { return bit(Role::Codes) | bit(Role::Scales); }
  Status build(const Stored& s, Grid& g) const override {
    WF_TRY(readPowers(s[Role::Scales], g.scales));
    WF_ASSIGN(g.table, allocate(16 * sizeof(float), "the values of 4-bit floats"));
    for (size_t i = 0; i < 16; ++i) g.table.as<float>()[i] = i < 8 ? kValues[i] : -kValues[i - 8];
    g.codes = s[Role::Codes].data;
    g.bits = 4;
    g.rowBytes = s.k / 2;
    g.groupSize = kBlock;
    g.groups = s.k / kBlock;
    return {};
  }
};

}  // namespace

Result<std::unique_ptr<Method>> makeMxfp4(json::Value) { return std::unique_ptr<Method>(std::make_unique<Mxfp4>()); }

}  // namespace wasmformers::weights::quantized
