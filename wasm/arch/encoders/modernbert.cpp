// ModernBERT (Warner et al. 2024, arXiv:2412.13663): pre-norm layers without biases, rotary positions, gated
// feed-forward (GeGLU), and attention that is global in every n-th layer and a sliding window elsewhere.
// After transformers modeling_modernbert.py. Padding is masked, not removed as the flash path of the original
// does.
#include <cmath>

#include "arch/encoders/families.h"
#include "arch/encoders/text_encoder.h"

namespace wasmformers::arch {
namespace {

struct Block {
  nn::Norm attentionNorm, mlpNorm;
  nn::Linear qkv, out, gateUp, down;
  bool normed = true, global = true;  // the first layer takes the embeddings' norm for its own
};

class ModernBert : public TextEncoder {
 public:
  // --- configuration
  ModernBert(ConfigReader& c, const Request& r) : TextEncoder(c, r, 50368) {
    hidden_size_ = c.size("hidden_size", 768, 1 << 16);
    heads_ = c.size("num_attention_heads", 12, 1024);
    c.divides("num_attention_heads", heads_, "hidden_size", hidden_size_);
    if ((hidden_size_ / heads_) % 2) c.invalid("num_attention_heads", "rotary positions need heads of an even size.");
    intermediate_ = c.size("intermediate_size", 1152, 1 << 20);
    layers_ = c.size("num_hidden_layers", 22, 512);
    maxLength_ = c.size("max_position_embeddings", 8192, 1 << 20);
    eps_ = c.epsilon("norm_eps", 1e-5f);
    window_ = c.size("local_attention", 128, 1 << 20) / 2;
    activation_ = c.activation("hidden_activation", "gelu");
    classifierActivation_ = c.activation("classifier_activation", "gelu");
    normBias_ = c.flag("norm_bias", false) ? nn::Bias::Yes : nn::Bias::No;
    attentionBias_ = c.flag("attention_bias", false) ? nn::Bias::Yes : nn::Bias::No;
    mlpBias_ = c.flag("mlp_bias", false) ? nn::Bias::Yes : nn::Bias::No;
    classifierBias_ = c.flag("classifier_bias", false) ? nn::Bias::Yes : nn::Bias::No;
    decoderBias_ = c.flag("decoder_bias", true);
    tied_ = c.flag("tie_word_embeddings", true);
    const std::string_view pooling = c.text("classifier_pooling", "cls");
    meanPooling_ = pooling == "mean";
    leftPaddedChoices_ = true;
    if (!meanPooling_ && pooling != "cls")
      c.unsupported("classifier_pooling", "the pooling \"" + std::string(pooling) + "\"");
    readLayerTypes(c);
    readRope(c);
  }

  // --- weights
  void declare(nn::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hidden_size_;
    const bool lm = request_.head == Head::MaskedLM;
    w.basePrefix("model.");
    w.matrix("embeddings.tok_embeddings.weight", words_, vocabulary_, e, f,
             lm && tied_ ? kernels::Use::Both : kernels::Use::Lookup);
    embeddingNorm_.declare(w, "embeddings.norm", e, eps_, normBias_);
    for (size_t i = 0; i < layers_; ++i) {
      const std::string prefix = "layers." + std::to_string(i) + ".";
      Block& b = blocks_[i];
      b.normed = i > 0;
      if (b.normed) b.attentionNorm.declare(w, prefix + "attn_norm", e, eps_, normBias_);
      b.qkv.declare(w, prefix + "attn.Wqkv", 3 * e, e, f, attentionBias_);
      b.out.declare(w, prefix + "attn.Wo", e, e, f, attentionBias_);
      b.mlpNorm.declare(w, prefix + "mlp_norm", e, eps_, normBias_);
      b.gateUp.declare(w, prefix + "mlp.Wi", 2 * intermediate_, e, f, mlpBias_);
      b.down.declare(w, prefix + "mlp.Wo", e, intermediate_, f, mlpBias_);
    }
    finalNorm_.declare(w, "final_norm", e, eps_, normBias_);
    if (request_.head == Head::Base) return;
    if (lm) {
      lm_.activation = classifierActivation_;
      MaskedLMHead::Names names{"head.dense",
                                "head.norm",
                                "decoder",
                                decoderBias_ ? "decoder.bias" : "",
                                normBias_ == nn::Bias::Yes,
                                classifierBias_ == nn::Bias::Yes,
                                "embeddings.tok_embeddings.weight"};
      lm_.declare(w, names, e, e, vocabulary_, eps_, f, tied_);
      return;
    }
    // ModernBertPredictionHead, then the classifier, in all other heads
    classifier_.hasDense = classifier_.hasNorm = true;
    classifier_.activation = classifierActivation_;
    classifier_.dense.declare(w, "head.dense", e, e, f, classifierBias_);
    classifier_.norm.declare(w, "head.norm", e, eps_, normBias_);
    if (request_.head == Head::QuestionAnswering) labels_ = 2;
    const bool choice = request_.head == Head::MultipleChoice;
    classifier_.out.declare(w, "classifier", choice ? 1 : labels_, e, kernels::Format::F32);
  }

 protected:
  // --- forward
  void embed(nn::Compute c) override {
    const size_t half = hidden_size_ / heads_ / 2;
    c.kernels.gather(words_, ids_, rows(), hidden_, hidden_size_);
    embeddingNorm_(c, hidden_, rows(), hidden_);
    positions_ = c.arena.alloc<int32_t>(rows());
    for (size_t i = 0; positions_ && i < rows(); ++i) positions_[i] = int32_t(i % length_);
    for (const bool global : {false, true}) {  // cos and sin [T, D/2] of both kinds of layer
      float *cos = c.arena.alloc<float>(length_ * half), *sin = c.arena.alloc<float>(length_ * half);
      cos_[global] = cos;
      sin_[global] = sin;
      for (size_t t = 0; cos && sin && t < length_; ++t) {
        for (size_t i = 0; i < half; ++i) {
          const float angle = float(t) * float(1 / std::pow(double(theta_[global]), double(i) / double(half)));
          cos[t * half + i] = std::cos(angle);
          sin[t * half + i] = std::sin(angle);
        }
      }
    }
  }

