// Reads the checkpoints of tests/fixtures/quantized.
#pragma once

#include "arch/lm_runner.h"
#include "weights/quantized/quantized.h"

namespace wasmformers::testing::quantized {

using kernels::Format;
using weights::Weights;

inline std::string folderOf(const std::string& name) { return "quantized/" + name; }
inline std::string configOf(const std::string& name) { return readFile(fixture(folderOf(name) + "/config.json")); }
inline std::string fileOf(const std::string& name) { return readFile(fixture(folderOf(name) + "/model.safetensors")); }

inline std::vector<std::string> decoderCases() {
  std::vector<std::string> names = folders("quantized");
  std::erase(names, "gpt-oss-mxfp4");  // its family is not here
  return names;
}

/// The matrices that the file's io.safetensors dequantizes, by name, as this reader gives them.
inline Status dequantize(const std::string& name, const std::string& file,
                         std::map<std::string, std::vector<float>>& into) {
  WF_ASSIGN(json::Document config, json::Document::parse(configOf(name), "config.json", ErrorClass::Config));
  Weights weights;
  constexpr std::string_view kPrefix = "out.dequantized.";
  for (const auto& [key, value] : readTensors(fixture(folderOf(name) + "/io.safetensors"))) {
    if (!key.starts_with(kPrefix)) continue;
    const std::string tensor = key.substr(kPrefix.size());
    std::vector<float>& rows = into[tensor];
    weights.tensor(
        tensor, value.shape, 0,
        [&rows](const TensorView& view, size_t) -> Status {
          EXPECT_EQ(view.dtype, DType::F32);
          const auto* from = static_cast<const float*>(view.data);
          rows.insert(rows.end(), from, from + elementCount(view.shape));
          return {};
        },
        weights::Need::Required, 8);
  }
  WF_ASSIGN(auto parts, wasmformers::weights::quantized::open(config.root(), weights));
  weights::Loader loader(weights, std::move(parts));
  loader.beginFile("model.safetensors");
  WF_TRY(feed(loader, file));
  WF_TRY(loader.endFile());
  return loader.finish();
}

/// Loads files and gives the logits of a short text.
inline Status logitsOf(const std::string& config, const std::vector<std::string>& files, std::vector<float>& logits,
                       Format format = Format::F32) {
  LmRunner runner;
  auto parsed = json::Document::parse(config, "config.json", ErrorClass::Config);
  WF_TRY(runner.loadShards(config, std::string(parsed->root()["architectures"].at(0).asString()), format, files));
  runner.set("input_ids", {1, 4}, {4, 5, 6, 7});
  WF_TRY(runner.run());
  logits.assign(runner.outputs[0].data, runner.outputs[0].data + elementCount(runner.outputs[0].shape));
  return {};
}

}  // namespace wasmformers::testing::quantized
