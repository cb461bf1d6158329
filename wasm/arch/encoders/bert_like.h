// The encoder that BERT made common (Devlin et al. 2018, arXiv:1810.04805): sums of word, position and token type
// embeddings, then layers with a norm after each residual sum. Here are the configuration, names and forward pass that
// such families share; each family's own file says what differs.
#pragma once

#include "arch/encoders/text_encoder.h"
#include "nn/embeddings.h"

namespace wasmformers::arch {

class BertLike : public TextEncoder {
 protected:
  /// What config.json's missing fields mean, and what it calls those that it has.
  struct Defaults {
    size_t vocabulary = 30522, hidden = 768, layers = 12, heads = 12, inner = 3072;
    size_t types = 2;
    float eps = 1e-12f;
    const char* activation = "gelu";
    const char *hiddenField = "hidden_size", *layersField = "num_hidden_layers", *headsField = "num_attention_heads",
               *innerField = "intermediate_size", *activationField = "hidden_act";
    const char *epsField = "layer_norm_eps", *typesField = "type_vocab_size";  // nullptr: no such field
  };
  BertLike(ConfigReader&, const Request&, std::span<const HeadNames>, const Defaults&);

  /// Makes real tokens count their positions from padId + 1 on, as RoBERTa does: padId + 1 fewer tokens fit.
  void startPositionsAfter(size_t padId);
  /// The position of each token, [M]: padding stays at `padId`, real tokens go padId + 1, padId + 2, … (transformers
  /// modeling_roberta.py, create_position_ids_from_input_ids). nullptr: the arena is full.
  const int32_t* positionsAfter(nn::Compute, int32_t padId) const;

  /// Declares the tables and the norm below "embeddings.", and a Linear `projection` that follows; nullptr: none does.
  void declareEmbeddings(weights::Weights&, const char* projection = nullptr);
  /// Declares layer i below `prefix` + i + ".".
  void declareLayers(weights::Weights&, const char* prefix, const nn::EncoderLayerNames&);
  void declareHead(weights::Weights& w) { TextEncoder::declareHead(w, embeddingSize_, shape_.normEps, tied_); }

  /// hidden_ = project?(norm(word[ids] + position[positions] + type[typeIds])); positions nullptr: 0, 1, …
  void embedAt(nn::Compute, const int32_t* positions);
  void embed(nn::Compute c) override { embedAt(c, nullptr); }
  void layer(size_t index, nn::Compute) override;
  const kernels::Matrix& wordEmbeddings() const override { return embeddings_.word; }
  /// Of the scores: 1/√D.
  float scale() const;

  nn::EncoderShape shape_;
  size_t positions_ = 0;      // rows of the position table
  size_t embeddingSize_ = 0;  // by default the hidden size
  nn::Embeddings embeddings_;
  nn::Linear project_;
  std::vector<nn::EncoderLayer> blocks_;
};

}  // namespace wasmformers::arch
