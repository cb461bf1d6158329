// DeBERTa-v2 and v3 (He et al. 2020, arXiv:2006.03654; He et al. 2021, arXiv:2111.09543): attention scores are the
// sum of content·content, content·position and position·content, where positions are relative and bucketed. The two
// positional terms enter the shared attention kernel as its bias. The v2 xlarge models add a convolution beside the
// first layer. After transformers modeling_deberta_v2.py. Outputs at padded positions differ from there (hidden
// queries attend to all keys there); nothing that is pooled or classified reads them.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "arch/families.h"
#include "arch/text_encoder.h"
#include "nn/convolution.h"
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
  DebertaV2(ConfigReader& c, const Request& r) : TextEncoder(c, r, 128100) {
    hidden_size_ = c.size("hidden_size", 1536, 1 << 16);
    heads_ = c.size("num_attention_heads", 24, 1024);
    c.divides("num_attention_heads", heads_, "hidden_size", hidden_size_);
    eps_ = c.epsilon("layer_norm_eps", 1e-7f);
    shape_ = {hidden_size_, heads_, c.size("intermediate_size", 6144, 1 << 20), c.activation("hidden_act", "gelu"), eps_, r.format};
    layers_ = c.size("num_hidden_layers", 24, 512);
    positions_ = c.size("max_position_embeddings", 512, 1 << 20);
    typeVocabulary_ = c.size("type_vocab_size", 0, 1 << 16, 0);
    embeddingSize_ = c.size("embedding_size", hidden_size_, 1 << 16);
    positionInput_ = c.flag("position_biased_input", true);
    if (positionInput_) maxLength_ = positions_;
    tied_ = c.flag("tie_word_embeddings", true);
    legacy_ = c.flag("legacy", true);
    if (r.head == Head::MaskedLM && !legacy_ && embeddingSize_ != hidden_size_) {
      c.unsupported("embedding_size", "an embedding_size other than hidden_size with the head of legacy = false");
    }
    poolerActivation_ = c.activation("pooler_hidden_act", "gelu");

    relative_ = c.flag("relative_attention", false);
    maxRelative_ = c.integer("max_relative_positions", -1);
    if (maxRelative_ < 1) maxRelative_ = int32_t(positions_);
    buckets_ = c.integer("position_buckets", -1);
    span_ = size_t(buckets_ > 0 ? buckets_ : maxRelative_);
    squares_ = heads_;
    if (buckets_ > 0 && (buckets_ < 2 || maxRelative_ < 3)) c.invalid("position_buckets", "position_buckets leaves no distances.");
    shareKeys_ = c.flag("share_att_key", false);
    readTypes(c, "pos_att_type");
    normRelative_ = std::string(c.text("norm_rel_ebd", "none")).find("layer_norm") != std::string::npos;
    if (c.size("attention_head_size", hidden_size_ / heads_) != hidden_size_ / heads_) {
      c.unsupported("attention_head_size", "an attention_head_size other than hidden_size / num_attention_heads");
    }
    if (c.size("pooler_hidden_size", hidden_size_) != hidden_size_) {
      c.unsupported("pooler_hidden_size", "a pooler_hidden_size other than hidden_size");
    }
    readConvolution(c);
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
    embeddings_.declare(w, "embeddings.", {vocabulary_, embeddingSize_, positionInput_ ? positions_ : 0, typeVocabulary_, eps_,
                                           lm && (tied_ || !legacy_), e}, f);
    if (embeddingSize_ != e) embedProject_.declare(w, "embeddings.embed_proj", e, embeddingSize_, f, nn::Bias::No);
    if (relative_) {
      w.vector("encoder.rel_embeddings.weight", relativeTable_, {int64_t(2 * span_), int64_t(e)});
      if (normRelative_) relativeNorm_.declare(w, "encoder.LayerNorm", e, eps_);
    }
    if (convolutionSize_) {
      convolution_.declare(w, "encoder.conv.conv", e, convolutionSize_, f);
      convolutionNorm_.declare(w, "encoder.conv.LayerNorm", e, eps_);
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
        } else {  // this head multiplies with the table itself, whatever tie_word_embeddings says
          lm_.declare(w, {"lm_predictions.lm_head.dense", "lm_predictions.lm_head.LayerNorm", "", "lm_predictions.lm_head.bias"}, e, e,
                      vocabulary_, eps_, f, true);
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
    embeddings_.sum(c, ids_, nullptr, typeIds_, m, length_, x);
    if (embeddingSize_ != e) {
      kernels::Rows in(x, m, embeddingSize_);
      embedProject_(c, in, hidden_);
    }
    embeddings_.norm(c, hidden_, m, hidden_);
    hidePadding(hidden_);
    if (!relative_) return;
    table_ = c.arena.alloc<float>(2 * span_ * e);  // [2·span, E]
    if (!table_) return;
    std::memcpy(table_, relativeTable_.data(), 2 * span_ * e * sizeof(float));
    if (normRelative_) relativeNorm_(c, table_, 2 * span_, table_);
  }

  void layer(size_t i, nn::Compute c) override {
    const Arena::Mark mark = c.arena.mark();
    const size_t m = rows(), e = hidden_size_;
    const bool convolved = i == 0 && convolutionSize_;
    float* input = convolved ? c.arena.alloc<float>(m * e) : nullptr;  // [M, E], what the convolution reads
    float* qkv = c.arena.alloc<float>(m * 3 * e);                      // [3, M, E]
    float* mixed = c.arena.alloc<float>(m * e);                        // [M, E]
    if (!qkv || !mixed || (convolved && !input)) return;
    if (convolved) std::memcpy(input, hidden_, m * e * sizeof(float));
    blocks_[i].project(c, hidden_, m, qkv);
    attend(i, c, qkv, mixed);
    blocks_[i].attendOut(c, mixed, m, hidden_);
    blocks_[i].feedForward(c, m, hidden_);
    if (convolved) convolve(c, input, qkv);
    c.arena.release(mark);
  }
  const kernels::Matrix& wordEmbeddings() const override { return embeddings_.word; }

 private:
  void hidePadding(float* x) const {
    for (size_t i = 0; i < rows(); ++i) {
      if (!mask_[i]) std::memset(x + i * hidden_size_, 0, hidden_size_ * sizeof(float));
    }
  }

  /// hidden = norm(hidden + act(convolution(input))), zero at padding (ConvLayer). y [M, E] is scratch.
  void convolve(nn::Compute c, const float* input, float* y) const {
    const size_t count = rows() * hidden_size_;
    convolution_(c, input, batch_, length_, y);
    hidePadding(y);
    c.kernels.activate(convolutionActivation_, y, count);
    c.kernels.add(y, count, hidden_);
    convolutionNorm_(c, hidden_, rows(), hidden_);
    hidePadding(hidden_);
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

  /// The relative table as one layer's keys or queries see it, a head after the other, transposed: [H, D, count].
  const float* projectTable(nn::Compute c, const nn::Linear& projection, size_t first, size_t count) const {
    const size_t e = hidden_size_, d = e / heads_;
    float* turned = c.arena.alloc<float>(count * e);
    const Arena::Mark mark = c.arena.mark();
    float* projected = c.arena.alloc<float>(count * e);  // [count, E]
    if (!turned || !projected) return nullptr;
    kernels::Rows table(table_ + first * e, count, e);
    projection(c, table, projected);
    for (size_t r = 0; r < count; ++r) {
      for (size_t h = 0; h < heads_; ++h) {
        for (size_t j = 0; j < d; ++j) turned[(h * d + j) * count + r] = projected[r * e + h * d + j];
      }
    }
    c.arena.release(mark);
    return turned;
  }

  /// mixed [M, E] = attention over qkv [3, M, E] with the positional terms as its bias:
  /// bias[h, t, s] = scale·(q_t · Kr[δ] + k_s · Qr[δ]), δ the clamped bucket of t − s, Kr and Qr the keys and queries of
  /// the relative table. One sequence at a time, so that the bias takes [H, T, T] and not B times as much.
  void attend(size_t i, nn::Compute c, const float* qkv, float* mixed) const {
    const size_t m = rows(), e = hidden_size_, d = e / heads_, t = length_;
    // The reference counts the terms of pos_att_type even where relative_attention is off.
    nn::AttentionContext a = attention(1 / std::sqrt(float(d) * float(1 + c2p_ + p2c_)));
    if (!relative_ || (!c2p_ && !p2c_)) {
      c.kernels.attention(c.arena, nn::selfAttention(a, e, heads_, qkv, qkv + m * e, qkv + 2 * m * e, e, mixed));
      return;
    }
    size_t first = 0, count = 0;
    reach(first, count);
    const nn::EncoderLayer& block = blocks_[i];
    const float* keys = c2p_ ? projectTable(c, shareKeys_ ? block.key : positionKey_[i], first, count) : nullptr;
    const float* queries = p2c_ ? projectTable(c, shareKeys_ ? block.query : positionQuery_[i], first, count) : nullptr;
    float* bias = c.arena.alloc<float>(heads_ * t * t);  // [1, H, T, T]
    float* products = c.arena.alloc<float>(t * count);   // [T, count]
    size_t* column = c.arena.alloc<size_t>(2 * t);       // of the distance t − s, at t − s + T − 1
    if ((c2p_ && !keys) || (p2c_ && !queries) || !bias || !products || !column) return;
    for (size_t at = 0; at < 2 * t - 1; ++at) {
      const int64_t delta = bucket(int64_t(at) - int64_t(t) + 1) + int64_t(span_);
      column[at] = size_t(std::clamp<int64_t>(delta, 0, 2 * int64_t(span_) - 1)) - first;
    }
    a.batch = 1;
    a.bias = bias;
    a.biasHeadStride = t * t;
    for (size_t b = 0; b < batch_; ++b) {
      const float *q = qkv + b * t * e, *k = q + m * e, *v = k + m * e;  // [T, E] each
      std::memset(bias, 0, heads_ * t * t * sizeof(float));
      for (size_t h = 0; h < heads_; ++h) {
        float* out = bias + h * t * t;
        if (c2p_) {
          multiply(q + h * d, e, keys + h * d * count, t, d, count, a.scale, products);
          for (size_t x = 0; x < t; ++x) {
            for (size_t y = 0; y < t; ++y) out[x * t + y] += products[x * count + column[x + t - 1 - y]];
          }
        }
        if (p2c_) {
          multiply(k + h * d, e, queries + h * d * count, t, d, count, a.scale, products);
          for (size_t x = 0; x < t; ++x) {
            for (size_t y = 0; y < t; ++y) out[x * t + y] += products[y * count + column[x + t - 1 - y]];
          }
        }
      }
      a.keyMask = mask_ + b * t;
      c.kernels.attention(c.arena, nn::selfAttention(a, e, heads_, q, k, v, e, mixed + b * t * e));
    }
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
    if (types && !types.isNull() && !types.isArray() && !types.isString()) c.invalid(field, std::string(field) + " must be a list.");
    const auto take = [&](std::string_view name) {
      while (name.starts_with(' ')) name.remove_prefix(1);
      while (name.ends_with(' ')) name.remove_suffix(1);
      if (name == "c2p") c2p_ = true;
      else if (name == "p2c") p2c_ = true;
      else if (!name.empty() && name != "none") c.unsupported(field, "the attention term \"" + std::string(name) + "\"");
    };
    for (json::Value v : types.elements()) take(v.asString());
    std::string_view text = types.asString();
    while (!text.empty()) {
      const size_t bar = text.find('|');
      take(text.substr(0, bar));
      text = bar == std::string_view::npos ? std::string_view() : text.substr(bar + 1);
    }
  }

  bool tied_ = true, legacy_ = true, relative_ = false, shareKeys_ = false, c2p_ = false, p2c_ = false;
  bool positionInput_ = true, normRelative_ = false;
  float eps_ = 1e-7f;
  size_t heads_ = 0, positions_ = 0, embeddingSize_ = 0, span_ = 0, convolutionSize_ = 0;
  kernels::Activation convolutionActivation_ = kernels::Activation::Tanh;
  int32_t maxRelative_ = 0, buckets_ = -1;
  nn::EncoderShape shape_;
  nn::Embeddings embeddings_;
  nn::Linear embedProject_;
  nn::Vector relativeTable_;
  nn::Norm relativeNorm_, convolutionNorm_;
  nn::Conv1d convolution_;
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
