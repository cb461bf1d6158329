// SmolLM3 (Hugging Face 2025): Llama in which every fourth layer or so has no positions (NoPE; Yang et al. 2025,
// arXiv:2501.18795). After transformers modeling_smollm3.py.
#include "arch/decoders/llama_like.h"

namespace wasmformers::arch {
namespace {

class SmolLM3 : public LlamaLike {
 public:
  // --- configuration
  SmolLM3(ConfigReader& c, const Request& r)
      : LlamaLike(c, r,
                  {.vocabulary = 128256,
                   .hidden = 2048,
                   .layers = 36,
                   .heads = 16,
                   .kvHeads = 4,
                   .context = 32768,
                   .theta = 2000000,
                   .tied = true}) {
    if (c.flag("attention_bias", false)) queryBias_ = outBias_ = nn::Bias::Yes;
    if (c.flag("mlp_bias", false)) mlpBias_ = nn::Bias::Yes;
    // Despite its name, no_rope_layers has 1 for a layer with rotary positions.
    const size_t interval = c.size("no_rope_layer_interval", 4, 1 << 16);
    const json::Value turns = c.raw()["no_rope_layers"];
    const bool named = turns && !turns.isNull();
    if (named && turns.size() != layers_.size()) c.invalid("no_rope_layers", "no_rope_layers must name every layer.");
    for (size_t i = 0; i < layers_.size(); ++i) {
      const bool turn = named ? turns.at(i).asInt() != 0 : (i + 1) % interval != 0;
      if (!turn) shape(i).rope = -1;
    }
    const size_t window = c.flag("use_sliding_window", false) ? readWindow(c, 0) : 0;
    readLayerTypes(c, window, [&](size_t i) { return shape(i).rope < 0; });
  }

  // --- weights: LlamaLike's
  // --- forward: h += attention(norm(h)); h += feedForward(norm(h))
};

}  // namespace

Result<std::unique_ptr<Model>> createSmolLM3(json::Value config, const Request& request) {
  return createFamily<SmolLM3>(config, request);
}

}  // namespace wasmformers::arch
