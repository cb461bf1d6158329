// What all text encoders share around their layers: inputs and their checks, steps, heads. A family derives from it and
// says how tokens are embedded, what a layer computes, and which names its heads have.
#pragma once

#include "arch/encoders/text_heads.h"
#include "arch/steps.h"
#include "nn/encoder_layer.h"

namespace wasmformers::arch {

/// input_ids [batch, length], attention_mask and token_type_ids of the same shape (MultipleChoice: [batch, choices,
/// length]) give the outputs of the head.
class TextEncoder : public Model {
 public:
  std::vector<Declared> inputs() const final;
  std::vector<Declared> outputs() const final { return head_.outputs(); }
  Limits limits() const final { return {maxLength_, trainedLength_, vocabulary_}; }
  Status begin(Pass&) final;
  size_t steps() const final { return layers_ + 1; }
  Status step(size_t index, Pass&) final;

 protected:
  /// `heads` is the family's table; ConfigError "unsupported_config" for a head that is not in it.
  TextEncoder(ConfigReader&, const Request&, std::span<const HeadNames> heads, size_t vocabulary);

  // The family's part. Letters: B sequences (batch times choices), T length, M = B·T rows, E hidden size.
  /// hidden_ [M, E] from ids_, typeIds_, mask_.
  virtual void embed(nn::Compute) = 0;
  /// hidden_ [M, E] in place.
  virtual void layer(size_t index, nn::Compute) = 0;
  /// After the last layer, before the head: a final norm of hidden_.
  virtual void finish(nn::Compute) {}
  /// The word table [V, embedding].
  virtual const kernels::Matrix& wordEmbeddings() const = 0;

  void declareHead(weights::Weights&, size_t embedding, float eps, bool tied);
  /// Whether the word table is the masked language model's decoder as well.
  bool tableDecodes() const { return request_.head == Head::MaskedLM && tied_; }
  /// Refuses a position_embedding_type other than "absolute": version 5 of transformers has no other.
  static void absolutePositionsOnly(ConfigReader&);
  nn::AttentionContext attention(float scale) const;
  size_t rows() const { return batch_ * length_; }

  Request request_;
  size_t vocabulary_ = 0, hiddenSize_ = 0, layers_ = 0;
  size_t maxLength_ = 0, trainedLength_ = 0;  // see Limits
  size_t typeVocabulary_ = 0;                 // 0: no token types
  size_t squares_ = 0;                        // T×T planes that a layer needs for attention biases
  bool tied_ = true;                          // tie_word_embeddings
  TextHead head_;

  // One pass at a time.
  size_t batch_ = 0, choices_ = 1, length_ = 0;        // batch_: sequences
  const int32_t *ids_ = nullptr, *typeIds_ = nullptr;  // [M]; typeIds_ nullptr: all 0
  uint8_t* mask_ = nullptr;                            // [M], 0: padding
  float* hidden_ = nullptr;                            // [M, E]

 private:
  std::vector<Declared> declared(bool withTypes) const;
  Status readInputs(Pass&);
  Status checkTypes() const;
  Steps steps_;
};

}  // namespace wasmformers::arch