  void layer(size_t index, nn::Compute c) override {
    const Arena::Mark mark = c.arena.mark();
    const Block& block = blocks_[index];
    const size_t m = rows(), e = hidden_size_, d = e / heads_;
    float* normed = c.arena.alloc<float>(m * e);   // [M, E]
    float* qkv = c.arena.alloc<float>(m * 3 * e);  // [M, 3E]
    if (!normed || !qkv || !positions_ || !sin_[1]) return;
    const float* x = hidden_;
    if (block.normed) {
      block.attentionNorm(c, hidden_, m, normed);
      x = normed;
    }
    kernels::Rows in(x, m, e);
    block.qkv(c, in, qkv);
    for (float* part : {qkv, qkv + e}) {
      c.kernels.rotary(part, m, 3 * e, heads_, d, d, positions_, cos_[block.global], sin_[block.global]);
    }
    nn::AttentionContext a = attention(1 / std::sqrt(float(d)));
    if (!block.global) a.window = int64_t(window_);
    c.kernels.attention(c.arena, nn::selfAttention(a, e, heads_, qkv, qkv + e, qkv + 2 * e, 3 * e, normed));
    kernels::Rows mixed(normed, m, e);
    block.out(c, mixed, hidden_, e, {.residual = hidden_, .residualStride = e});
    c.arena.release(mark);

    for (size_t from = 0; from < m; from += kRowBlock) {
      const size_t count = std::min(kRowBlock, m - from);
      float* h = hidden_ + from * e;
      float* y = c.arena.alloc<float>(count * e);
      float* wide = c.arena.alloc<float>(count * 2 * intermediate_);  // [block, 2I]: input | gate
      float* gated = c.arena.alloc<float>(count * intermediate_);     // [block, I]
      if (!y || !wide || !gated) return;
      block.mlpNorm(c, h, count, y);
      kernels::Rows up(y, count, e);
      block.gateUp(c, up, wide);
      c.kernels.gatedActivate(activation_, wide, count, intermediate_, gated);
      kernels::Rows down(gated, count, intermediate_);
      block.down(c, down, h, e, {.residual = h, .residualStride = e});
      c.arena.release(mark);
    }
  }
  void finish(nn::Compute c) override { finalNorm_(c, hidden_, rows(), hidden_); }
  const kernels::Matrix& wordEmbeddings() const override { return words_; }

 private:
  static constexpr size_t kRowBlock = 128;  // rows of the feed-forward block together, as in nn/encoder_layer

  // layer_types names each layer; older files have global_attn_every_n_layers.
  void readLayerTypes(ConfigReader& c) {
    const size_t every = c.size("global_attn_every_n_layers", 3, 512);
    const json::Value types = c.raw()["layer_types"];
    if (types && !types.isNull() && types.size() != layers_)
      c.invalid("layer_types", "layer_types must name every layer.");
    blocks_.resize(layers_);
    for (size_t i = 0; i < layers_; ++i) blocks_[i].global = i % every == 0;
    size_t i = 0;
    for (json::Value type : types.elements()) {
      if (i >= layers_) break;
      const std::string_view name = type.asString();
      if (name != "full_attention" && name != "sliding_attention")
        c.unsupported("layer_types", "the layer type \"" + std::string(name) + "\"");
      blocks_[i++].global = name == "full_attention";
    }
  }

  // rope_parameters per layer type; older files have global_rope_theta and local_rope_theta.
  void readRope(ConfigReader& c) {
    theta_[1] = c.number("global_rope_theta", 160000.f);
    theta_[0] = c.number("local_rope_theta", 10000.f);
    const json::Value scaling = c.raw()["rope_scaling"];
    if (scaling && !scaling.isNull()) c.unsupported("rope_scaling", "rope_scaling");
    const char* kinds[] = {"sliding_attention", "full_attention"};
    for (int global = 0; global < 2; ++global) {
      const json::Value rope = c.raw()["rope_parameters"][kinds[global]];
      if (!rope.isObject()) continue;
      if (rope["rope_type"].asString("default") != "default")
        c.unsupported("rope_parameters", "a rope_type other than default");
      if (rope["rope_theta"] && !rope["rope_theta"].isNumber())
        c.invalid("rope_parameters", "rope_theta must be a number.");
      theta_[global] = float(rope["rope_theta"].asNumber(theta_[global]));
    }
    if (!(theta_[0] > 0) || !(theta_[1] > 0)) c.invalid("rope_parameters", "rope_theta must be positive.");
  }

  bool tied_ = true, decoderBias_ = true;
  nn::Bias normBias_, attentionBias_, mlpBias_, classifierBias_;
  float eps_ = 1e-5f, theta_[2] = {10000.f, 160000.f};
  size_t heads_ = 0, intermediate_ = 0, window_ = 64;
  kernels::Activation activation_, classifierActivation_;
  kernels::Matrix words_;
  nn::Norm embeddingNorm_, finalNorm_;
  std::vector<Block> blocks_;
  int32_t* positions_ = nullptr;
  const float *cos_[2] = {}, *sin_[2] = {};
};

}  // namespace

Result<std::unique_ptr<Model>> createModernBert(json::Value config, const Request& request) {
  return createFamily<ModernBert>(config, request);
}

}  // namespace wasmformers::arch
