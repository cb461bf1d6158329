// BERT (Devlin et al. 2018, arXiv:1810.04805). Names and heads after transformers modeling_bert.py. Not here:
// BERT as a decoder, relative position embeddings.
#include <cmath>

#include "arch/encoders/families.h"
#include "arch/encoders/text_encoder.h"
#include "nn/embeddings.h"

namespace wasmformers::arch {
namespace {

class Bert : public TextEncoder {
 public:
  // --- configuration
  Bert(ConfigReader& c, const Request& r) : TextEncoder(c, r, 30522) {
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
    maxLength_ = c.size("max_position_embeddings", 512, 1 << 20);
    typeVocabulary_ = c.size("type_vocab_size", 2, 1 << 16);
    tied_ = c.flag("tie_word_embeddings", true);
    absolutePositionsOnly(c);
    blocks_.resize(layers_);
  }

  // --- weights
  void declare(nn::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hidden_size_;
    w.basePrefix("bert.");
    const bool decodes = request_.head == Head::MaskedLM && tied_;
    embeddings_.declare(w, "embeddings.", {vocabulary_, e, maxLength_, typeVocabulary_, shape_.normEps, decodes}, f);
    for (size_t i = 0; i < layers_; ++i) {
      blocks_[i].declare(w, "encoder.layer." + std::to_string(i) + ".", nn::kBertLayerNames, shape_);
    }
    switch (request_.head) {
      case Head::CausalLM:  // refused by TextEncoder
      case Head::Base: pooler_.declare(w, "pooler.dense", e, e, f, nn::Bias::Yes, nn::Need::Optional); return;
      case Head::SequenceClassification:
      case Head::MultipleChoice:
        pooler_.declare(w, "pooler.dense", e, e, f);
        classifier_.out.declare(w, "classifier", request_.head == Head::MultipleChoice ? 1 : labels_, e,
                                kernels::Format::F32);
        classifierOnPooled_ = true;
        return;
      case Head::TokenClassification: declareTokenHead(w, "classifier"); return;
      case Head::QuestionAnswering: declareTokenHead(w, "qa_outputs"); return;
      case Head::MaskedLM:
        lm_.activation = shape_.activation;
        lm_.declare(w,
                    {"cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
                     "cls.predictions.decoder", "cls.predictions.bias"},
                    e, e, vocabulary_, shape_.normEps, f, tied_);
        return;
    }
  }

 protected:
  // --- forward
  void embed(nn::Compute c) override { embeddings_(c, ids_, nullptr, typeIds_, rows(), length_, hidden_); }
  void layer(size_t i, nn::Compute c) override {
    blocks_[i](c, attention(1 / std::sqrt(float(hidden_size_ / shape_.heads))), hidden_);
  }
  const kernels::Matrix& wordEmbeddings() const override { return embeddings_.word; }

 private:
  bool tied_ = true;
  nn::EncoderShape shape_;
  nn::Embeddings embeddings_;
  std::vector<nn::EncoderLayer> blocks_;
};

}  // namespace

Result<std::unique_ptr<Model>> createBert(json::Value config, const Request& request) {
  return createFamily<Bert>(config, request);
}

}  // namespace wasmformers::arch
