// ELECTRA's discriminator and generator (Clark et al. 2020, arXiv:2003.10555): BERT with embeddings of a size of their
// own and without a pooler. Names and heads after transformers modeling_electra.py. Not here: the discriminator's own
// head (ForPreTraining), ELECTRA as a decoder.
#include "arch/encoders/bert_like.h"

namespace wasmformers::arch {
namespace {

constexpr HeadNames kHeads[] = {
    {.head = Head::Base},
    {.head = Head::SequenceClassification,  // ElectraClassificationHead
     .dense = "classifier.dense",
     .out = "classifier.out_proj",
     .activation = kernels::Activation::Gelu},
    {.head = Head::MultipleChoice, .dense = "sequence_summary.summary", .out = "classifier"},
    {.head = Head::TokenClassification, .out = "classifier"},
    {.head = Head::QuestionAnswering, .out = "qa_outputs"},
    {.head = Head::MaskedLM,  // the generator
     .dense = "generator_predictions.dense",
     .norm = "generator_predictions.LayerNorm",
     .out = "generator_lm_head",
     .bias = "generator_lm_head.bias",
     .activation = kernels::Activation::Gelu},
};

class Electra : public BertLike {
 public:
  // --- configuration
  Electra(ConfigReader& c, const Request& r) : BertLike(c, r, kHeads, {.hidden = 256, .heads = 4, .inner = 1024}) {
    embeddingSize_ = c.size("embedding_size", 128, 1 << 16);
    absolutePositionsOnly(c);
    if (r.head == Head::MultipleChoice) readSummary(c);
  }

  // --- weights
  void declare(weights::Weights& w) override {
    w.basePrefix("electra.");
    declareEmbeddings(w, embeddingSize_ == hiddenSize_ ? nullptr : "embeddings_project");
    declareLayers(w, "encoder.layer.", nn::kBertLayerNames);
    declareHead(w);
  }

  // --- forward: BertLike's, h = norm(h + attention(h)); h = norm(h + feedForward(h))

 private:
  // ElectraSequenceSummary's options; every ELECTRA on the Hub has the defaults.
  void readSummary(ConfigReader& c) {
    head_.activation = c.activation("summary_activation", "gelu");
    if (c.text("summary_type", "first") != "first") {
      c.unsupported("summary_type", "a summary_type other than first");
    }
    if (!c.flag("summary_use_proj", true)) c.unsupported("summary_use_proj", "summary_use_proj false");
    if (c.flag("summary_proj_to_labels", false)) {
      c.unsupported("summary_proj_to_labels", "summary_proj_to_labels");
    }
  }
};

}  // namespace

Result<std::unique_ptr<Model>> createElectra(json::Value config, const Request& request) {
  return createFamily<Electra>(config, request);
}

}  // namespace wasmformers::arch
