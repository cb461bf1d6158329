// Falcon (Almazrouei et al. 2023, arXiv:2311.16867) in its three forms: 7B has one key for all query heads, 40B ("new
// decoder architecture") one per group, RW one per head and ALiBi. With parallel_attn, attention and feed-forward part
// are computed side by side. After transformers modeling_falcon.py.
#include <cmath>

#include "arch/decoders/causal_lm.h"
#include "arch/decoders/rope_config.h"
#include "nn/fused_projection.h"

namespace wasmformers::arch {
namespace {

class Falcon : public CausalLM {
 public:
  // --- configuration
  Falcon(ConfigReader& c, const Request& r) : CausalLM(c, r, 65024, true) {
    hiddenSize_ = c.either("n_embed", "hidden_size", 4544, 1 << 16);
    heads_ = c.either("num_attention_heads", "n_head", 71, 1024);
    c.divides("num_attention_heads", heads_, "hidden_size", hiddenSize_);
    inner_ = c.size("ffn_hidden_size", 4 * hiddenSize_, 1 << 20);
    activation_ = c.activation("activation", "gelu");
    eps_ = c.epsilon("layer_norm_epsilon", 1e-5f);
    bias_ = c.flag("bias", false) ? nn::Bias::Yes : nn::Bias::No;
    const bool grouped = c.flag("new_decoder_architecture", false), alibi = c.flag("alibi", false);
    const bool oneKey = c.flag("multi_query", true);
    parallel_ = c.flag("parallel_attn", true) || grouped;
    twoNorms_ = grouped && c.size("num_ln_in_parallel_attn", 2, 2) == 2;
    groups_ = grouped ? c.size("num_kv_heads", heads_, 1024) : oneKey ? 1 : heads_;
    c.divides("num_kv_heads", groups_, "num_attention_heads", heads_);
    const size_t headDim = makeLayers(c.either("num_hidden_layers", "n_layer", 32, 512), heads_, groups_);
    if (alibi) {
      slopes_ = nn::alibiSlopes(heads_);
      for (float& slope : slopes_) slope *= 1 / std::sqrt(float(headDim));  // here the bias is scaled as the scores are
    } else {
      const nn::Rope rope = readRope(c, {.headDim = headDim});
      context_ = stretchedContext(rope, c.size("max_position_embeddings", 2048, 1 << 30));
      addRope(rope);
    }
    for (nn::DecoderLayer& l : layers_) {
      l.attention.shape.rope = alibi ? -1 : 0;
      l.attention.shape.slopes = alibi ? slopes_.data() : nullptr;
    }
  }

  // --- weights
  void declare(weights::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hiddenSize_;
    const nn::DecoderNorm::Options norm{nn::NormKind::Layer, eps_, nn::Bias::Yes};
    w.basePrefix("transformer.");
    declareWords(w, "word_embeddings.weight", "lm_head", e);
    for (size_t i = 0; i < layers_.size(); ++i) {
      const std::string prefix = "h." + std::to_string(i) + ".";
      nn::DecoderLayer& l = layers_[i];
      l.attentionNorm.declare(w, prefix + (twoNorms_ ? "ln_attn" : "input_layernorm"), e, norm);
      if (twoNorms_) l.feedForwardNorm.declare(w, prefix + "ln_mlp", e, norm);
      if (!parallel_) l.feedForwardNorm.declare(w, prefix + "post_attention_layernorm", e, norm);
      nn::declareGrouped(w, prefix + "self_attention.query_key_value", l.attention.fused, groups_, heads_ / groups_,
                         e / heads_, e, f, bias_);
      l.attention.out.declare(w, prefix + "self_attention.dense", e, e, f, bias_);
      l.feedForward.declare(w, prefix + "mlp.", {nullptr, "dense_h_to_4h", "dense_4h_to_h"},
                            {e, inner_, activation_, f, bias_});
    }
    finalNorm_.declare(w, "ln_f", e, norm);
  }

 protected:
  // --- forward: h += attention(norm(h)) + feedForward(norm(h)), or one after the other
  void layer(const nn::DecoderLayer& l, const nn::DecoderPass& p, float* h) const override {
    parallel_ ? l.parallel(p, h) : l.preNorm(p, h);
  }

 private:
  size_t heads_ = 0, groups_ = 1, inner_ = 0;
  float eps_ = 1e-5f;
  bool parallel_ = true, twoNorms_ = false;
  nn::Bias bias_ = nn::Bias::No;
  kernels::Activation activation_;
  std::vector<float> slopes_;
};

}  // namespace

Result<std::unique_ptr<Model>> createFalcon(json::Value config, const Request& request) {
  return createFamily<Falcon>(config, request);
}

}  // namespace wasmformers::arch
