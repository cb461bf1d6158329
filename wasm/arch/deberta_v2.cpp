// DeBERTa-v2 and v3 (He et al. 2020, arXiv:2006.03654; He et al. 2021, arXiv:2111.09543): attention scores are the
// sum of content·content, content·position and position·content, where positions are relative and bucketed. The two
// positional terms enter the shared attention kernel as its bias. After transformers modeling_deberta_v2.py.
// Not here: the convolution of the v2 xlarge models (conv_kernel_size).
#include <algorithm>
#include <cmath>
#include <cstring>

#include "arch/families.h"
#include "arch/text_encoder.h"
#include "nn/embeddings.h"
#include "nn/relative_position.h"

namespace wasmformers::arch {
namespace {

constexpr nn::EncoderLayerNames kLayerNames = {
    "attention.self.query_proj", "attention.self.key_proj", "attention.self.value_proj", "attention.output.dense",
    "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"};

class DebertaV2 : public TextEncoder {
 public:
  // --- configuration
  DebertaV2(ConfigReader& c, const Request& r) : TextEncoder(c, r) {
    hidden_size_ = c.size("hidden_size", 1536, 1 << 16);
    heads_ = c.size("num_attention_heads", 24, 1024);
    c.divides("num_attention_heads", heads_, "hidden_size", hidden_size_);
    eps_ = c.number("layer_norm_eps", 1e-7f);
    shape_ = {hidden_size_, heads_, c.size("intermediate_size", 6144, 1 << 20), c.activation("hidden_act", "gelu"), eps_, r.format};
    layers_ = c.size("num_hidden_layers", 24, 512);
    positions_ = c.size("max_position_embeddings", 512, 1 << 20);
    typeVocabulary_ = c.size("type_vocab_size", 0, 1 << 16, 0);
    embeddingSize_ = c.size("embedding_size", hidden_size_, 1 << 16);
    positionInput_ = c.flag("position_biased_input", true);
    if (positionInput_) maxLength_ = positions_;
    tied_ = c.flag("tie_word_embeddings", true);
    legacy_ = c.flag("legacy", true);
    poolerActivation_ = c.activation("pooler_hidden_act", "gelu");

    relative_ = c.flag("relative_attention", false);
    const int64_t maxRelative = c.raw()["max_relative_positions"].asInt(-1), buckets = c.raw()["position_buckets"].asInt(-1);
    maxRelative_ = int32_t(maxRelative < 1 ? int64_t(positions_) : std::min<int64_t>(maxRelative, 1 << 20));
    buckets_ = int32_t(std::clamp<int64_t>(buckets, -1, 1 << 20));
    span_ = size_t(buckets_ > 0 ? buckets_ : maxRelative_);
    if (buckets_ > 0 && (buckets_ < 2 || maxRelative_ < 3)) c.invalid("position_buckets", "position_buckets leaves no distances.");
    shareKeys_ = c.flag("share_att_key", false);
    readTypes(c, "pos_att_type");
    normRelative_ = std::string(c.text("norm_rel_ebd", "none")).find("layer_norm") != std::string::npos;
    if (c.size("conv_kernel_size", 0, 1024, 0)) c.unsupported("conv_kernel_size", "the convolution of deberta-v2-xlarge (conv_kernel_size > 0)");
    blocks_.resize(layers_);
    positionKey_.resize(layers_);
    positionQuery_.resize(layers_);
  }

  // --- weights
  void declare(nn::Weights& w) override {
    const kernels::Format f = request_.format;
    const size_t e = hidden_size_;
    const bool lm = request_.head == Head::MaskedLM;
    w.basePrefix("deberta.");
    embeddings_.declare(w, "embeddings.", {vocabulary_, embeddingSize_, positionInput_ ? positions_ : 0, typeVocabulary_, eps_, lm && tied_, e}, f);
    if (embeddingSize_ != e) embedProject_.declare(w, "embeddings.embed_proj", e, embeddingSize_, f, nn::Bias::No);
    if (relative_) {
      w.vector("encoder.rel_embeddings.weight", relativeTable_, {int64_t(2 * span_), int64_t(e)});
      if (normRelative_) relativeNorm_.declare(w, "encoder.LayerNorm", e, eps_);
    }
    for (size_t i = 0; i < layers_; ++i) {
      const std::string prefix = "encoder.layer." + std::to_string(i) + ".";
      blocks_[i].declare(w, prefix, kLayerNames, shape_);
      if (!relative_ || shareKeys_) continue;
      if (c2p_) positionKey_[i].declare(w, prefix + "attention.self.pos_key_proj", e, e, f);
      if (p2c_) positionQuery_[i].declare(w, prefix + "attention.self.pos_query_proj", e, e, f);
    }
    switch (request_.head) {
      case Head::Base: return;
      case Head::SequenceClassification:
      case Head::MultipleChoice:  // ContextPooler
        pooler_.declare(w, "pooler.dense", e, e, f);
        classifier_.out.declare(w, "classifier", request_.head == Head::MultipleChoice ? 1 : labels_, e, kernels::Format::F32);
        classifierOnPooled_ = true;
        return;
      case Head::TokenClassification: declareTokenHead(w, "classifier"); return;
      case Head::QuestionAnswering: declareTokenHead(w, "qa_outputs"); return;
      case Head::MaskedLM:
        lm_.activation = shape_.activation;
        if (legacy_) {
          lm_.declare(w, {"cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder", "cls.predictions.bias"},
                      e, embeddingSize_, vocabulary_, eps_, f, tied_);
        } else {
          lm_.declare(w, {"lm_predictions.lm_head.dense", "lm_predictions.lm_head.LayerNorm", "lm_predictions.lm_head.decoder", "lm_predictions.lm_head.bias"},
                      e, embeddingSize_, vocabulary_, eps_, f, tied_);
        }
        return;
    }
  }

