// DeBERTa-v2 and v3 (He et al. 2020, arXiv:2006.03654; He et al. 2021, arXiv:2111.09543): BERT's layers around
// disentangled attention. The embeddings' norm comes after their projection, padding is set to zero, and the v2 xlarge
// models have a convolution beside the first layer. After transformers modeling_deberta_v2.py.
#include <cmath>
#include <cstring>

#include "arch/encoders/bert_like.h"
#include "nn/convolution.h"
#include "nn/disentangled_attention.h"

namespace wasmformers::arch {
namespace {

constexpr nn::EncoderLayerNames kLayerNames = {"attention.self.query_proj",
                                               "attention.self.key_proj",
                                               "attention.self.value_proj",
                                               "attention.output.dense",
                                               "attention.output.LayerNorm",
                                               "intermediate.dense",
                                               "output.dense",
                                               "output.LayerNorm"};

// The masked language model's head where config.json says `legacy` false.
constexpr HeadNames kNewLMHead = {.head = Head::MaskedLM,
                                  .dense = "lm_predictions.lm_head.dense",
                                  .norm = "lm_predictions.lm_head.LayerNorm",
                                  .bias = "lm_predictions.lm_head.bias"};

class DebertaV2 : public BertLike {
 public:
  // --- configuration
  DebertaV2(ConfigReader& c, const Request& r)
      : BertLike(c, r, kBertHeads,
                 {.vocabulary = 128100,
                  .hidden = 1536,
                  .layers = 24,
                  .heads = 24,
                  .inner = 6144,
                  .types = 0,
                  .eps = 1e-7f}) {
    embeddingSize_ = c.size("embedding_size", hiddenSize_, 1 << 16);
    const size_t trained = positions_;
    if (!c.flag("position_biased_input", true)) maxLength_ = positions_ = 0;  // relative positions have no end
    legacy_ = c.flag("legacy", true);
    if (r.head == Head::MaskedLM && !legacy_) {
      head_.names = kNewLMHead;
      if (embeddingSize_ != hiddenSize_)
        c.unsupported("embedding_size", "an embedding_size other than hidden_size with the head of legacy = false");
    }
    if (r.head == Head::Base) head_.names.pooler = nullptr;  // only heads have a pooler (ContextPooler)
    head_.poolerActivation = c.activation("pooler_hidden_act", "gelu");

    relative_ = c.flag("relative_attention", false);
    int32_t farthest = c.integer("max_relative_positions", -1);
    if (farthest < 1) farthest = int32_t(trained);
    const int32_t buckets = c.integer("position_buckets", -1);
    span_ = size_t(buckets > 0 ? buckets : farthest);
    attention_ = {hiddenSize_, shape_.heads, span_, buckets, farthest};
    squares_ = shape_.heads;
    if (buckets > 0 && (buckets < 2 || farthest < 3))
      c.invalid("position_buckets", "position_buckets leaves no distances.");
    shareKeys_ = c.flag("share_att_key", false);
    readTypes(c, "pos_att_type");
    normRelative_ = std::string(c.text("norm_rel_ebd", "none")).find("layer_norm") != std::string::npos;
    const size_t headDim = hiddenSize_ / shape_.heads;
    if (c.size("attention_head_size", headDim) != headDim) {
      c.unsupported("attention_head_size", "an attention_head_size other than hidden_size / num_attention_heads");
    }
    if (c.size("pooler_hidden_size", hiddenSize_) != hiddenSize_) {
      c.unsupported("pooler_hidden_size", "a pooler_hidden_size other than hidden_size");
    }
    readConvolution(c);
    positionKey_.resize(layers_);
    positionQuery_.resize(layers_);
  }

  // --- weights
  void declare(weights::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hiddenSize_;
    const float eps = shape_.normEps;
    w.basePrefix("deberta.");
    const bool decodes = request_.head == Head::MaskedLM && tableIsDecoder();
    embeddings_.declare(w, "embeddings.", {vocabulary_, embeddingSize_, positions_, typeVocabulary_, eps, decodes, e},
                        f);
    if (embeddingSize_ != e) project_.declare(w, "embeddings.embed_proj", e, embeddingSize_, f, nn::Bias::No);
    if (relative_) {
      w.vector("encoder.rel_embeddings.weight", relativeTable_, {int64_t(2 * span_), int64_t(e)});
      if (normRelative_) relativeNorm_.declare(w, "encoder.LayerNorm", e, eps);
    }
    if (convolutionSize_) {
      convolution_.declare(w, "encoder.conv.conv", e, convolutionSize_, f);
      convolutionNorm_.declare(w, "encoder.conv.LayerNorm", e, eps);
    }
    for (size_t i = 0; i < layers_; ++i) {
      const std::string prefix = "encoder.layer." + std::to_string(i) + ".";
      blocks_[i].declare(w, prefix, kLayerNames, shape_);
      if (!relative_ || shareKeys_) continue;
      if (c2p_) positionKey_[i].declare(w, prefix + "attention.self.pos_key_proj", e, e, f);
      if (p2c_) positionQuery_[i].declare(w, prefix + "attention.self.pos_query_proj", e, e, f);
    }
    TextEncoder::declareHead(w, embeddingSize_, eps, tableIsDecoder());
    if (request_.head != Head::MaskedLM || !legacy_) return;
    // Microsoft's own files have the newer head under a config.json that does not say so.
    const std::string fresh = "lm_predictions.lm_head.", old = "cls.predictions.";
    for (const char* part : {"dense.weight", "dense.bias", "LayerNorm.weight", "LayerNorm.bias"}) {
      w.alias(fresh + part, old + "transform." + part);
    }
    if (tied_) w.alias(fresh + "bias", old + "bias");
  }

