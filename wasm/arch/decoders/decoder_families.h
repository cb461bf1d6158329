// The decoder families' create functions, one line each, for their table.
#pragma once

#include "arch/model.h"

namespace wasmformers::arch {

Result<std::unique_ptr<Model>> createBloom(json::Value, const Request&);
Result<std::unique_ptr<Model>> createFalcon(json::Value, const Request&);
Result<std::unique_ptr<Model>> createGemma(json::Value, const Request&);
Result<std::unique_ptr<Model>> createGemma2(json::Value, const Request&);
Result<std::unique_ptr<Model>> createGemma3(json::Value, const Request&);
Result<std::unique_ptr<Model>> createGPT2(json::Value, const Request&);
Result<std::unique_ptr<Model>> createGPTNeoX(json::Value, const Request&);
Result<std::unique_ptr<Model>> createGranite(json::Value, const Request&);
Result<std::unique_ptr<Model>> createLlama(json::Value, const Request&);
Result<std::unique_ptr<Model>> createMistral(json::Value, const Request&);
Result<std::unique_ptr<Model>> createOlmo2(json::Value, const Request&);
Result<std::unique_ptr<Model>> createOPT(json::Value, const Request&);
Result<std::unique_ptr<Model>> createPhi3(json::Value, const Request&);
Result<std::unique_ptr<Model>> createQwen2(json::Value, const Request&);
Result<std::unique_ptr<Model>> createQwen2Moe(json::Value, const Request&);
Result<std::unique_ptr<Model>> createQwen3(json::Value, const Request&);
Result<std::unique_ptr<Model>> createSmolLM3(json::Value, const Request&);
Result<std::unique_ptr<Model>> createStableLm(json::Value, const Request&);

}  // namespace wasmformers::arch
