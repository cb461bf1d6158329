// ALBERT (Lan et al. 2019, arXiv:1909.11942): small embeddings projected up, and layers that share their
// weights in groups. After transformers modeling_albert.py.
#include <cmath>

#include "arch/encoders/families.h"
#include "arch/encoders/text_encoder.h"
#include "nn/embeddings.h"

namespace wasmformers::arch {
namespace {

constexpr nn::EncoderLayerNames kLayerNames = {"attention.query", "attention.key",        "attention.value",
                                               "attention.dense", "attention.LayerNorm",  "ffn",
                                               "ffn_output",      "full_layer_layer_norm"};

class Albert : public TextEncoder {
 public:
  // --- configuration
  Albert(ConfigReader& c, const Request& r) : TextEncoder(c, r, 30000) {
    hidden_size_ = c.size("hidden_size", 4096, 1 << 16);
    embeddingSize_ = c.size("embedding_size", 128, 1 << 16);
    const size_t heads = c.size("num_attention_heads", 64, 1024);
    c.divides("num_attention_heads", heads, "hidden_size", hidden_size_);
    shape_ = {hidden_size_,
              heads,
              c.size("intermediate_size", 16384, 1 << 20),
              c.activation("hidden_act", "gelu_new"),
              c.epsilon("layer_norm_eps", 1e-12f),
              r.format};
    layers_ = c.size("num_hidden_layers", 12, 512);
    groups_ = c.size("num_hidden_groups", 1, 512);
    inner_ = c.size("inner_group_num", 1, 64);
    if (groups_ > layers_) c.invalid("num_hidden_groups", "num_hidden_groups is larger than num_hidden_layers.");
    maxLength_ = c.size("max_position_embeddings", 512, 1 << 20);
    typeVocabulary_ = c.size("type_vocab_size", 2, 1 << 16);
    tied_ = c.flag("tie_word_embeddings", true);
    absolutePositionsOnly(c);
    blocks_.resize(c.ok() ? groups_ * inner_ : 0);
  }

  // --- weights
  void declare(nn::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hidden_size_;
    w.basePrefix("albert.");
    embeddings_.declare(w, "embeddings.",
                        {vocabulary_, embeddingSize_, maxLength_, typeVocabulary_, shape_.normEps,
                         request_.head == Head::MaskedLM && tied_},
                        f);
    project_.declare(w, "encoder.embedding_hidden_mapping_in", e, embeddingSize_, f);
    for (size_t i = 0; i < blocks_.size(); ++i) {
      blocks_[i].declare(w,
                         "encoder.albert_layer_groups." + std::to_string(i / inner_) + ".albert_layers." +
                             std::to_string(i % inner_) + ".",
                         kLayerNames, shape_);
    }
    switch (request_.head) {
      case Head::CausalLM:  // refused by TextEncoder
      case Head::Base: pooler_.declare(w, "pooler", e, e, f, nn::Bias::Yes, nn::Need::Optional); return;
      case Head::SequenceClassification:
      case Head::MultipleChoice:
        pooler_.declare(w, "pooler", e, e, f);
        classifier_.out.declare(w, "classifier", request_.head == Head::MultipleChoice ? 1 : labels_, e,
                                kernels::Format::F32);
        classifierOnPooled_ = true;
        return;
      case Head::TokenClassification: declareTokenHead(w, "classifier"); return;
      case Head::QuestionAnswering: declareTokenHead(w, "qa_outputs"); return;
      case Head::MaskedLM:
        lm_.activation = shape_.activation;
        lm_.declare(w, {"predictions.dense", "predictions.LayerNorm", "predictions.decoder", "predictions.bias"}, e,
                    embeddingSize_, vocabulary_, shape_.normEps, f, tied_);
        return;
    }
  }

 protected:
  // --- forward
  void embed(nn::Compute c) override {
    const Arena::Mark mark = c.arena.mark();
    float* small = c.arena.alloc<float>(rows() * embeddingSize_);  // [M, embedding]
    if (!small) return;
    embeddings_(c, ids_, nullptr, typeIds_, rows(), length_, small);
    kernels::Rows x(small, rows(), embeddingSize_);
    project_(c, x, hidden_);
    c.arena.release(mark);
  }
  void layer(size_t i, nn::Compute c) override {
    const size_t group = i * groups_ / layers_;
    for (size_t j = 0; j < inner_; ++j) {
      blocks_[group * inner_ + j](c, attention(1 / std::sqrt(float(hidden_size_ / shape_.heads))), hidden_);
    }
  }
  const kernels::Matrix& wordEmbeddings() const override { return embeddings_.word; }

 private:
  bool tied_ = true;
  size_t embeddingSize_ = 0, groups_ = 1, inner_ = 1;
  nn::EncoderShape shape_;
  nn::Embeddings embeddings_;
  nn::Linear project_;
  std::vector<nn::EncoderLayer> blocks_;
};

}  // namespace

Result<std::unique_ptr<Model>> createAlbert(json::Value config, const Request& request) {
  return createFamily<Albert>(config, request);
}

}  // namespace wasmformers::arch
