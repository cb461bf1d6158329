// The families' create functions, one line each, for the registry.
#pragma once

#include "arch/model.h"

namespace wasmformers::arch {

Result<std::unique_ptr<Model>> createAlbert(json::Value, const Request&);
Result<std::unique_ptr<Model>> createBert(json::Value, const Request&);
Result<std::unique_ptr<Model>> createDebertaV2(json::Value, const Request&);
Result<std::unique_ptr<Model>> createDistilBert(json::Value, const Request&);
Result<std::unique_ptr<Model>> createElectra(json::Value, const Request&);
Result<std::unique_ptr<Model>> createModernBert(json::Value, const Request&);
Result<std::unique_ptr<Model>> createMPNet(json::Value, const Request&);
Result<std::unique_ptr<Model>> createRoberta(json::Value, const Request&);

}  // namespace wasmformers::arch
