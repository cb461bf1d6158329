// The program for encoders: engine-simd.wasm, engine-relaxed.wasm.
#include "binding/model.h"

namespace wasmformers {
namespace {

class Model : public EngineModel {
 public:
  Model(const std::string& config, const std::string& architecture, const std::string& dtype)
      : EngineModel(arch::encoderFamilies(), kernels::fastForEncoders(), config, architecture, dtype) {}
};

EMSCRIPTEN_BINDINGS(engine) { bindEngine<Model>(); }

}  // namespace
}  // namespace wasmformers
