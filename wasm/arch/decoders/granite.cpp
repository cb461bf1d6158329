// Granite 3 (IBM 2024): Llama with constant factors on embeddings, scores, residual sums and logits. After transformers
// modeling_granite.py.
#include "arch/decoders/llama_like.h"

namespace wasmformers::arch {
namespace {

class Granite : public LlamaLike {
 public:
  // --- configuration
  Granite(ConfigReader& c, const Request& r) : LlamaLike(c, r, {}) {
    if (c.flag("attention_bias", false)) queryBias_ = outBias_ = nn::Bias::Yes;
    if (c.flag("mlp_bias", false)) mlpBias_ = nn::Bias::Yes;
    embeddingScale_ = c.number("embedding_multiplier", 1);
    logitsDivisor_ = c.number("logits_scaling", 1);
    if (logitsDivisor_ == 0) c.invalid("logits_scaling", "logits_scaling must not be 0.");
    const float scale = c.number("attention_multiplier", 1), residual = c.number("residual_multiplier", 1);
    for (size_t i = 0; i < layers_.size(); ++i) {
      shape(i).scale = scale;
      layers_[i].residualScale = residual;
    }
  }

  // --- weights: LlamaLike's
  // --- forward: h += r·attention(norm(h)); h += r·feedForward(norm(h))
};

}  // namespace

Result<std::unique_ptr<Model>> createGranite(json::Value config, const Request& request) {
  return createFamily<Granite>(config, request);
}

}  // namespace wasmformers::arch
