// The border of programs that only run models, such as encoder-simd.wasm: nothing beside bindEngine.
#include "binding/model.h"

#include "binding/program.h"

namespace wasmformers {
namespace {

class Model : public EngineModel {
 public:
  Model(const std::string& config, const std::string& architecture, const std::string& dtype)
      : EngineModel(programFamilies(), programKernels(), config, architecture, dtype) {}
};

EMSCRIPTEN_BINDINGS(model) { bindEngine<Model>(); }

}  // namespace
}  // namespace wasmformers
