// Qwen1.5-MoE and Qwen2-MoE (Yang et al. 2024, arXiv:2407.10671): Qwen2 with many experts, of which a router picks a
// few for each token, and one that all tokens share (nn/experts.h). After transformers modeling_qwen2_moe.py.
#include <algorithm>

#include "arch/decoders/llama_like.h"

namespace wasmformers::arch {
namespace {

class Qwen2Moe : public LlamaLike {
 public:
  // --- configuration
  Qwen2Moe(ConfigReader& c, const Request& r)
      : LlamaLike(c, r,
                  {.vocabulary = 151936,
                   .hidden = 2048,
                   .inner = 5632,
                   .layers = 24,
                   .heads = 16,
                   .kvHeads = 16,
                   .context = 32768}) {
    if (c.flag("qkv_bias", true)) queryBias_ = nn::Bias::Yes;
    experts_ = {hiddenSize_,
                c.size("num_experts", 60, 4096),
                c.size("num_experts_per_tok", 4, 4096),
                c.size("moe_intermediate_size", 1408, 1 << 20),
                c.size("shared_expert_intermediate_size", 5632, 1 << 20),
                c.flag("norm_topk_prob", false),
                activation_,
                r.format};
    if (experts_.picked > experts_.count)
      c.invalid("num_experts_per_tok", "num_experts_per_tok (" + std::to_string(experts_.picked) +
                                           ") is more than num_experts (" + std::to_string(experts_.count) + ").");
    if (experts_.count * layers_.size() > kMostExperts)
      c.invalid("num_experts",
                "num_experts times num_hidden_layers must be at most " + std::to_string(kMostExperts) + ".");
    const size_t every = c.size("decoder_sparse_step", 1, 1 << 16);
    sparse_.resize(layers_.size());
    for (size_t i = 0; i < layers_.size(); ++i) sparse_[i] = (i + 1) % every == 0;
    for (json::Value dense : c.raw()["mlp_only_layers"].elements()) {
      const auto i = dense.asUint();
      if (i && *i < sparse_.size()) sparse_[size_t(*i)] = false;
    }
    const bool slides = c.flag("use_sliding_window", false);
    const size_t below = c.size("max_window_layers", 28, 1 << 20, 0);
    readLayerTypes(c, slides ? readWindow(c, 4096) : 0, [&](size_t i) { return i % 2 == 0 && i < below; });
  }

  // --- weights
  void declareFeedForward(weights::Weights& w, const std::string& prefix, size_t layer) override {
    if (!sparse_[layer]) return LlamaLike::declareFeedForward(w, prefix, layer);
    layers_[layer].experts = std::make_unique<nn::Experts>();
    layers_[layer].experts->declare(w, prefix, experts_);
  }

  // --- forward: h += attention(norm(h)); h += experts(norm(h))

 private:
  static constexpr size_t kMostExperts = 1 << 15;
  nn::Experts::Shape experts_;
  std::vector<bool> sparse_;
};

}  // namespace

Result<std::unique_ptr<Model>> createQwen2Moe(json::Value config, const Request& request) {
  return createFamily<Qwen2Moe>(config, request);
}

}  // namespace wasmformers::arch
