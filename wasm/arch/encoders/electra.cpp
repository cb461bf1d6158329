// ELECTRA's discriminator and generator (Clark et al. 2020, arXiv:2003.10555): BERT with embeddings of a size
// of their own and without a pooler. Names and heads after transformers modeling_electra.py. Not here: the
// discriminator's own head (ForPreTraining), ELECTRA as a decoder.
#include <cmath>

#include "arch/encoders/families.h"
#include "arch/encoders/text_encoder.h"
#include "nn/embeddings.h"

namespace wasmformers::arch {
namespace {

class Electra : public TextEncoder {
 public:
  // --- configuration
  Electra(ConfigReader& c, const Request& r) : TextEncoder(c, r, 30522) {
    hidden_size_ = c.size("hidden_size", 256, 1 << 16);
    embeddingSize_ = c.size("embedding_size", 128, 1 << 16);
    const size_t heads = c.size("num_attention_heads", 4, 1024);
    c.divides("num_attention_heads", heads, "hidden_size", hidden_size_);
    shape_ = {hidden_size_,
              heads,
              c.size("intermediate_size", 1024, 1 << 20),
              c.activation("hidden_act", "gelu"),
              c.epsilon("layer_norm_eps", 1e-12f),
              r.format};
    layers_ = c.size("num_hidden_layers", 12, 512);
    maxLength_ = c.size("max_position_embeddings", 512, 1 << 20);
    typeVocabulary_ = c.size("type_vocab_size", 2, 1 << 16);
    tied_ = c.flag("tie_word_embeddings", true);
    absolutePositionsOnly(c);
    if (r.head == Head::MultipleChoice) readSummary(c);
    blocks_.resize(layers_);
  }

  // --- weights
  void declare(nn::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hidden_size_;
    w.basePrefix("electra.");
    const bool decodes = request_.head == Head::MaskedLM && tied_;
    embeddings_.declare(w, "embeddings.",
                        {vocabulary_, embeddingSize_, maxLength_, typeVocabulary_, shape_.normEps, decodes}, f);
    if (embeddingSize_ != e) project_.declare(w, "embeddings_project", e, embeddingSize_, f);
    for (size_t i = 0; i < layers_; ++i) {
      blocks_[i].declare(w, "encoder.layer." + std::to_string(i) + ".", nn::kBertLayerNames, shape_);
    }
    switch (request_.head) {
      case Head::CausalLM:  // refused by TextEncoder
      case Head::Base: return;
      case Head::SequenceClassification:  // ElectraClassificationHead
        classifier_.hasDense = true;
        classifier_.activation = kernels::Activation::Gelu;
        classifier_.dense.declare(w, "classifier.dense", e, e, f);
        classifier_.out.declare(w, "classifier.out_proj", labels_, e, kernels::Format::F32);
        return;
      case Head::MultipleChoice:  // ElectraSequenceSummary of the first token
        classifier_.hasDense = true;
        classifier_.activation = summaryActivation_;
        classifier_.dense.declare(w, "sequence_summary.summary", e, e, f);
        classifier_.out.declare(w, "classifier", 1, e, kernels::Format::F32);
        return;
      case Head::TokenClassification: declareTokenHead(w, "classifier"); return;
      case Head::QuestionAnswering: declareTokenHead(w, "qa_outputs"); return;
      case Head::MaskedLM:  // the generator
        lm_.activation = kernels::Activation::Gelu;
        lm_.declare(w,
                    {"generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head",
                     "generator_lm_head.bias"},
                    e, embeddingSize_, vocabulary_, shape_.normEps, f, tied_);
        return;
    }
  }

 protected:
  // --- forward
  void embed(nn::Compute c) override {
    if (embeddingSize_ == hidden_size_) {
      embeddings_(c, ids_, nullptr, typeIds_, rows(), length_, hidden_);
      return;
    }
    const Arena::Mark mark = c.arena.mark();
    float* small = c.arena.alloc<float>(rows() * embeddingSize_);  // [M, embedding]
    if (!small) return;
    embeddings_(c, ids_, nullptr, typeIds_, rows(), length_, small);
    kernels::Rows x(small, rows(), embeddingSize_);
    project_(c, x, hidden_);
    c.arena.release(mark);
  }
  void layer(size_t i, nn::Compute c) override {
    blocks_[i](c, attention(1 / std::sqrt(float(hidden_size_ / shape_.heads))), hidden_);
  }
  const kernels::Matrix& wordEmbeddings() const override { return embeddings_.word; }

 private:
  // ElectraSequenceSummary's options; every ELECTRA on the Hub has the defaults.
  void readSummary(ConfigReader& c) {
    summaryActivation_ = c.activation("summary_activation", "gelu");
    if (c.text("summary_type", "first") != "first") {
      c.unsupported("summary_type", "a summary_type other than first");
    }
    if (!c.flag("summary_use_proj", true)) c.unsupported("summary_use_proj", "summary_use_proj false");
    if (c.flag("summary_proj_to_labels", false)) {
      c.unsupported("summary_proj_to_labels", "summary_proj_to_labels");
    }
  }

  bool tied_ = true;
  size_t embeddingSize_ = 0;
  kernels::Activation summaryActivation_ = kernels::Activation::Gelu;
  nn::EncoderShape shape_;
  nn::Embeddings embeddings_;
  nn::Linear project_;
  std::vector<nn::EncoderLayer> blocks_;
};

}  // namespace

Result<std::unique_ptr<Model>> createElectra(json::Value config, const Request& request) {
  return createFamily<Electra>(config, request);
}

}  // namespace wasmformers::arch