  std::vector<std::string> outputNames() const override {
    return request_.head == Head::Base ? std::vector<std::string>{"last_hidden_state"} : TextEncoder::outputNames();
  }

 protected:
  // --- forward
  void embed(nn::Compute c) override {
    const size_t m = rows(), e = hidden_size_;
    float* x = embeddingSize_ == e ? hidden_ : c.arena.alloc<float>(m * embeddingSize_);
    if (!x) return;
    sum(c, x);
    if (embeddingSize_ != e) {
      kernels::Rows in(x, m, embeddingSize_);
      embedProject_(c, in, hidden_);
    }
    embeddings_.norm(c, hidden_, m, hidden_);
    for (size_t i = 0; i < m; ++i) {
      if (!mask_[i]) std::memset(hidden_ + i * e, 0, e * sizeof(float));
    }
    if (!relative_) return;
    table_ = c.arena.alloc<float>(2 * span_ * e);  // [2·span, E]
    if (!table_) return;
    std::memcpy(table_, relativeTable_.data(), 2 * span_ * e * sizeof(float));
    if (normRelative_) relativeNorm_(c, table_, 2 * span_, table_);
  }

  void layer(size_t i, nn::Compute c) override {
    const Arena::Mark mark = c.arena.mark();
    const size_t e = hidden_size_, d = e / heads_;
    const int terms = 1 + (relative_ && c2p_) + (relative_ && p2c_);
    nn::AttentionContext a = attention(1 / std::sqrt(float(d) * float(terms)));
    float* qkv = c.arena.alloc<float>(rows() * 3 * e);  // [3, M, E]
    if (!qkv) return;
    blocks_[i].project(c, hidden_, rows(), qkv);
    if (terms > 1) {
      a.bias = positionBias(i, c, qkv, a.scale);
      a.biasHeadStride = length_ * length_;
      a.biasBatchStride = heads_ * length_ * length_;
      if (!a.bias) return;
    }
    blocks_[i].attend(c, a, qkv, hidden_);
    c.arena.release(mark);
    blocks_[i].feedForward(c, rows(), hidden_);
  }
  const kernels::Matrix& wordEmbeddings() const override { return embeddings_.word; }

 private:
  // word + position + type, without the norm (it comes after the projection here)
  void sum(nn::Compute c, float* x) {
    const Arena::Mark mark = c.arena.mark();
    const size_t n = embeddingSize_;
    c.kernels.gather(embeddings_.word, ids_, rows(), x, n);
    float* line = c.arena.alloc<float>(n);
    for (size_t i = 0; line && i < rows(); ++i) {
      if (positionInput_) {
        const int32_t at = int32_t(i % length_);
        c.kernels.gather(embeddings_.position, &at, 1, line, n);
        c.kernels.add(line, n, x + i * n);
      }
      if (typeVocabulary_) {
        const int32_t kind = typeIds_ ? typeIds_[i] : 0;
        c.kernels.gather(embeddings_.type, &kind, 1, line, n);
        c.kernels.add(line, n, x + i * n);
      }
    }
    c.arena.release(mark);
  }

  int32_t bucket(int64_t relative) const {
    return buckets_ > 0 ? nn::logBucket(relative, buckets_, maxRelative_) : int32_t(relative);
  }

  // The rows of the relative table that distances of this length reach: [first, first + count).
  void reach(size_t& first, size_t& count) const {
    const int64_t far = bucket(int64_t(length_) - 1), span = int64_t(span_);
    first = size_t(std::clamp<int64_t>(span - far, 0, 2 * span - 1));
    count = size_t(std::clamp<int64_t>(span + far, 0, 2 * span - 1)) - first + 1;
  }

