// What every family's create function does.
#pragma once

#include "arch/config.h"
#include "arch/model.h"

namespace wasmformers::arch {

/// Reads the configuration; gives the model, or the first thing wrong with it.
template <class Family>
Result<std::unique_ptr<Model>> createFamily(json::Value config, const Request& request) {
  ConfigReader reader(config);
  auto model = std::make_unique<Family>(reader, request);
  if (!reader.ok()) return reader.status();
  return std::unique_ptr<Model>(std::move(model));
}

}  // namespace wasmformers::arch
