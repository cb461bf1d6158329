// GPT-2 (Radford et al. 2019): learned positions, LayerNorm before each part, matrices stored transposed. After
// transformers modeling_gpt2.py.
#include "arch/decoders/causal_lm.h"
#include "nn/fused_projection.h"

namespace wasmformers::arch {
namespace {

class GPT2 : public CausalLM {
 public:
  // --- configuration
  GPT2(ConfigReader& c, const Request& r) : CausalLM(c, r, 50257, true) {
    hiddenSize_ = c.either("n_embd", "hidden_size", 768, 1 << 16);
    heads_ = c.either("n_head", "num_attention_heads", 12, 1024);
    c.divides("n_head", heads_, "n_embd", hiddenSize_);
    inner_ = c.size("n_inner", 4 * hiddenSize_, 1 << 20);
    activation_ = c.activation("activation_function", "gelu_new");
    eps_ = c.epsilon("layer_norm_epsilon", 1e-5f);
    context_ = c.either("n_positions", "max_position_embeddings", 1024, 1 << 24);
    contextIsBound_ = true;
    if (c.flag("add_cross_attention", false)) c.unsupported("add_cross_attention", "attention to an encoder");
    makeLayers(c.either("n_layer", "num_hidden_layers", 12, 512), heads_, heads_);
    const bool scaled = c.flag("scale_attn_weights", true), byLayer = c.flag("scale_attn_by_inverse_layer_idx", false);
    for (size_t i = 0; i < layers_.size(); ++i) {
      float& scale = layers_[i].attention.shape.scale;
      if (!scaled) scale = 1;
      if (byLayer) scale /= float(i + 1);
    }
  }

  // --- weights
  void declare(weights::Weights& w) override {
    const size_t e = hiddenSize_;
    const nn::DecoderNorm::Options norm{nn::NormKind::Layer, eps_, nn::Bias::Yes};
    w.basePrefix("transformer.");
    declareWords(w, "wte.weight", "lm_head", e);
    w.matrix("wpe.weight", positions_, context_, e, request_.format, kernels::Use::Lookup);
    for (size_t i = 0; i < layers_.size(); ++i) {
      const std::string prefix = "h." + std::to_string(i) + ".";
      nn::DecoderLayer& l = layers_[i];
      l.attentionNorm.declare(w, prefix + "ln_1", e, norm);
      nn::declareTransposed(w, prefix + "attn.c_attn", l.attention.fused, 3 * e, e, request_.format);
      nn::declareTransposed(w, prefix + "attn.c_proj", l.attention.out, e, e, request_.format);
      l.feedForwardNorm.declare(w, prefix + "ln_2", e, norm);
      l.feedForward.activation = activation_;
      l.feedForward.hidden = e;
      l.feedForward.inner = inner_;
      nn::declareTransposed(w, prefix + "mlp.c_fc", l.feedForward.up, inner_, e, request_.format);
      nn::declareTransposed(w, prefix + "mlp.c_proj", l.feedForward.down, e, inner_, request_.format);
    }
    finalNorm_.declare(w, "ln_f", e, norm);
  }

 protected:
  // --- forward: h += attention(norm(h)); h += feedForward(norm(h))
  void embed(nn::Compute c, const int32_t* ids, const int32_t* positions, size_t rows, float* hidden) const override {
    CausalLM::embed(c, ids, positions, rows, hidden);
    addRows(c, positions_, positions, rows, hidden);
  }

 private:
  size_t heads_ = 0, inner_ = 0;
  float eps_ = 1e-5f;
  kernels::Activation activation_;
  kernels::Matrix positions_;
};

}  // namespace

Result<std::unique_ptr<Model>> createGPT2(json::Value config, const Request& request) {
  return createFamily<GPT2>(config, request);
}

}  // namespace wasmformers::arch
