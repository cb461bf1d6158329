// MPNet (Song et al. 2020, arXiv:2004.09297): RoBERTa's embeddings without token types, and T5's relative position
// buckets as one bias that all layers share. After transformers modeling_mpnet.py.
#include "arch/encoders/bert_like.h"
#include "nn/relative_position.h"

namespace wasmformers::arch {
namespace {

constexpr nn::EncoderLayerNames kLayerNames = {"attention.attn.q", "attention.attn.k",    "attention.attn.v",
                                               "attention.attn.o", "attention.LayerNorm", "intermediate.dense",
                                               "output.dense",     "output.LayerNorm"};
// The reference always passes these two, whatever relative_attention_num_buckets says about the table's size.
constexpr int32_t kBuckets = 32, kMaxDistance = 128;
// Positions begin after padding_idx, which is 1 in this family whatever pad_token_id says (MPNetEmbeddings).
constexpr size_t kPadId = 1;

class MPNet : public BertLike {
 public:
  // --- configuration
  MPNet(ConfigReader& c, const Request& r)
      : BertLike(c, r, kRobertaHeads, {.vocabulary = 30527, .typesField = nullptr}) {
    buckets_ = c.size("relative_attention_num_buckets", 32, 1 << 12, kBuckets);
    if (positions_ <= kPadId + 1)
      c.invalid("max_position_embeddings", "max_position_embeddings must be larger than 2.");
    startPositionsAfter(kPadId);
    squares_ = shape_.heads;
  }

  // --- weights
  void declare(weights::Weights& w) override {
    w.basePrefix("mpnet.");
    declareEmbeddings(w);
    w.vector("encoder.relative_attention_bias.weight", relativeBias_, {int64_t(buckets_), int64_t(shape_.heads)});
    declareLayers(w, "encoder.layer.", kLayerNames);
    declareHead(w);
  }

 protected:
  // --- forward: h = norm(h + attention(h, bias)); h = norm(h + feedForward(h))
  void embed(nn::Compute c) override {
    bias_ = c.arena.alloc<float>(shape_.heads * length_ * length_);  // [1, H, T, T], lives through the pass
    const int32_t* positions = positionsAfter(c, int32_t(kPadId));
    if (!bias_ || !positions) return;
    nn::t5Bias(relativeBias_, shape_.heads, kBuckets, kMaxDistance, length_, bias_);
    embedAt(c, positions);
  }
  void layer(size_t i, nn::Compute c) override {
    nn::AttentionContext a = attention(scale());
    a.bias = bias_;
    a.biasHeadStride = length_ * length_;
    blocks_[i](c, a, hidden_);
  }

 private:
  size_t buckets_ = 32;
  weights::Vector relativeBias_;  // [buckets, H]
  float* bias_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Model>> createMPNet(json::Value config, const Request& request) {
  return createFamily<MPNet>(config, request);
}

}  // namespace wasmformers::arch
