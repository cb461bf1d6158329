// ALBERT (Lan et al. 2019, arXiv:1909.11942): small embeddings that are projected up, and layers that share their
// weights in groups. After transformers modeling_albert.py.
#include "arch/encoders/bert_like.h"

namespace wasmformers::arch {
namespace {

constexpr nn::EncoderLayerNames kLayerNames = {"attention.query", "attention.key",        "attention.value",
                                               "attention.dense", "attention.LayerNorm",  "ffn",
                                               "ffn_output",      "full_layer_layer_norm"};

constexpr HeadNames kHeads[] = {
    {.head = Head::Base, .pooler = "pooler"},
    {.head = Head::SequenceClassification, .pooler = "pooler", .out = "classifier"},
    {.head = Head::MultipleChoice, .pooler = "pooler", .out = "classifier"},
    {.head = Head::TokenClassification, .out = "classifier"},
    {.head = Head::QuestionAnswering, .out = "qa_outputs"},
    {.head = Head::MaskedLM,
     .dense = "predictions.dense",
     .norm = "predictions.LayerNorm",
     .out = "predictions.decoder",
     .bias = "predictions.bias"},
};

class Albert : public BertLike {
 public:
  // --- configuration
  Albert(ConfigReader& c, const Request& r)
      : BertLike(c, r, kHeads,
                 {.vocabulary = 30000, .hidden = 4096, .heads = 64, .inner = 16384, .activation = "gelu_new"}) {
    embeddingSize_ = c.size("embedding_size", 128, 1 << 16);
    groups_ = c.size("num_hidden_groups", 1, 512);
    inner_ = c.size("inner_group_num", 1, 64);
    if (groups_ > layers_) c.invalid("num_hidden_groups", "num_hidden_groups is larger than num_hidden_layers.");
    absolutePositionsOnly(c);
    blocks_.resize(c.ok() ? groups_ * inner_ : 0);
  }

  // --- weights
  void declare(weights::Weights& w) override {
    w.basePrefix("albert.");
    declareEmbeddings(w, "encoder.embedding_hidden_mapping_in");
    for (size_t i = 0; i < blocks_.size(); ++i) {
      blocks_[i].declare(w,
                         "encoder.albert_layer_groups." + std::to_string(i / inner_) + ".albert_layers." +
                             std::to_string(i % inner_) + ".",
                         kLayerNames, shape_);
    }
    declareHead(w);
  }

 protected:
  // --- forward: each layer runs its group's blocks, h = norm(h + attention(h)); h = norm(h + feedForward(h))
  void layer(size_t i, nn::Compute c) override {
    const size_t group = i * groups_ / layers_;
    for (size_t j = 0; j < inner_; ++j) BertLike::layer(group * inner_ + j, c);
  }

 private:
  size_t groups_ = 1, inner_ = 1;
};

}  // namespace

Result<std::unique_ptr<Model>> createAlbert(json::Value config, const Request& request) {
  return createFamily<Albert>(config, request);
}

}  // namespace wasmformers::arch
