// What all encoder families share around their forward passes: checking the inputs, the steps, the heads. A
// family derives from it and says how to embed, what a layer is, and which tensors its head has.
#pragma once

#include "arch/config.h"
#include "arch/create_family.h"
#include "arch/encoders/text_heads.h"
#include "arch/model.h"
#include "nn/encoder_layer.h"

namespace wasmformers::arch {

class TextEncoder : public Model {
 public:
  TextEncoder(ConfigReader& config, const Request& request, size_t vocabulary);

  std::vector<std::string> inputNames() const override;
  std::vector<std::string> outputNames() const override;
  Status begin(Pass&) final;
  size_t steps() const final { return layers_ + 1; }
  Status step(size_t index, Pass&) final;

 protected:
  // The family's part. Letters: B batch (times choices), T length, M = B·T, E hidden size.
  /// hidden_ [M, E] from ids_, typeIds_, mask_.
  virtual void embed(nn::Compute) = 0;
  virtual void layer(size_t index, nn::Compute) = 0;
  /// After the last layer, before the head (a final norm).
  virtual void finish(nn::Compute) {}
  virtual const kernels::Matrix& wordEmbeddings() const = 0;

  /// Heads whose names and forms are the same in most families: TokenClassification `classifier`,
  /// QuestionAnswering `qa_outputs`.
  void declareTokenHead(nn::Weights&, const std::string& name);
  /// Refuses position_embedding_type other than "absolute" (what relative_key means left transformers in
  /// version 5).
  static void absolutePositionsOnly(ConfigReader&);
  /// The first token of every sequence (the first real one if `skipPadding`), [B, E].
  const float* firstTokens(nn::Compute, bool skipPadding = false) const;
  /// The mean over every sequence's real tokens, [B, E].
  const float* meanOfTokens(nn::Compute) const;
  /// act(pooler(first token)) [B, E], or nullptr where the checkpoint has no pooler.
  const float* pooled(nn::Compute) const;
  nn::AttentionContext attention(float scale) const;
  size_t rows() const { return batch_ * length_; }

  Request request_;
  size_t vocabulary_ = 0, hidden_size_ = 0, layers_ = 0, maxLength_ = 0, typeVocabulary_ = 0, labels_ = 2;
  nn::Linear pooler_;
  kernels::Activation poolerActivation_ = kernels::Activation::Tanh;
  Classifier classifier_;
  bool classifierOnPooled_ = false;  // the classifier reads pooled(), not the first token
  bool meanPooling_ = false;         // … or the mean over real tokens
  bool leftPaddedChoices_ = false;   // … or, for MultipleChoice, the first token that is not padding
  size_t squares_ = 0;               // T×T planes that a layer needs for attention biases
  MaskedLMHead lm_;

  // One pass at a time.
  size_t batch_ = 0, choices_ = 1, length_ = 0;
  const int32_t *ids_ = nullptr, *typeIds_ = nullptr;  // [M]; typeIds_ may be nullptr (all 0)
  uint8_t* mask_ = nullptr;                            // [M]
  float* hidden_ = nullptr;                            // [M, E]

 private:
  Status readInputs(Pass&);
  Status checkSize() const;
  Status head(Pass&);
  size_t next_ = kNotBegun;  // the step that is due
  static constexpr size_t kNotBegun = ~size_t(0);
};

/// Position ids as RoBERTa counts them: padding stays at padId, real tokens go padId + 1, padId + 2, …
/// (transformers modeling_roberta.py, create_position_ids_from_input_ids).
void robertaPositions(const int32_t* ids, size_t batch, size_t length, int32_t padId, int32_t* positions);

}  // namespace wasmformers::arch
