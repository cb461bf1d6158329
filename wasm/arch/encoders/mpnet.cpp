// MPNet (Song et al. 2020, arXiv:2004.09297): RoBERTa's embeddings without token types, and T5's relative
// position buckets as one bias shared by all layers. After transformers modeling_mpnet.py.
#include <cmath>

#include "arch/encoders/families.h"
#include "arch/encoders/text_encoder.h"
#include "nn/embeddings.h"
#include "nn/relative_position.h"

namespace wasmformers::arch {
namespace {

constexpr nn::EncoderLayerNames kLayerNames = {"attention.attn.q", "attention.attn.k",    "attention.attn.v",
                                               "attention.attn.o", "attention.LayerNorm", "intermediate.dense",
                                               "output.dense",     "output.LayerNorm"};
// The reference passes these two by default, whatever relative_attention_num_buckets says about the table's
// size.
constexpr int32_t kBuckets = 32, kMaxDistance = 128;

class MPNet : public TextEncoder {
 public:
  // --- configuration
  MPNet(ConfigReader& c, const Request& r) : TextEncoder(c, r, 30527) {
    hidden_size_ = c.size("hidden_size", 768, 1 << 16);
    heads_ = c.size("num_attention_heads", 12, 1024);
    c.divides("num_attention_heads", heads_, "hidden_size", hidden_size_);
    shape_ = {hidden_size_,
              heads_,
              c.size("intermediate_size", 3072, 1 << 20),
              c.activation("hidden_act", "gelu"),
              c.epsilon("layer_norm_eps", 1e-12f),
              r.format};
    layers_ = c.size("num_hidden_layers", 12, 512);
    positions_ = c.size("max_position_embeddings", 512, 1 << 20);
    buckets_ = c.size("relative_attention_num_buckets", 32, 1 << 12, kBuckets);
    // Positions start behind padding_idx, which is 1 in this family whatever pad_token_id says.
    if (positions_ <= kPadId + 1)
      c.invalid("max_position_embeddings", "max_position_embeddings must be larger than 2.");
    maxLength_ = positions_ - std::min(kPadId + 1, positions_ - 1);
    squares_ = heads_;
    tied_ = c.flag("tie_word_embeddings", true);
    blocks_.resize(layers_);
  }

  // --- weights
  void declare(nn::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hidden_size_;
    w.basePrefix("mpnet.");
    embeddings_.declare(w, "embeddings.",
                        {vocabulary_, e, positions_, 0, shape_.normEps, request_.head == Head::MaskedLM && tied_}, f);
    w.vector("encoder.relative_attention_bias.weight", relativeBias_, {int64_t(buckets_), int64_t(heads_)});
    for (size_t i = 0; i < layers_; ++i)
      blocks_[i].declare(w, "encoder.layer." + std::to_string(i) + ".", kLayerNames, shape_);
    switch (request_.head) {
      case Head::CausalLM:  // refused by TextEncoder
      case Head::Base: pooler_.declare(w, "pooler.dense", e, e, f, nn::Bias::Yes, nn::Need::Optional); return;
      case Head::SequenceClassification:  // MPNetClassificationHead
        classifier_.hasDense = true;
        classifier_.activation = kernels::Activation::Tanh;
        classifier_.dense.declare(w, "classifier.dense", e, e, f);
        classifier_.out.declare(w, "classifier.out_proj", labels_, e, kernels::Format::F32);
        return;
      case Head::MultipleChoice:
        pooler_.declare(w, "pooler.dense", e, e, f);
        classifier_.out.declare(w, "classifier", 1, e, kernels::Format::F32);
        classifierOnPooled_ = true;
        return;
      case Head::TokenClassification: declareTokenHead(w, "classifier"); return;
      case Head::QuestionAnswering: declareTokenHead(w, "qa_outputs"); return;
      case Head::MaskedLM:
        lm_.declare(w, {"lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias"}, e, e, vocabulary_,
                    shape_.normEps, f, tied_);
        return;
    }
  }

 protected:
  // --- forward
  void embed(nn::Compute c) override {
    bias_ = c.arena.alloc<float>(heads_ * length_ * length_);  // [1, H, T, S], lives through the pass
    int32_t* positions = c.arena.alloc<int32_t>(rows());
    if (!bias_ || !positions) return;
    nn::t5Bias(relativeBias_, heads_, kBuckets, kMaxDistance, length_, bias_);
    robertaPositions(ids_, batch_, length_, int32_t(kPadId), positions);
    embeddings_(c, ids_, positions, nullptr, rows(), length_, hidden_);
  }
  void layer(size_t i, nn::Compute c) override {
    nn::AttentionContext a = attention(1 / std::sqrt(float(hidden_size_ / heads_)));
    a.bias = bias_;
    a.biasHeadStride = length_ * length_;
    blocks_[i](c, a, hidden_);
  }
  const kernels::Matrix& wordEmbeddings() const override { return embeddings_.word; }

 private:
  static constexpr size_t kPadId = 1;
  bool tied_ = true;
  size_t heads_ = 0, positions_ = 0, buckets_ = 32;
  nn::EncoderShape shape_;
  nn::Embeddings embeddings_;
  nn::Vector relativeBias_;  // [buckets, H]
  std::vector<nn::EncoderLayer> blocks_;
  float* bias_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Model>> createMPNet(json::Value config, const Request& request) {
  return createFamily<MPNet>(config, request);
}

}  // namespace wasmformers::arch
