// ModernBERT (Warner et al. 2024, arXiv:2412.13663): pre-norm layers without biases, rotary positions, a gated
// feed-forward part (GeGLU), and attention that is global in every n-th layer and a sliding window elsewhere. After
// transformers modeling_modernbert.py. Padding is masked, not removed as the original's flash path does.
#include <cmath>

#include "arch/encoders/text_encoder.h"
#include "nn/row_blocks.h"

namespace wasmformers::arch {
namespace {

struct Block {
  nn::Norm attentionNorm, mlpNorm;
  nn::Linear qkv, out, gateUp, down;
  bool normed = true, global = true;  // the first layer takes the embeddings' norm for its own
};

// ModernBertPredictionHead (dense, norm), then the output layer, in all heads.
constexpr HeadNames kHeads[] = {
    {.head = Head::Base},
    {.head = Head::SequenceClassification, .dense = "head.dense", .norm = "head.norm", .out = "classifier"},
    {.head = Head::MultipleChoice, .dense = "head.dense", .norm = "head.norm", .out = "classifier"},
    {.head = Head::TokenClassification, .dense = "head.dense", .norm = "head.norm", .out = "classifier"},
    {.head = Head::QuestionAnswering, .dense = "head.dense", .norm = "head.norm", .out = "classifier"},
    {.head = Head::MaskedLM, .dense = "head.dense", .norm = "head.norm", .out = "decoder", .bias = "decoder.bias"},
};

class ModernBert : public TextEncoder {
 public:
  // --- configuration
  ModernBert(ConfigReader& c, const Request& r) : TextEncoder(c, r, kHeads, 50368) {
    hiddenSize_ = c.size("hidden_size", 768, 1 << 16);
    heads_ = c.size("num_attention_heads", 12, 1024);
    c.divides("num_attention_heads", heads_, "hidden_size", hiddenSize_);
    if ((hiddenSize_ / heads_) % 2) c.invalid("num_attention_heads", "rotary positions need heads of an even size.");
    intermediate_ = c.size("intermediate_size", 1152, 1 << 20);
    layers_ = c.size("num_hidden_layers", 22, 512);
    maxLength_ = trainedLength_ = c.size("max_position_embeddings", 8192, 1 << 20);
    eps_ = c.epsilon("norm_eps", 1e-5f);
    window_ = c.size("local_attention", 128, 1 << 20) / 2;
    activation_ = c.activation("hidden_activation", "gelu");
    head_.activation = c.activation("classifier_activation", "gelu");
    head_.wordTable = "embeddings.tok_embeddings.weight";
    normBias_ = head_.normBias = c.flag("norm_bias", false) ? nn::Bias::Yes : nn::Bias::No;
    attentionBias_ = c.flag("attention_bias", false) ? nn::Bias::Yes : nn::Bias::No;
    mlpBias_ = c.flag("mlp_bias", false) ? nn::Bias::Yes : nn::Bias::No;
    head_.denseBias = c.flag("classifier_bias", false) ? nn::Bias::Yes : nn::Bias::No;
    if (!c.flag("decoder_bias", true)) head_.names.bias = nullptr;
    const std::string_view pooling = c.text("classifier_pooling", "cls");
    head_.meanOfTokens = pooling == "mean";
    head_.leftPaddedChoices = true;
    if (!head_.meanOfTokens && pooling != "cls")
      c.unsupported("classifier_pooling", "the pooling \"" + std::string(pooling) + "\"");
    readLayerTypes(c);
    readRope(c);
  }

  // --- weights
  void declare(weights::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hiddenSize_;
    w.basePrefix("model.");
    w.matrix("embeddings.tok_embeddings.weight", words_, vocabulary_, e, f,
             tableDecodes() ? kernels::Use::Both : kernels::Use::Lookup);
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
    declareHead(w, e, eps_, tied_);
  }

 protected:
  // --- forward
  void embed(nn::Compute c) override {
    const size_t half = hiddenSize_ / heads_ / 2;
    c.kernels.gather(words_, ids_, rows(), hidden_, hiddenSize_);
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

  // h += attention(norm(h)); h += feedForward(norm(h))
  void layer(size_t index, nn::Compute c) override {
    attend(blocks_[index], c);
    nn::inRowBlocks(c.arena, rows(), [&](size_t from, size_t count) {
      feedForward(blocks_[index], c, hidden_ + from * hiddenSize_, count);
    });
  }
  void finish(nn::Compute c) override { finalNorm_(c, hidden_, rows(), hidden_); }
  const kernels::Matrix& wordEmbeddings() const override { return words_; }

 private:
  // hidden += out(attention(norm(hidden)))
  void attend(const Block& block, nn::Compute c) {
    const Arena::Mark mark = c.arena.mark();
    const size_t m = rows(), e = hiddenSize_, d = e / heads_;
    float* normed = c.arena.alloc<float>(m * e);   // [M, E]
    float* qkv = c.arena.alloc<float>(m * 3 * e);  // [M, 3E]
    if (!normed || !qkv || !positions_ || !sin_[1]) return;
    if (block.normed) block.attentionNorm(c, hidden_, m, normed);
    kernels::Rows in(block.normed ? normed : hidden_, m, e);
    block.qkv(c, in, qkv);
    for (float* part : {qkv, qkv + e}) {
      c.kernels.rotary(part, m, 3 * e, heads_, d, d, positions_, cos_[block.global], sin_[block.global]);
    }
    nn::AttentionContext a = attention(1 / std::sqrt(float(d)));
    if (!block.global) a.window = int64_t(window_);
    float* mixed = normed;  // the projections have read it
    c.kernels.attention(c.arena, nn::selfAttention(a, e, heads_, qkv, qkv + e, qkv + 2 * e, 3 * e, mixed));
    kernels::Rows out(mixed, m, e);
    block.out(c, out, hidden_, e, {.residual = hidden_, .residualStride = e});
    c.arena.release(mark);
  }

  // h += down(act(gate(norm(h))) · up(norm(h))) for `count` rows
  void feedForward(const Block& block, nn::Compute c, float* h, size_t count) const {
    const size_t e = hiddenSize_;
    float* normed = c.arena.alloc<float>(count * e);
    float* wide = c.arena.alloc<float>(count * 2 * intermediate_);  // [count, 2I]: gate | up
    float* gated = c.arena.alloc<float>(count * intermediate_);     // [count, I]
    if (!normed || !wide || !gated) return;
    block.mlpNorm(c, h, count, normed);
    kernels::Rows in(normed, count, e);
    block.gateUp(c, in, wide);
    c.kernels.gatedActivate(activation_, wide, count, intermediate_, gated);
    kernels::Rows down(gated, count, intermediate_);
    block.down(c, down, h, e, {.residual = h, .residualStride = e});
  }

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

  nn::Bias normBias_, attentionBias_, mlpBias_;
  float eps_ = 1e-5f, theta_[2] = {10000.f, 160000.f};
  size_t heads_ = 0, intermediate_ = 0, window_ = 64;
  kernels::Activation activation_;
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
