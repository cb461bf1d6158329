// OPT (Zhang et al. 2022, arXiv:2205.01068): ReLU; learned positions that count real tokens and begin at the table's
// third row. OPT-350m has its norms after the sums, and embeddings narrower than its layers. After transformers
// modeling_opt.py.
#include <cstring>

#include "arch/decoders/causal_lm.h"
#include "nn/row_blocks.h"

namespace wasmformers::arch {
namespace {

class OPT : public CausalLM {
 public:
  // --- configuration
  OPT(ConfigReader& c, const Request& r) : CausalLM(c, r, 50272, true) {
    hiddenSize_ = c.size("hidden_size", 768, 1 << 16);
    wordSize_ = c.size("word_embed_proj_dim", hiddenSize_, 1 << 16);
    heads_ = c.size("num_attention_heads", 12, 1024);
    c.divides("num_attention_heads", heads_, "hidden_size", hiddenSize_);
    inner_ = c.size("ffn_dim", 3072, 1 << 20);
    activation_ = c.activation("activation_function", "relu");
    bias_ = c.flag("enable_bias", true) ? nn::Bias::Yes : nn::Bias::No;
    affine_ = c.flag("layer_norm_elementwise_affine", true);
    normBefore_ = c.flag("do_layer_norm_before", true);
    hasFinalNorm_ = normBefore_ && !c.flag("_remove_final_layer_norm", false);
    context_ = c.size("max_position_embeddings", 2048, 1 << 24);
    contextIsBound_ = true;
    makeLayers(c.size("num_hidden_layers", 12, 512), heads_, heads_);
  }

  // --- weights
  void declare(weights::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hiddenSize_;
    w.basePrefix("model.");
    declareWords(w, "decoder.embed_tokens.weight", "lm_head", wordSize_);
    w.matrix("decoder.embed_positions.weight", positions_, context_ + kFirstPosition, e, f, kernels::Use::Lookup);
    if (wordSize_ != e) {
      projectIn_.declare(w, "decoder.project_in", e, wordSize_, f, nn::Bias::No);
      projectOut_.declare(w, "decoder.project_out", wordSize_, e, f, nn::Bias::No);
    }
    for (size_t i = 0; i < layers_.size(); ++i) {
      const std::string prefix = "decoder.layers." + std::to_string(i) + ".";
      nn::DecoderLayer& l = layers_[i];
      l.attention.query.declare(w, prefix + "self_attn.q_proj", e, e, f, bias_);
      l.attention.key.declare(w, prefix + "self_attn.k_proj", e, e, f, bias_);
      l.attention.value.declare(w, prefix + "self_attn.v_proj", e, e, f, bias_);
      l.attention.out.declare(w, prefix + "self_attn.out_proj", e, e, f, bias_);
      norm(w, prefix + "self_attn_layer_norm", normBefore_ ? l.attentionNorm : l.attentionOutNorm);
      l.feedForward.declare(w, prefix, {nullptr, "fc1", "fc2"}, {e, inner_, activation_, f, bias_});
      norm(w, prefix + "final_layer_norm", normBefore_ ? l.feedForwardNorm : l.feedForwardOutNorm);
    }
    if (hasFinalNorm_) norm(w, "decoder.final_layer_norm", finalNorm_);
  }
  Status loaded() override {
    for (nn::DecoderNorm* n : plain_) WF_TRY(n->plain(hiddenSize_, kEps));
    return {};
  }

 protected:
  // --- forward: h += attention(norm(h)); h += feedForward(norm(h)), or with the norms after the sums
  void embed(nn::Compute c, const int32_t* ids, const int32_t* positions, size_t rows, float* hidden) const override {
    const Arena::Mark mark = c.arena.mark();
    int32_t* at = c.arena.alloc<int32_t>(rows);
    float* words = c.arena.alloc<float>(rows * wordSize_);
    if (!at || !words) return;
    c.kernels.gather(words_, ids, rows, words, wordSize_);
    if (projectIn_.present()) {
      kernels::Rows x(words, rows, wordSize_);
      projectIn_(c, x, hidden);
    } else {
      std::memcpy(hidden, words, rows * wordSize_ * sizeof(float));
    }
    for (size_t i = 0; i < rows; ++i) at[i] = positions[i] + kFirstPosition;
    addRows(c, positions_, at, rows, hidden);
    c.arena.release(mark);
  }
  void layer(const nn::DecoderLayer& l, const nn::DecoderPass& p, float* h) const override {
    normBefore_ ? l.preNorm(p, h) : postNorm(l, p, h);
  }
  void finish(nn::Compute c, const float* hidden, size_t rows, float* y) const override {
    if (finalNorm_ && !projectOut_.present()) return finalNorm_(c, hidden, rows, y);
    if (!projectOut_.present()) {
      if (y != hidden) std::memcpy(y, hidden, rows * hiddenSize_ * sizeof(float));
      return;
    }
    const Arena::Mark mark = c.arena.mark();
    if (finalNorm_) {
      float* normed = c.arena.alloc<float>(rows * hiddenSize_);
      if (!normed) return;
      finalNorm_(c, hidden, rows, normed);
      hidden = normed;
    }
    kernels::Rows x(hidden, rows, hiddenSize_);
    projectOut_(c, x, y);
    c.arena.release(mark);
  }
  size_t outputSize() const override { return wordSize_; }
  bool paddingHasNoPosition() const override { return true; }

 private:
  static constexpr int32_t kFirstPosition = 2;  // rows of the table before position 0
  static constexpr float kEps = 1e-5f;          // torch's default, which transformers uses

  // h = norm(h + attention(h)); h = norm(h + feedForward(h))
  static void postNorm(const nn::DecoderLayer& l, const nn::DecoderPass& p, float* h) {
    l.attention(p, h, h, h);
    l.attentionOutNorm(p.c, h, p.rows(), h);
    nn::inRowBlocks(p.c.arena, p.rows(), [&](size_t from, size_t count) {
      float* const some = h + from * l.hidden();
      l.feedForward(p.c, some, count, some, some);
      l.feedForwardOutNorm(p.c, some, count, some);
    });
  }

  void norm(weights::Weights& w, const std::string& name, nn::DecoderNorm& n) {
    affine_ ? n.declare(w, name, hiddenSize_, {nn::NormKind::Layer, kEps, nn::Bias::Yes}) : plain_.push_back(&n);
  }

  size_t heads_ = 0, inner_ = 0, wordSize_ = 0;
  bool affine_ = true, normBefore_ = true, hasFinalNorm_ = true;
  nn::Bias bias_ = nn::Bias::Yes;
  kernels::Activation activation_;
  kernels::Matrix positions_;
  nn::Linear projectIn_, projectOut_;
  std::vector<nn::DecoderNorm*> plain_;
};

}  // namespace

Result<std::unique_ptr<Model>> createOPT(json::Value config, const Request& request) {
  return createFamily<OPT>(config, request);
}

}  // namespace wasmformers::arch
