// A quantized matrix whose configuration and tensors were changed gives a named error, or floats. The input: a byte
// that chooses the checkpoint, then changes of four bytes each: what, which tensor, and two bytes of a value.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "checks.h"
#include "weights/loader.h"
#include "weights/quantized/quantized.h"

using namespace wasmformers;
using namespace wasmformers::fuzz;

namespace {

constexpr const char* kNames[] = {"gptq-4bit-g32-desc", "gptq-2bit-g32",    "awq-4bit-g32",   "ct-w4a16-g128-asym",
                                  "ct-w8a16-packed",    "ct-w8a16-channel", "ct-fp8-channel", "ct-fp8-tensor",
                                  "fp8-block128",       "bnb-nf4",          "bnb-nf4-double", "bnb-int8",
                                  "gpt-oss-mxfp4"};
constexpr const char* kTypes[] = {"I32", "U8", "I8", "F16", "BF16", "F32", "F8_E4M3", "F8_E5M2", "I64", "F4", "BOOL"};

struct OneTensor {
  std::string name, dtype, bytes;
  Shape shape;
};
struct Checkpoint {
  std::string config, matrix;
  Shape shape;
  std::vector<OneTensor> tensors;
};

std::string read(const std::string& name) {
  const char* folder = std::getenv("TEST_FIXTURES");
  std::ifstream in(std::string(folder ? folder : "tests/fixtures") + "/quantized/" + name, std::ios::binary);
  FUZZ_CHECK(in.good());
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// The parts of one matrix, and the configuration's text.
Checkpoint open(const std::string& name) {
  const bool experts = name == "gpt-oss-mxfp4";
  Checkpoint c;
  c.config = read(name + "/config.json");
  c.config = "{" + c.config.substr(c.config.find("\"quantization_config\""));
  c.matrix = experts ? "model.layers.0.mlp.experts.down_proj" : "model.layers.0.self_attn.k_proj.weight";
  c.shape = experts ? Shape{4, 64, 64} : Shape{64, 128};
  const std::string file = read(name + "/model.safetensors"),
                    stem = experts ? c.matrix + "_" : c.matrix.substr(0, c.matrix.size() - 6);
  uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  auto header = parseSafetensorsHeader(std::string_view(file).substr(8, size_t(length)), name);
  FUZZ_CHECK(header.ok());
  for (const TensorInfo& t : header->tensors) {
    if (!t.name.starts_with(stem) || t.name.ends_with("bias")) continue;
    c.tensors.push_back({t.name, std::string(dtypeName(t.dtype)),
                         file.substr(8 + size_t(length) + size_t(t.begin), size_t(t.end - t.begin)), t.shape});
  }
  FUZZ_CHECK(c.tensors.size() >= 2);
  return c;
}

std::string fileOf(const Checkpoint& c) {
  std::string json = "{", data;
  for (const OneTensor& t : c.tensors) {
    json += (json.size() > 1 ? ",\"" : "\"") + t.name + R"(":{"dtype":")" + t.dtype + R"(","shape":)" +
            shapeText(t.shape) + R"(,"data_offsets":[)" + std::to_string(data.size()) + "," +
            std::to_string(data.size() + t.bytes.size()) + "]}";
    data += t.bytes;
  }
  json += "}";
  const uint64_t length = json.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + json + data;
}

void change(Checkpoint& c, uint8_t what, uint8_t which, size_t value) {
  if (c.tensors.empty()) return;
  OneTensor& t = c.tensors[which % c.tensors.size()];
  switch (what % 7) {
    case 0: c.tensors.erase(c.tensors.begin() + which % c.tensors.size()); return;
    case 1: t.dtype = kTypes[value % std::size(kTypes)]; return;
    case 2:  // a dimension, and as many bytes as it needs or not
      if (!t.shape.empty()) t.shape[which / 16 % t.shape.size()] = int64_t(value);
      return;
    case 3:
      if (!t.bytes.empty()) t.bytes[(value >> 8) * 31 % t.bytes.size()] = char(value);
      return;
    case 4: c.config[(which * 256 + value / 256) % c.config.size()] = char(value % 128); return;
    case 5: t.bytes.resize(value % 65536, char(which)); return;
    case 6: std::rotate(c.tensors.begin(), c.tensors.begin() + which % c.tensors.size(), c.tensors.end()); return;
  }
}

Status load(const Checkpoint& c, size_t& floats) {
  WF_ASSIGN(json::Document config, json::Document::parse(c.config, "config.json", ErrorClass::Config));
  weights::Weights weights;
  weights.tensor(
      c.matrix, c.shape, 0,
      [&floats](const TensorView& view, size_t) -> Status {
        floats += size_t(elementCount(view.shape));
        return {};
      },
      weights::Need::Required, 8);
  WF_ASSIGN(auto parts, weights::quantized::open(config.root(), weights));
  weights::Loader loader(weights, std::move(parts));
  loader.beginFile("model.safetensors");
  const std::string file = fileOf(c);
  for (size_t at = 0; at < file.size();) {
    const size_t n = std::min({file.size() - at, loader.room(), size_t(1000)});
    if (n) std::memcpy(loader.window(), file.data() + at, n);
    WF_TRY(loader.commit(n ? n : 1));
    at += n;
  }
  WF_TRY(loader.endFile());
  return loader.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<Checkpoint> all = [] {
    std::vector<Checkpoint> made;
    for (const char* name : kNames) made.push_back(open(name));
    return made;
  }();
  Bytes in({reinterpret_cast<const char*>(data), size});
  Checkpoint c = all[in.byte() % all.size()];
  for (size_t i = 0; i < 16 && !in.rest().empty(); ++i) {
    const uint8_t what = in.byte(), which = in.byte();
    change(c, what, which, in.byte() | size_t(in.byte()) << 8);
  }
  size_t floats = 0;
  const Status s = load(c, floats);
  if (s.ok()) FUZZ_CHECK(floats == size_t(elementCount(c.shape)));
  FUZZ_CHECK(s.ok() || (!s.code().empty() && !s.message().empty() &&
                        (s.errorClass() == ErrorClass::Config || s.errorClass() == ErrorClass::Weights)));
  return 0;
}
