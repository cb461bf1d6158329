// Llama (Touvron et al. 2023, arXiv:2302.13971; Grattafiori et al. 2024, arXiv:2407.21783), and the many models that
// are saved as Llama: SmolLM2, TinyLlama, Yi, DeepSeek's first. After transformers modeling_llama.py.
#include "arch/decoders/llama_like.h"

namespace wasmformers::arch {
namespace {

class Llama : public LlamaLike {
 public:
  // --- configuration
  Llama(ConfigReader& c, const Request& r) : LlamaLike(c, r, {}) {
    if (c.flag("attention_bias", false)) queryBias_ = outBias_ = nn::Bias::Yes;
    if (c.flag("mlp_bias", false)) mlpBias_ = nn::Bias::Yes;
  }

  // --- weights: LlamaLike's
  // --- forward: h += attention(norm(h)); h += feedForward(norm(h))
};

}  // namespace

Result<std::unique_ptr<Model>> createLlama(json::Value config, const Request& request) {
  return createFamily<Llama>(config, request);
}

}  // namespace wasmformers::arch