 protected:
  // --- forward
  void embed(nn::Compute c) override {
    const size_t m = rows(), e = hiddenSize_;
    float* x = embeddingSize_ == e ? hidden_ : c.arena.alloc<float>(m * embeddingSize_);
    if (!x) return;
    embeddings_.sum(c, ids_, nullptr, typeIds_, m, length_, x);
    if (embeddingSize_ != e) {
      kernels::Rows in(x, m, embeddingSize_);
      project_(c, in, hidden_);
    }
    embeddings_.norm(c, hidden_, m, hidden_);
    hidePadding(hidden_);
    table_ = relativeTable_;  // [2·span, E]
    if (!relative_ || !normRelative_) return;
    float* normed = c.arena.alloc<float>(2 * span_ * e);
    if (normed) relativeNorm_(c, relativeTable_, 2 * span_, normed);
    table_ = normed;
  }

  void layer(size_t i, nn::Compute c) override {
    const Arena::Mark mark = c.arena.mark();
    const size_t m = rows(), e = hiddenSize_;
    const bool convolved = i == 0 && convolutionSize_;
    float* input = convolved ? c.arena.alloc<float>(m * e) : nullptr;  // [M, E], what the convolution reads
    float* qkv = c.arena.alloc<float>(m * 3 * e);                      // [3, M, E]
    float* mixed = c.arena.alloc<float>(m * e);                        // [M, E]
    if (!qkv || !mixed || (convolved && !input)) return;
    const nn::Linear* key = shareKeys_ ? &blocks_[i].key : &positionKey_[i];
    const nn::Linear* query = shareKeys_ ? &blocks_[i].query : &positionQuery_[i];
    // The terms of pos_att_type count in the scale even where relative_attention is off.
    const size_t headDim = e / shape_.heads;
    const float scale = 1 / std::sqrt(float(headDim) * float(1 + c2p_ + p2c_));
    if (convolved) std::memcpy(input, hidden_, m * e * sizeof(float));
    blocks_[i].project(c, hidden_, m, qkv);
    attention_(c, attention(scale), table_, relative_ && c2p_ ? key : nullptr, relative_ && p2c_ ? query : nullptr, qkv,
               mixed);
    blocks_[i].attendOut(c, mixed, m, hidden_);
    blocks_[i].feedForward(c, m, hidden_);
    if (convolved) convolve(c, input, qkv);
    c.arena.release(mark);
  }

 private:
  /// The newer head multiplies with the word table, whatever tie_word_embeddings says.
  bool tableIsDecoder() const { return tied_ || !legacy_; }

  void hidePadding(float* x) const {
    for (size_t i = 0; i < rows(); ++i) {
      if (!mask_[i]) std::memset(x + i * hiddenSize_, 0, hiddenSize_ * sizeof(float));
    }
  }

  /// hidden = norm(hidden + act(convolution(input))), zero at padding (ConvLayer). y [M, E] is scratch.
  void convolve(nn::Compute c, const float* input, float* y) const {
    const size_t count = rows() * hiddenSize_;
    convolution_(c, input, batch_, length_, y);
    hidePadding(y);
    c.kernels.activate(convolutionActivation_, y, count);
    c.kernels.add(y, count, hidden_);
    convolutionNorm_(c, hidden_, rows(), hidden_);
    hidePadding(hidden_);
  }

  // conv_kernel_size > 0 adds a ConvLayer.
  void readConvolution(ConfigReader& c) {
    convolutionSize_ = c.size("conv_kernel_size", 0, 255, 0);
    if (!convolutionSize_) return;
    if (convolutionSize_ % 2 == 0) c.invalid("conv_kernel_size", "conv_kernel_size must be odd.");
    if (c.size("conv_groups", 1) != 1) c.unsupported("conv_groups", "a convolution in groups (conv_groups > 1)");
    convolutionActivation_ = c.activation("conv_act", "tanh");
  }

  // pos_att_type: ["p2c", "c2p"], in older files "p2c|c2p".
  void readTypes(ConfigReader& c, const char* field) {
    const json::Value types = c.raw()[field];
    if (types && !types.isNull() && !types.isArray() && !types.isString())
      c.invalid(field, std::string(field) + " must be a list.");
    const auto take = [&](std::string_view name) {
      while (name.starts_with(' ')) name.remove_prefix(1);
      while (name.ends_with(' ')) name.remove_suffix(1);
      if (name == "c2p")
        c2p_ = true;
      else if (name == "p2c")
        p2c_ = true;
      else if (!name.empty() && name != "none")
        c.unsupported(field, "the attention term \"" + std::string(name) + "\"");
    };
    for (json::Value v : types.elements()) take(v.asString());
    std::string_view text = types.asString();
    while (!text.empty()) {
      const size_t bar = text.find('|');
      take(text.substr(0, bar));
      text = bar == std::string_view::npos ? std::string_view() : text.substr(bar + 1);
    }
  }

  bool legacy_ = true, relative_ = false, shareKeys_ = false, c2p_ = false, p2c_ = false, normRelative_ = false;
  size_t span_ = 0, convolutionSize_ = 0;
  kernels::Activation convolutionActivation_ = kernels::Activation::Tanh;
  nn::DisentangledAttention attention_;
  weights::Vector relativeTable_;
  nn::Norm relativeNorm_, convolutionNorm_;
  nn::Conv1d convolution_;
  std::vector<nn::Linear> positionKey_, positionQuery_;
  const float* table_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Model>> createDebertaV2(json::Value config, const Request& request) {
  return createFamily<DebertaV2>(config, request);
}

}  // namespace wasmformers::arch
