// The program for language models: lm-simd.wasm, lm-relaxed.wasm.
#include "binding/engine_model.h"

namespace wasmformers {
namespace {

class Model : public EngineModel {
 public:
  Model(const std::string& config, const std::string& architecture, const std::string& dtype)
      : EngineModel(arch::decoderFamilies(), config, architecture, dtype) {}
};

EMSCRIPTEN_BINDINGS(lm) { bindEngine<Model>(); }

}  // namespace
}  // namespace wasmformers
