// GPT-NeoX (Black et al. 2022, arXiv:2204.06745) and Pythia: rotary positions on a quarter of each head; attention and
// feed-forward part side by side, each with its own norm; one matrix holds queries, keys and values, head by head.
// After transformers modeling_gpt_neox.py.
#include "arch/decoders/causal_lm.h"
#include "arch/decoders/rope_config.h"
#include "nn/fused_projection.h"

namespace wasmformers::arch {
namespace {

class GPTNeoX : public CausalLM {
 public:
  // --- configuration
  GPTNeoX(ConfigReader& c, const Request& r) : CausalLM(c, r, 50432, false) {
    hiddenSize_ = c.size("hidden_size", 6144, 1 << 16);
    heads_ = c.size("num_attention_heads", 64, 1024);
    c.divides("num_attention_heads", heads_, "hidden_size", hiddenSize_);
    inner_ = c.size("intermediate_size", 24576, 1 << 20);
    activation_ = c.activation("hidden_act", "gelu");
    eps_ = c.epsilon("layer_norm_eps", 1e-5f);
    attentionBias_ = c.flag("attention_bias", true) ? nn::Bias::Yes : nn::Bias::No;
    parallel_ = c.flag("use_parallel_residual", true);
    const size_t headDim = makeLayers(c.size("num_hidden_layers", 44, 512), heads_, heads_);
    const nn::Rope rope = readRope(
        c, {.headDim = headDim, .partial = 0.25, .thetaField = "rotary_emb_base", .partialField = "rotary_pct"});
    context_ = stretchedContext(rope, c.size("max_position_embeddings", 2048, 1 << 30));
    const int number = addRope(rope);
    for (nn::DecoderLayer& l : layers_) l.attention.shape.rope = number;
  }

  // --- weights
  void declare(weights::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hiddenSize_;
    const nn::DecoderNorm::Options norm{nn::NormKind::Layer, eps_, nn::Bias::Yes};
    w.basePrefix("gpt_neox.");
    declareWords(w, "embed_in.weight", "embed_out", e);
    if (request_.head == Head::CausalLM) w.alias("lm_head.weight", tied_ ? "embed_in.weight" : "embed_out.weight");
    for (size_t i = 0; i < layers_.size(); ++i) {
      const std::string prefix = "layers." + std::to_string(i) + ".";
      nn::DecoderLayer& l = layers_[i];
      l.attentionNorm.declare(w, prefix + "input_layernorm", e, norm);
      nn::declareGrouped(w, prefix + "attention.query_key_value", l.attention.fused, heads_, 1, e / heads_, e, f,
                         attentionBias_);
      l.attention.out.declare(w, prefix + "attention.dense", e, e, f, attentionBias_);
      l.feedForwardNorm.declare(w, prefix + "post_attention_layernorm", e, norm);
      l.feedForward.declare(w, prefix + "mlp.", {nullptr, "dense_h_to_4h", "dense_4h_to_h"},
                            {e, inner_, activation_, f, nn::Bias::Yes});
    }
    finalNorm_.declare(w, "final_layer_norm", e, norm);
  }

 protected:
  // --- forward: h += attention(norm(h)) + feedForward(norm'(h)), or one after the other
  void layer(const nn::DecoderLayer& l, const nn::DecoderPass& p, float* h) const override {
    parallel_ ? l.parallel(p, h) : l.preNorm(p, h);
  }

 private:
  size_t heads_ = 0, inner_ = 0;
  float eps_ = 1e-5f;
  bool parallel_ = true;
  nn::Bias attentionBias_ = nn::Bias::Yes;
  kernels::Activation activation_;
};

}  // namespace

Result<std::unique_ptr<Model>> createGPTNeoX(json::Value config, const Request& request) {
  return createFamily<GPTNeoX>(config, request);
}

}  // namespace wasmformers::arch
