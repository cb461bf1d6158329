// BLOOM (BigScience 2022, arXiv:2211.05100): ALiBi instead of positions, a norm of the embeddings; one matrix holds
// queries, keys and values, head by head. After transformers modeling_bloom.py.
#include "arch/decoders/causal_lm.h"
#include "nn/fused_projection.h"
#include "nn/row_blocks.h"

namespace wasmformers::arch {
namespace {

class Bloom : public CausalLM {
 public:
  // --- configuration
  Bloom(ConfigReader& c, const Request& r) : CausalLM(c, r, 250880, true) {
    hiddenSize_ = c.either("n_embed", "hidden_size", 64, 1 << 16);
    heads_ = c.either("n_head", "num_attention_heads", 8, 1024);
    c.divides("n_head", heads_, "hidden_size", hiddenSize_);
    eps_ = c.epsilon("layer_norm_epsilon", 1e-5f);
    slopes_ = nn::alibiSlopes(heads_);
    fromNorm_ = c.flag("apply_residual_connection_post_layernorm", false);
    makeLayers(c.either("n_layer", "num_hidden_layers", 2, 512), heads_, heads_);
    for (nn::DecoderLayer& l : layers_) l.attention.shape.slopes = slopes_.data();
  }

  // --- weights
  void declare(weights::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hiddenSize_;
    const nn::DecoderNorm::Options norm{nn::NormKind::Layer, eps_, nn::Bias::Yes};
    w.basePrefix("transformer.");
    declareWords(w, "word_embeddings.weight", "lm_head", e);
    wordsNorm_.declare(w, "word_embeddings_layernorm", e, norm);
    for (size_t i = 0; i < layers_.size(); ++i) {
      const std::string prefix = "h." + std::to_string(i) + ".";
      nn::DecoderLayer& l = layers_[i];
      l.attentionNorm.declare(w, prefix + "input_layernorm", e, norm);
      nn::declareGrouped(w, prefix + "self_attention.query_key_value", l.attention.fused, heads_, 1, e / heads_, e, f,
                         nn::Bias::Yes);
      l.attention.out.declare(w, prefix + "self_attention.dense", e, e, f);
      l.feedForwardNorm.declare(w, prefix + "post_attention_layernorm", e, norm);
      l.feedForward.declare(w, prefix + "mlp.", {nullptr, "dense_h_to_4h", "dense_4h_to_h"},
                            {e, 4 * e, kernels::Activation::GeluTanh, f, nn::Bias::Yes});
    }
    finalNorm_.declare(w, "ln_f", e, norm);
  }

 protected:
  // --- forward: h += attention(norm(h)); h += feedForward(norm(h)), or with residuals taken from the norms
  void embed(nn::Compute c, const int32_t* ids, const int32_t* positions, size_t rows, float* hidden) const override {
    CausalLM::embed(c, ids, positions, rows, hidden);
    wordsNorm_(c, hidden, rows, hidden);
  }
  void layer(const nn::DecoderLayer& l, const nn::DecoderPass& p, float* h) const override {
    fromNorm_ ? fromNorm(l, p, h) : l.preNorm(p, h);
  }

 private:
  // n = norm(h); h = n + attention(n); n = norm(h); h = n + feedForward(n)
  static void fromNorm(const nn::DecoderLayer& l, const nn::DecoderPass& p, float* h) {
    const nn::Compute& c = p.c;
    const Arena::Mark mark = c.arena.mark();
    if (const float* n = l.normed(c, l.attentionNorm, h, p.rows())) l.attend(p, n, n, h);  // n [M, E]
    c.arena.release(mark);
    nn::inRowBlocks(c.arena, p.rows(), [&](size_t from, size_t count) {
      float* const some = h + from * l.hidden();
      if (const float* n = l.normed(c, l.feedForwardNorm, some, count)) l.feed(c, n, count, n, some);
    });
  }

  bool fromNorm_ = false;  // apply_residual_connection_post_layernorm
  size_t heads_ = 0;
  float eps_ = 1e-5f;
  std::vector<float> slopes_;
  nn::DecoderNorm wordsNorm_;
};

}  // namespace

Result<std::unique_ptr<Model>> createBloom(json::Value config, const Request& request) {
  return createFamily<Bloom>(config, request);
}

}  // namespace wasmformers::arch
