// Gemma 1, 2 and 3 (Gemma Team 2024 and 2025, arXiv:2403.08295, 2408.00118, 2503.19786): Llama with GeGLU, embeddings
// times √E, and norms whose stored weights lie around 0. Gemma 2 adds norms after attention and feed-forward part,
// windows in every other layer and capped scores. Gemma 3 adds norms of queries and keys, and rotary positions by the
// layer's type. After transformers modeling_gemma.py, modeling_gemma2.py, modeling_gemma3.py.
#include <cmath>

#include "arch/decoders/llama_like.h"

namespace wasmformers::arch {
namespace {

class GemmaLike : public LlamaLike {
 protected:
  GemmaLike(ConfigReader& c, const Request& r, const Defaults& d) : LlamaLike(c, r, d) {
    if (c.flag("attention_bias", false)) queryBias_ = outBias_ = nn::Bias::Yes;
    if (c.flag("use_bidirectional_attention", false))
      c.unsupported("use_bidirectional_attention", "attention to both sides in a decoder");
    // The first files say "gelu" where the tanh form is meant (transformers configuration_gemma.py).
    if (activation_ == kernels::Activation::Gelu) activation_ = kernels::Activation::GeluTanh;
    embeddingScale_ = std::sqrt(float(hiddenSize_));
    norm_.offset = 1;
  }
  /// What Gemma 2 and 3 have in common.
  static Defaults later(size_t vocabulary, size_t context) {
    return {.vocabulary = vocabulary,
            .hidden = 2304,
            .inner = 9216,
            .layers = 26,
            .heads = 8,
            .kvHeads = 4,
            .headDim = 256,
            .context = context,
            .tied = true,
            .activationField = "hidden_activation",
            .activation = "gelu_pytorch_tanh"};
  }
  void normsBehind() {
    attentionOutNorm_ = "post_attention_layernorm";
    feedForwardNorm_ = "pre_feedforward_layernorm";
    feedForwardOutNorm_ = "post_feedforward_layernorm";
  }
  void scoresAndLogits(ConfigReader& c, float scoreCap, float logitCap) {
    const float scalar = c.number("query_pre_attn_scalar", 256);
    if (!(scalar > 0)) c.invalid("query_pre_attn_scalar", "query_pre_attn_scalar must be positive.");
    const float cap = capacity(c, "attn_logit_softcapping", scoreCap);
    for (size_t i = 0; i < layers_.size(); ++i) {
      shape(i).scale = 1 / std::sqrt(scalar);
      shape(i).softcap = cap;
    }
    logitsCap_ = capacity(c, "final_logit_softcapping", logitCap);
  }
  static float capacity(ConfigReader& c, const char* field, float fallback) {
    const float cap = c.raw()[field].isNull() ? 0 : c.number(field, fallback);
    if (cap < 0) c.invalid(field, std::string(field) + " must not be negative.");
    return cap;
  }
};

class Gemma : public GemmaLike {
 public:
  // --- configuration
  Gemma(ConfigReader& c, const Request& r)
      : GemmaLike(c, r,
                  {.vocabulary = 256000,
                   .hidden = 3072,
                   .inner = 24576,
                   .layers = 28,
                   .heads = 16,
                   .kvHeads = 16,
                   .headDim = 256,
                   .context = 8192,
                   .tied = true,
                   .activation = "gelu_pytorch_tanh"}) {}

  // --- weights: LlamaLike's
  // --- forward: h += attention(norm(h)); h += feedForward(norm(h))
};

class Gemma2 : public GemmaLike {
 public:
  // --- configuration
  Gemma2(ConfigReader& c, const Request& r) : GemmaLike(c, r, later(256000, 8192)) {
    normsBehind();
    scoresAndLogits(c, 50, 30);
    readLayerTypes(c, readWindow(c, 4096), [](size_t i) { return i % 2 == 0; });
  }

  // --- weights: LlamaLike's
  // --- forward: h += norm(attention(norm(h))); h += norm(feedForward(norm(h)))
};

class Gemma3 : public GemmaLike {
 public:
  // --- configuration
  Gemma3(ConfigReader& c, const Request& r) : GemmaLike(c, r, later(262208, 131072)) {
    normsBehind();
    headNorms_ = nn::HeadNorm::Kind::Shared;
    scoresAndLogits(c, 0, 0);
    const size_t pattern =
        c.size(c.raw()["sliding_window_pattern"] ? "sliding_window_pattern" : "_sliding_window_pattern", 6, 1 << 16);
    readLayerTypes(c, readWindow(c, 4096), [&](size_t i) { return (i + 1) % pattern != 0; });
    const nn::Rope full = readRope(c, {.headDim = shape_.headDim, .theta = 1000000, .layerType = "full_attention"});
    const nn::Rope local = readRope(c, {.headDim = shape_.headDim,
                                        .thetaField = "rope_local_base_freq",
                                        .layerType = "sliding_attention",
                                        .scalingField = nullptr});
    context_ = stretchedContext(full, context_);
    const int whole = addRope(full), near = addRope(local);
    for (size_t i = 0; i < layers_.size(); ++i) shape(i).rope = shape(i).window >= 0 ? near : whole;
  }

  // --- weights: LlamaLike's
  // --- forward: h += norm(attention(norm(h))); h += norm(feedForward(norm(h)))
};

}  // namespace

Result<std::unique_ptr<Model>> createGemma(json::Value config, const Request& request) {
  return createFamily<Gemma>(config, request);
}
Result<std::unique_ptr<Model>> createGemma2(json::Value config, const Request& request) {
  return createFamily<Gemma2>(config, request);
}
Result<std::unique_ptr<Model>> createGemma3(json::Value config, const Request& request) {
  return createFamily<Gemma3>(config, request);
}

}  // namespace wasmformers::arch
