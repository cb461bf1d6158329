// DistilBERT (Sanh et al. 2019, arXiv:1910.01108): BERT without token types and pooler, half as deep. After
// transformers modeling_distilbert.py.
#include "arch/encoders/bert_like.h"

namespace wasmformers::arch {
namespace {

constexpr nn::EncoderLayerNames kLayerNames = {"attention.q_lin",   "attention.k_lin",  "attention.v_lin",
                                               "attention.out_lin", "sa_layer_norm",    "ffn.lin1",
                                               "ffn.lin2",          "output_layer_norm"};

constexpr HeadNames kHeads[] = {
    {.head = Head::Base},
    {.head = Head::SequenceClassification,
     .dense = "pre_classifier",
     .out = "classifier",
     .activation = kernels::Activation::Relu},
    {.head = Head::MultipleChoice,
     .dense = "pre_classifier",
     .out = "classifier",
     .activation = kernels::Activation::Relu},
    {.head = Head::TokenClassification, .out = "classifier"},
    {.head = Head::QuestionAnswering, .out = "qa_outputs"},
    {.head = Head::MaskedLM,
     .dense = "vocab_transform",
     .norm = "vocab_layer_norm",
     .out = "vocab_projector",
     .bias = "vocab_projector.bias"},
};

class DistilBert : public BertLike {
 public:
  // --- configuration
  DistilBert(ConfigReader& c, const Request& r)
      : BertLike(c, r, kHeads,
                 {.layers = 6,
                  .hiddenField = "dim",
                  .layersField = "n_layers",
                  .headsField = "n_heads",
                  .innerField = "hidden_dim",
                  .activationField = "activation",
                  .epsField = nullptr,
                  .typesField = nullptr}) {}

  // --- weights
  void declare(weights::Weights& w) override {
    w.basePrefix("distilbert.");
    declareEmbeddings(w);
    declareLayers(w, "transformer.layer.", kLayerNames);
    declareHead(w);
  }

  // --- forward: BertLike's, h = norm(h + attention(h)); h = norm(h + feedForward(h))
};

}  // namespace

Result<std::unique_ptr<Model>> createDistilBert(json::Value config, const Request& request) {
  return createFamily<DistilBert>(config, request);
}

}  // namespace wasmformers::arch
