// See quantized.h.
// Optimize: least
#include "weights/quantized/quantized.h"

#include "weights/quantized/assembly.h"

namespace wasmformers::weights::quantized {

namespace {
struct Known {
  std::string_view name;
  MakeMethod* make;
};
// quant_method in config.json, by transformers' names (utils/quantization_config.py, QuantizationMethod).
constexpr Known kMethods[] = {{"gptq", makeGptq},
                              {"awq", makeAwq},
                              {"compressed-tensors", makeCompressedTensors},
                              {"bitsandbytes", makeBitsAndBytes},
                              {"fp8", makeFp8},
                              {"fbgemm_fp8", makeFp8},
                              {"mxfp4", makeMxfp4}};
}  // namespace

Result<std::unique_ptr<Parts>> open(json::Value config, Weights& weights) {
  json::Value asked = config["quantization_config"];
  if (!asked.isObject()) asked = config["compression_config"];  // what compressed-tensors' first files call it
  if (!asked.isObject()) return std::unique_ptr<Parts>();
  // Files of transformers before 4.32 name no method; bitsandbytes was the only one.
  const bool old = !asked["quant_method"] && (asked["load_in_8bit"] || asked["load_in_4bit"]);
  const std::string_view method = old ? "bitsandbytes" : asked["quant_method"].asString();
  for (const Known& known : kMethods) {
    if (known.name != method) continue;
    auto made = known.make(asked);
    if (!made.ok()) return made.takeStatus();
    return std::unique_ptr<Parts>(std::make_unique<Assembly>(weights, made.take()));
  }
  return unsupported("quant_method", asked["quant_method"]);
}

}  // namespace wasmformers::weights::quantized
