// The decoder families' create functions, one line each, for their table.
#pragma once

#include "arch/arch.h"

namespace wasmformers::arch {

Result<std::unique_ptr<Model>> createLlama(json::Value, const Request&);

}  // namespace wasmformers::arch
