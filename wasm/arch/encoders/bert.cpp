// BERT (Devlin et al. 2018, arXiv:1810.04805). Names and heads after transformers modeling_bert.py. Not here: BERT as a
// decoder, relative position embeddings.
#include "arch/encoders/bert_like.h"

namespace wasmformers::arch {
namespace {

class Bert : public BertLike {
 public:
  // --- configuration
  Bert(ConfigReader& c, const Request& r) : BertLike(c, r, kBertHeads, {}) { absolutePositionsOnly(c); }

  // --- weights
  void declare(weights::Weights& w) override {
    w.basePrefix("bert.");
    declareEmbeddings(w);
    declareLayers(w, "encoder.layer.", nn::kBertLayerNames);
    declareHead(w);
  }

  // --- forward: BertLike's, h = norm(h + attention(h)); h = norm(h + feedForward(h))
};

}  // namespace

Result<std::unique_ptr<Model>> createBert(json::Value config, const Request& request) {
  return createFamily<Bert>(config, request);
}

}  // namespace wasmformers::arch
