// RoBERTa (Liu et al. 2019, arXiv:1907.11692), XLM-RoBERTa and CamemBERT: BERT with positions counted from
// padding_idx + 1 and heads of their own. After transformers modeling_roberta.py.
#include <cmath>

#include "arch/encoders/families.h"
#include "arch/encoders/text_encoder.h"
#include "nn/embeddings.h"

namespace wasmformers::arch {
namespace {

class Roberta : public TextEncoder {
 public:
  // --- configuration
  Roberta(ConfigReader& c, const Request& r)
      : TextEncoder(c, r, c.text("model_type", "") == "roberta" ? 50265 : 30522) {
    hidden_size_ = c.size("hidden_size", 768, 1 << 16);
    const size_t heads = c.size("num_attention_heads", 12, 1024);
    c.divides("num_attention_heads", heads, "hidden_size", hidden_size_);
    shape_ = {hidden_size_,
              heads,
              c.size("intermediate_size", 3072, 1 << 20),
              c.activation("hidden_act", "gelu"),
              c.epsilon("layer_norm_eps", 1e-12f),
              r.format};
    layers_ = c.size("num_hidden_layers", 12, 512);
    positions_ = c.size("max_position_embeddings", 512, 1 << 20);
    padId_ = c.size("pad_token_id", 1, 1 << 27, 0);
    if (padId_ + 1 >= positions_) c.invalid("pad_token_id", "pad_token_id leaves no positions.");
    maxLength_ = positions_ - std::min(padId_ + 1, positions_ - 1);
    typeVocabulary_ = c.size("type_vocab_size", 2, 1 << 16);
    tied_ = c.flag("tie_word_embeddings", true);
    absolutePositionsOnly(c);
    blocks_.resize(layers_);
  }

  // --- weights
  void declare(nn::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hidden_size_;
    w.basePrefix("roberta.");
    embeddings_.declare(
        w, "embeddings.",
        {vocabulary_, e, positions_, typeVocabulary_, shape_.normEps, request_.head == Head::MaskedLM && tied_}, f);
    for (size_t i = 0; i < layers_; ++i)
      blocks_[i].declare(w, "encoder.layer." + std::to_string(i) + ".", nn::kBertLayerNames, shape_);
    switch (request_.head) {
      case Head::CausalLM:  // refused by TextEncoder
      case Head::Base: pooler_.declare(w, "pooler.dense", e, e, f, nn::Bias::Yes, nn::Need::Optional); return;
      case Head::SequenceClassification:  // RobertaClassificationHead
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
    int32_t* positions = c.arena.alloc<int32_t>(rows());
    if (!positions) return;
    robertaPositions(ids_, batch_, length_, int32_t(padId_), positions);
    embeddings_(c, ids_, positions, typeIds_, rows(), length_, hidden_);
  }
  void layer(size_t i, nn::Compute c) override {
    blocks_[i](c, attention(1 / std::sqrt(float(hidden_size_ / shape_.heads))), hidden_);
  }
  const kernels::Matrix& wordEmbeddings() const override { return embeddings_.word; }

 private:
  bool tied_ = true;
  size_t positions_ = 0, padId_ = 1;
  nn::EncoderShape shape_;
  nn::Embeddings embeddings_;
  std::vector<nn::EncoderLayer> blocks_;
};

}  // namespace

Result<std::unique_ptr<Model>> createRoberta(json::Value config, const Request& request) {
  return createFamily<Roberta>(config, request);
}

}  // namespace wasmformers::arch
