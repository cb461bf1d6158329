// See llama_like.h.
#include "arch/decoders/llama_like.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::arch {

LlamaLike::LlamaLike(ConfigReader& c, const Request& r, const Defaults& d) : CausalLM(c, r, d.vocabulary, d.tied) {
  hiddenSize_ = c.size("hidden_size", d.hidden, 1 << 16);
  inner_ = c.size("intermediate_size", d.inner, 1 << 20);
  const size_t heads = c.size("num_attention_heads", d.heads, 1024);
  const bool named = bool(c.raw()["num_key_value_heads"]);
  const size_t kvHeads = c.size("num_key_value_heads", named || !d.kvHeads ? heads : d.kvHeads, 1024);
  c.divides("num_key_value_heads", kvHeads, "num_attention_heads", heads);
  const json::Value headDim = c.raw()["head_dim"];
  const bool own = d.readsHeadDim && (headDim ? !headDim.isNull() : d.headDim != 0);
  if (!own) c.divides("num_attention_heads", heads, "hidden_size", hiddenSize_);
  const size_t size = own ? c.size("head_dim", d.headDim, 1024) : std::max<size_t>(hiddenSize_ / heads, 1);

  activation_ = c.activation(d.activationField, d.activation);
  norm_.eps = c.epsilon(d.epsField, d.eps);
  setShape(c.size("num_hidden_layers", d.layers, 512), kvHeads, size);
  context_ = c.size("max_position_embeddings", d.context, 1 << 30);
  if (!d.manyRopes) {
    const nn::Rope rope = readRope(c, {.headDim = size, .theta = d.theta, .partial = d.partial});
    context_ = stretchedContext(rope, context_);
    addRope(rope);
  }
  shape_.hidden = hiddenSize_;
  shape_.heads = heads;
  shape_.kvHeads = kvHeads;
  shape_.headDim = size;
  shape_.scale = 1 / std::sqrt(float(size));
  for (nn::DecoderLayer& l : layers_) l.attention.shape = shape_;
}

void LlamaLike::declare(weights::Weights& w) {
  w.basePrefix("model.");
  declareWords(w, "embed_tokens.weight", "lm_head", hiddenSize_);
  for (size_t i = 0; i < layers_.size(); ++i) {
    const std::string prefix = "layers." + std::to_string(i) + ".";
    nn::DecoderLayer& l = layers_[i];
    const auto norm = [&](nn::DecoderNorm& n, const char* name) {
      if (name) n.declare(w, prefix + name, hiddenSize_, norm_);
    };
    norm(l.attentionNorm, attentionNorm_);
    norm(l.attentionOutNorm, attentionOutNorm_);
    norm(l.feedForwardNorm, feedForwardNorm_);
    norm(l.feedForwardOutNorm, feedForwardOutNorm_);
    declareProjections(w, prefix + "self_attn.", l.attention);
    nn::DecoderNorm::Options perHead = norm_;
    perHead.bias = nn::Bias::No;
    l.attention.queryNorm.declare(w, prefix + "self_attn." + queryNormName_, headNorms_, shape_.heads, shape_.headDim,
                                  perHead);
    l.attention.keyNorm.declare(w, prefix + "self_attn." + keyNormName_, headNorms_, shape_.kvHeads, shape_.headDim,
                                perHead);
    declareFeedForward(w, prefix + "mlp.", i);
  }
  finalNorm_.declare(w, "norm", hiddenSize_, norm_);
}

void LlamaLike::declareProjections(weights::Weights& w, const std::string& prefix, nn::DecoderAttention& a) const {
  const kernels::Format f = request_.format;
  const size_t e = hiddenSize_, q = shape_.heads * shape_.headDim, kv = shape_.kvHeads * shape_.headDim;
  a.query.declare(w, prefix + "q_proj", q, e, f, queryBias_);
  a.key.declare(w, prefix + "k_proj", kv, e, f, queryBias_);
  a.value.declare(w, prefix + "v_proj", kv, e, f, queryBias_);
  a.out.declare(w, prefix + "o_proj", e, q, f, outBias_);
}

void LlamaLike::declareFeedForward(weights::Weights& w, const std::string& prefix, size_t layer) {
  layers_[layer].feedForward.declare(w, prefix, {"gate_proj", "up_proj", "down_proj"}, feedForward(inner_));
}

size_t LlamaLike::readWindow(ConfigReader& c, size_t fallback) {
  return c.raw()["sliding_window"].isNull() ? 0 : c.size("sliding_window", fallback, 1 << 30, 0);
}

// Whether config.json has layer_types. They must name every layer, by full_attention or sliding_attention.
bool LlamaLike::checkLayerTypes(ConfigReader& c) const {
  const json::Value types = c.raw()["layer_types"];
  if (!types || types.isNull()) return false;
  if (!types.isArray() || types.size() != layers_.size())
    c.invalid("layer_types", "layer_types must name every layer.");
  for (json::Value type : types.elements()) {
    if (type.asString() != "full_attention" && type.asString() != "sliding_attention")
      c.unsupported("layer_types", "the layer type \"" + std::string(type.asString()) + "\"");
  }
  return true;
}

}  // namespace wasmformers::arch
