// StableLM 2 (Bellagente et al. 2024, arXiv:2402.17834): Llama's names and parts with LayerNorm, rotary positions on a
// quarter of each head, and as options a norm per head, and attention and feed-forward part side by side. After
// transformers modeling_stablelm.py.
#include "arch/decoders/llama_like.h"

namespace wasmformers::arch {
namespace {

class StableLm : public LlamaLike {
 public:
  // --- configuration
  StableLm(ConfigReader& c, const Request& r)
      : LlamaLike(c, r,
                  {.vocabulary = 50304,
                   .hidden = 2560,
                   .inner = 6912,
                   .kvHeads = 32,
                   .context = 4096,
                   .eps = 1e-5f,
                   .partial = 0.25,
                   .readsHeadDim = false,
                   .epsField = "layer_norm_eps"}) {
    norm_.kind = nn::NormKind::Layer;
    norm_.bias = nn::Bias::Yes;
    if (c.flag("use_qkv_bias", false)) queryBias_ = nn::Bias::Yes;
    if (c.flag("qk_layernorm", false)) headNorms_ = nn::HeadNorm::Kind::Each;
    queryNormName_ = "q_layernorm";
    keyNormName_ = "k_layernorm";
    parallel_ = c.flag("use_parallel_residual", false);
    if (parallel_) feedForwardNorm_ = nullptr;
  }

  // --- weights: LlamaLike's

 protected:
  // --- forward: as Llama, or h += attention(norm(h)) + feedForward(norm(h)) with the same norm
  void layer(const nn::DecoderLayer& l, const nn::DecoderPass& p, float* h) const override {
    parallel_ ? l.parallel(p, h) : l.preNorm(p, h);
  }

 private:
  bool parallel_ = false;
};

}  // namespace

Result<std::unique_ptr<Model>> createStableLm(json::Value config, const Request& request) {
  return createFamily<StableLm>(config, request);
}

}  // namespace wasmformers::arch
