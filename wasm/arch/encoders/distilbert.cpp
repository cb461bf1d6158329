// DistilBERT (Sanh et al. 2019, arXiv:1910.01108): BERT without token types and pooler, half as deep. After
// transformers modeling_distilbert.py.
#include <cmath>

#include "arch/encoders/families.h"
#include "arch/encoders/text_encoder.h"
#include "nn/embeddings.h"

namespace wasmformers::arch {
namespace {

constexpr nn::EncoderLayerNames kLayerNames = {"attention.q_lin",   "attention.k_lin",  "attention.v_lin",
                                               "attention.out_lin", "sa_layer_norm",    "ffn.lin1",
                                               "ffn.lin2",          "output_layer_norm"};

class DistilBert : public TextEncoder {
 public:
  // --- configuration
  DistilBert(ConfigReader& c, const Request& r) : TextEncoder(c, r, 30522) {
    hidden_size_ = c.size("dim", 768, 1 << 16);
    const size_t heads = c.size("n_heads", 12, 1024);
    c.divides("n_heads", heads, "dim", hidden_size_);
    shape_ = {hidden_size_, heads,   c.size("hidden_dim", 3072, 1 << 20), c.activation("activation", "gelu"),
              1e-12f,       r.format};
    layers_ = c.size("n_layers", 6, 512);
    maxLength_ = c.size("max_position_embeddings", 512, 1 << 20);
    tied_ = c.flag("tie_word_embeddings", true);
    blocks_.resize(layers_);
  }

  // --- weights
  void declare(nn::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hidden_size_;
    w.basePrefix("distilbert.");
    embeddings_.declare(w, "embeddings.",
                        {vocabulary_, e, maxLength_, 0, 1e-12f, request_.head == Head::MaskedLM && tied_}, f);
    for (size_t i = 0; i < layers_; ++i)
      blocks_[i].declare(w, "transformer.layer." + std::to_string(i) + ".", kLayerNames, shape_);
    switch (request_.head) {
      case Head::CausalLM:  // refused by TextEncoder
      case Head::Base: return;
      case Head::SequenceClassification:
      case Head::MultipleChoice:
        classifier_.hasDense = true;
        classifier_.activation = kernels::Activation::Relu;
        classifier_.dense.declare(w, "pre_classifier", e, e, f);
        classifier_.out.declare(w, "classifier", request_.head == Head::MultipleChoice ? 1 : labels_, e,
                                kernels::Format::F32);
        return;
      case Head::TokenClassification: declareTokenHead(w, "classifier"); return;
      case Head::QuestionAnswering: declareTokenHead(w, "qa_outputs"); return;
      case Head::MaskedLM:
        lm_.activation = shape_.activation;
        lm_.declare(w, {"vocab_transform", "vocab_layer_norm", "vocab_projector", "vocab_projector.bias"}, e, e,
                    vocabulary_, 1e-12f, f, tied_);
        return;
    }
  }

 protected:
  // --- forward
  void embed(nn::Compute c) override { embeddings_(c, ids_, nullptr, nullptr, rows(), length_, hidden_); }
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

Result<std::unique_ptr<Model>> createDistilBert(json::Value config, const Request& request) {
  return createFamily<DistilBert>(config, request);
}

}  // namespace wasmformers::arch
