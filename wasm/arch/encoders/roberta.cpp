// RoBERTa (Liu et al. 2019, arXiv:1907.11692), XLM-RoBERTa and CamemBERT: BERT with positions that begin after
// pad_token_id, and other heads. After transformers modeling_roberta.py.
#include "arch/encoders/bert_like.h"

namespace wasmformers::arch {
namespace {

class Roberta : public BertLike {
 public:
  // --- configuration
  Roberta(ConfigReader& c, const Request& r)
      : BertLike(c, r, kRobertaHeads,
                 {.vocabulary = c.text("model_type", "") == "roberta" ? size_t(50265) : size_t(30522)}) {
    padId_ = c.size("pad_token_id", 1, 1 << 27, 0);
    if (padId_ + 1 >= positions_) c.invalid("pad_token_id", "pad_token_id leaves no positions.");
    startPositionsAfter(padId_);
    absolutePositionsOnly(c);
  }

  // --- weights
  void declare(weights::Weights& w) override {
    w.basePrefix("roberta.");
    declareEmbeddings(w);
    declareLayers(w, "encoder.layer.", nn::kBertLayerNames);
    declareHead(w);
  }

 protected:
  // --- forward: BertLike's layers
  void embed(nn::Compute c) override {
    if (const int32_t* positions = positionsAfter(c, int32_t(padId_))) embedAt(c, positions);
  }

 private:
  size_t padId_ = 1;
};

}  // namespace

Result<std::unique_ptr<Model>> createRoberta(json::Value config, const Request& request) {
  return createFamily<Roberta>(config, request);
}

}  // namespace wasmformers::arch
