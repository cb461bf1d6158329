// BERT (Devlin et al. 2018, arXiv:1810.04805), and ELECTRA's discriminator and generator, which are BERT with
// embeddings of a size of their own (Clark et al. 2020, arXiv:2003.10555). Names and heads after transformers
// modeling_bert.py and modeling_electra.py. Not here: BERT as a decoder, relative position embeddings.
#include <cmath>

#include "arch/families.h"
#include "arch/text_encoder.h"
#include "nn/embeddings.h"

namespace wasmformers::arch {
namespace {

constexpr nn::EncoderLayerNames kLayerNames = {
    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
    "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"};

class Bert : public TextEncoder {
 public:
  // --- configuration
  Bert(ConfigReader& c, const Request& r, bool electra) : TextEncoder(c, r, 30522), electra_(electra) {
    const size_t hidden = c.size("hidden_size", electra ? 256 : 768, 1 << 16);
    const size_t heads = c.size("num_attention_heads", electra ? 4 : 12, 1024);
    c.divides("num_attention_heads", heads, "hidden_size", hidden);
    shape_ = {hidden, heads, c.size("intermediate_size", electra ? 1024 : 3072, 1 << 20), c.activation("hidden_act", "gelu"),
              c.epsilon("layer_norm_eps", 1e-12f), r.format};
    embeddingSize_ = electra ? c.size("embedding_size", 128, 1 << 16) : hidden;
    hidden_size_ = hidden;
    layers_ = c.size("num_hidden_layers", 12, 512);
    maxLength_ = c.size("max_position_embeddings", 512, 1 << 20);
    typeVocabulary_ = c.size("type_vocab_size", 2, 1 << 16);
    tied_ = c.flag("tie_word_embeddings", true);
    absolutePositionsOnly(c);
    if (electra && r.head == Head::MultipleChoice) readSummary(c);
    blocks_.resize(layers_);
  }

  // --- weights
  void declare(nn::Weights& w) override {
    const kernels::Format f = request_.format;
    w.basePrefix(electra_ ? "electra." : "bert.");
    const bool lm = request_.head == Head::MaskedLM;
    embeddings_.declare(w, "embeddings.", {vocabulary_, embeddingSize_, maxLength_, typeVocabulary_, shape_.normEps, lm && tied_}, f);
    if (embeddingSize_ != hidden_size_) projectEmbeddings_.declare(w, "embeddings_project", hidden_size_, embeddingSize_, f);
    for (size_t i = 0; i < layers_; ++i) blocks_[i].declare(w, "encoder.layer." + std::to_string(i) + ".", kLayerNames, shape_);
    if (electra_) declareElectraHead(w);
    else declareBertHead(w);
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
    projectEmbeddings_(c, x, hidden_);
    c.arena.release(mark);
  }
  void layer(size_t i, nn::Compute c) override {
    blocks_[i](c, attention(1 / std::sqrt(float(hidden_size_ / shape_.heads))), hidden_);
  }
  const kernels::Matrix& wordEmbeddings() const override { return embeddings_.word; }

 private:
  void declareBertHead(nn::Weights& w) {
    const kernels::Format f = request_.format;
    switch (request_.head) {
      case Head::Base: pooler_.declare(w, "pooler.dense", hidden_size_, hidden_size_, f, nn::Bias::Yes, nn::Need::Optional); return;
      case Head::SequenceClassification:
      case Head::MultipleChoice:
        pooler_.declare(w, "pooler.dense", hidden_size_, hidden_size_, f);
        classifier_.out.declare(w, "classifier", request_.head == Head::MultipleChoice ? 1 : labels_, hidden_size_, kernels::Format::F32);
        classifierOnPooled_ = true;
        return;
      case Head::TokenClassification: declareTokenHead(w, "classifier"); return;
      case Head::QuestionAnswering: declareTokenHead(w, "qa_outputs"); return;
      case Head::MaskedLM:
        lm_.activation = shape_.activation;
        lm_.declare(w, {"cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder", "cls.predictions.bias"},
                    hidden_size_, hidden_size_, vocabulary_, shape_.normEps, f, tied_);
        return;
    }
  }
  // ElectraSequenceSummary's options; every ELECTRA on the Hub has the defaults.
  void readSummary(ConfigReader& c) {
    summaryActivation_ = c.activation("summary_activation", "gelu");
    if (c.text("summary_type", "first") != "first") c.unsupported("summary_type", "a summary_type other than first");
    if (!c.flag("summary_use_proj", true)) c.unsupported("summary_use_proj", "summary_use_proj false");
    if (c.flag("summary_proj_to_labels", false)) c.unsupported("summary_proj_to_labels", "summary_proj_to_labels");
  }
  void declareElectraHead(nn::Weights& w) {
    const kernels::Format f = request_.format;
    classifier_.hasDense = request_.head == Head::SequenceClassification || request_.head == Head::MultipleChoice;
    switch (request_.head) {
      case Head::Base: return;
      case Head::SequenceClassification:  // ElectraClassificationHead
        classifier_.activation = kernels::Activation::Gelu;
        classifier_.dense.declare(w, "classifier.dense", hidden_size_, hidden_size_, f);
        classifier_.out.declare(w, "classifier.out_proj", labels_, hidden_size_, kernels::Format::F32);
        return;
      case Head::MultipleChoice:  // ElectraSequenceSummary of the first token
        classifier_.activation = summaryActivation_;
        classifier_.dense.declare(w, "sequence_summary.summary", hidden_size_, hidden_size_, f);
        classifier_.out.declare(w, "classifier", 1, hidden_size_, kernels::Format::F32);
        return;
      case Head::TokenClassification: declareTokenHead(w, "classifier"); return;
      case Head::QuestionAnswering: declareTokenHead(w, "qa_outputs"); return;
      case Head::MaskedLM:
        lm_.activation = kernels::Activation::Gelu;
        lm_.declare(w, {"generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head", "generator_lm_head.bias"},
                    hidden_size_, embeddingSize_, vocabulary_, shape_.normEps, f, tied_);
        return;
    }
  }

  bool electra_, tied_ = true;
  size_t embeddingSize_ = 0;
  kernels::Activation summaryActivation_ = kernels::Activation::Gelu;
  nn::EncoderShape shape_;
  nn::Embeddings embeddings_;
  nn::Linear projectEmbeddings_;
  std::vector<nn::EncoderLayer> blocks_;
};

Result<std::unique_ptr<Model>> create(json::Value config, const Request& request, bool electra) {
  ConfigReader c(config);
  auto model = std::make_unique<Bert>(c, request, electra);
  if (!c.ok()) return c.status();
  return std::unique_ptr<Model>(std::move(model));
}

}  // namespace

Result<std::unique_ptr<Model>> createBert(json::Value config, const Request& r) { return create(config, r, false); }
Result<std::unique_ptr<Model>> createElectra(json::Value config, const Request& r) { return create(config, r, true); }

}  // namespace wasmformers::arch