  /// bias[b, h, t, s] = scale·(q_t · Kr[δ] + k_s · Qr[δ]) with δ the clamped bucket of t − s, Kr and Qr the keys and
  /// queries of the relative table: [B, H, T, T].
  const float* positionBias(size_t i, nn::Compute c, const float* qkv, float scale) const {
    const size_t e = hidden_size_, d = e / heads_, t = length_;
    float* bias = c.arena.alloc<float>(batch_ * heads_ * t * t);
    size_t first = 0, count = 0;
    reach(first, count);
    const Arena::Mark mark = c.arena.mark();
    kernels::Rows table(table_ + first * e, count, e);
    float* projected = c.arena.alloc<float>(count * e);  // [count, E]
    float* turned = c.arena.alloc<float>(d * count);     // one head of it, transposed: [D, count]
    float* products = c.arena.alloc<float>(t * count);   // [T, count]
    size_t* index = c.arena.alloc<size_t>(2 * t);        // column of the distance t − s, at t − s + T − 1
    if (!bias || !projected || !turned || !products || !index) return nullptr;
    std::memset(bias, 0, batch_ * heads_ * t * t * sizeof(float));
    for (size_t at = 0; at < 2 * t - 1; ++at) {
      const int64_t delta = bucket(int64_t(at) - int64_t(t) + 1) + int64_t(span_);
      index[at] = size_t(std::clamp<int64_t>(delta, 0, 2 * int64_t(span_) - 1)) - first;
    }
    const nn::EncoderLayer& block = blocks_[i];
    for (const bool contentIsQuery : {true, false}) {
      if (contentIsQuery ? !c2p_ : !p2c_) continue;
      const nn::Linear& projection = contentIsQuery ? (shareKeys_ ? block.key : positionKey_[i])
                                                    : (shareKeys_ ? block.query : positionQuery_[i]);
      projection(c, table, projected);
      const float* content = qkv + (contentIsQuery ? 0 : rows() * e);
      for (size_t b = 0; b < batch_; ++b) {
        for (size_t h = 0; h < heads_; ++h) {
          for (size_t r = 0; r < count; ++r) {
            for (size_t j = 0; j < d; ++j) turned[j * count + r] = projected[r * e + h * d + j];
          }
          multiply(content + b * t * e + h * d, e, turned, t, d, count, scale, products);
          float* out = bias + (b * heads_ + h) * t * t;
          for (size_t q = 0; q < t; ++q) {
            for (size_t k = 0; k < t; ++k) out[q * t + k] += products[(contentIsQuery ? q : k) * count + index[q + t - 1 - k]];
          }
        }
      }
    }
    c.arena.release(mark);
    return bias;
  }

  // y [rows, n] = scale · x [rows, d] · w [d, n], inner loop along n so that compilers vectorize it.
  static void multiply(const float* x, size_t stride, const float* w, size_t rows, size_t d, size_t n, float scale, float* y) {
    for (size_t r = 0; r < rows; ++r) {
      float* row = y + r * n;
      std::memset(row, 0, n * sizeof(float));
      for (size_t j = 0; j < d; ++j) {
        const float v = x[r * stride + j] * scale;
        const float* line = w + j * n;
        for (size_t i = 0; i < n; ++i) row[i] += v * line[i];
      }
    }
  }

  void readTypes(ConfigReader& c, const char* field) {
    const json::Value types = c.raw()[field];
    const auto take = [&](std::string_view name) {
      if (name == "c2p") c2p_ = true;
      else if (name == "p2c") p2c_ = true;
      else c.unsupported(field, "the attention term \"" + std::string(name) + "\"");
    };
    for (json::Value v : types.elements()) take(v.asString());
    std::string_view text = types.asString();  // older files: "p2c|c2p"
    while (!text.empty()) {
      const size_t bar = text.find('|');
      take(text.substr(0, bar));
      text = bar == std::string_view::npos ? std::string_view() : text.substr(bar + 1);
    }
  }

  bool tied_ = true, legacy_ = true, relative_ = false, shareKeys_ = false, c2p_ = false, p2c_ = false;
  bool positionInput_ = true, normRelative_ = false;
  float eps_ = 1e-7f;
  size_t heads_ = 0, positions_ = 0, embeddingSize_ = 0, span_ = 0;
  int32_t maxRelative_ = 0, buckets_ = -1;
  nn::EncoderShape shape_;
  nn::Embeddings embeddings_;
  nn::Linear embedProject_;
  nn::Vector relativeTable_;
  nn::Norm relativeNorm_;
  std::vector<nn::EncoderLayer> blocks_;
  std::vector<nn::Linear> positionKey_, positionQuery_;
  float* table_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Model>> createDebertaV2(json::Value config, const Request& request) {
  ConfigReader c(config);
  auto model = std::make_unique<DebertaV2>(c, request);
  if (!c.ok()) return c.status();
  return std::unique_ptr<Model>(std::move(model));
}

}  // namespace wasmformers::arch
