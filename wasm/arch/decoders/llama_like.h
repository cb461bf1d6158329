// The layers that Llama made common (Touvron et al. 2023, arXiv:2302.13971): RMSNorm, rotary positions, grouped query
// heads, a gated feed-forward part, no biases. Here are the configuration, names and shapes that such families share;
// each family's own file says what differs.
#pragma once

#include "arch/decoders/causal_lm.h"
#include "arch/decoders/rope_config.h"

namespace wasmformers::arch {

class LlamaLike : public CausalLM {
 protected:
  /// What config.json's missing fields mean.
  struct Defaults {
    size_t vocabulary = 32000, hidden = 4096, inner = 11008, layers = 32, heads = 32;
    size_t kvHeads = 0;  // 0: as many as heads
    size_t headDim = 0;  // 0: hidden size ÷ heads
    size_t context = 2048;
    float eps = 1e-6f;
    double theta = 10000, partial = 1;
    bool tied = false, readsHeadDim = true, manyRopes = false;
    const char *activationField = "hidden_act", *activation = "silu", *epsField = "rms_norm_eps";
  };
  LlamaLike(ConfigReader&, const Request&, const Defaults&);

  void declare(weights::Weights&) override;
  /// The projections of a layer below `prefix` ("layers.3.self_attn."), and its feed-forward part ("layers.3.mlp.").
  virtual void declareProjections(weights::Weights&, const std::string& prefix, nn::DecoderAttention&) const;
  virtual void declareFeedForward(weights::Weights&, const std::string& prefix, size_t layer);

  /// sliding_window in tokens, 0 for none (null); `fallback` where the file has no such field.
  static size_t readWindow(ConfigReader&, size_t fallback);
  /// Gives layers their window as layer_types says; without that field, layer i has one where fallback(i) is true.
  template <class Fallback>
  void readLayerTypes(ConfigReader&, size_t window, Fallback fallback);

  nn::AttentionShape& shape(size_t layer) { return layers_[layer].attention.shape; }
  nn::FeedForward::Shape feedForward(size_t inner) const {
    return {hiddenSize_, inner, activation_, request_.format, mlpBias_};
  }

  nn::AttentionShape shape_;  // what config.json says of every layer
  size_t inner_ = 0;
  kernels::Activation activation_ = kernels::Activation::Silu;
  nn::DecoderNorm::Options norm_;
  nn::Bias queryBias_ = nn::Bias::No, outBias_ = nn::Bias::No, mlpBias_ = nn::Bias::No;
  nn::HeadNorm::Kind headNorms_ = nn::HeadNorm::Kind::None;
  const char *queryNormName_ = "q_norm", *keyNormName_ = "k_norm";
  // Names of a layer's norms; nullptr: there is no such norm.
  const char *attentionNorm_ = "input_layernorm", *feedForwardNorm_ = "post_attention_layernorm";
  const char *attentionOutNorm_ = nullptr, *feedForwardOutNorm_ = nullptr;

 private:
  bool checkLayerTypes(ConfigReader&) const;
};

/// A window of n tokens as kernels count it: keys before the query's own; −1 for none.
constexpr int64_t windowBefore(size_t n) { return n ? int64_t(n) - 1 : -1; }

template <class Fallback>
void LlamaLike::readLayerTypes(ConfigReader& c, size_t window, Fallback fallback) {
  const bool named = checkLayerTypes(c);
  for (size_t i = 0; i < layers_.size(); ++i) {
    const bool slides = named ? c.raw()["layer_types"].at(i).asString() == "sliding_attention" : fallback(i);
    if (slides) shape(i).window = windowBefore(window);
  }
}

}  // namespace wasmformers::arch
