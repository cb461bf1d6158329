// The task layers on top of a text encoder. A family has a table of heads: one line per head, with the names of its
// parts in the checkpoint. What a head computes with its parts is here, once for all families.
#pragma once

#include <optional>
#include <span>

#include "arch/families.h"
#include "nn/linear.h"

namespace wasmformers::arch {

/// One line of a family's table of heads. A name is that of a Linear or Norm in the checkpoint; nullptr: the head has
/// no such part. x is first [M, E], the hidden states, or of a head per sequence [B, E], those of its first token.
struct HeadNames {
  Head head = Head::Base;
  const char* pooler = nullptr;  // x = act(pooler(x)); Base gives it as "pooler_output" where the file has it
  const char* dense = nullptr;   // x = act(dense(x))
  const char* norm = nullptr;    // x = norm(x)
  const char* out = nullptr;     // the output layer; of MaskedLM the decoder, nullptr where it has no name of its own
  const char* bias = nullptr;    // of MaskedLM's decoder
  std::optional<kernels::Activation> activation = {};  // of `dense`; by default the family's
};

/// The heads of BERT and DeBERTa.
inline constexpr HeadNames kBertHeads[] = {
    {.head = Head::Base, .pooler = "pooler.dense"},
    {.head = Head::SequenceClassification, .pooler = "pooler.dense", .out = "classifier"},
    {.head = Head::MultipleChoice, .pooler = "pooler.dense", .out = "classifier"},
    {.head = Head::TokenClassification, .out = "classifier"},
    {.head = Head::QuestionAnswering, .out = "qa_outputs"},
    {.head = Head::MaskedLM,
     .dense = "cls.predictions.transform.dense",
     .norm = "cls.predictions.transform.LayerNorm",
     .out = "cls.predictions.decoder",
     .bias = "cls.predictions.bias"},
};

/// The heads of RoBERTa and MPNet.
inline constexpr HeadNames kRobertaHeads[] = {
    {.head = Head::Base, .pooler = "pooler.dense"},
    {.head = Head::SequenceClassification,
     .dense = "classifier.dense",
     .out = "classifier.out_proj",
     .activation = kernels::Activation::Tanh},
    {.head = Head::MultipleChoice, .pooler = "pooler.dense", .out = "classifier"},
    {.head = Head::TokenClassification, .out = "classifier"},
    {.head = Head::QuestionAnswering, .out = "qa_outputs"},
    {.head = Head::MaskedLM,
     .dense = "lm_head.dense",
     .norm = "lm_head.layer_norm",
     .out = "lm_head.decoder",
     .bias = "lm_head.bias",
     .activation = kernels::Activation::Gelu},
};

/// What a head reads.
struct TextStates {
  const float* hidden;  // [M, E], M = batch × choices × length
  const uint8_t* mask;  // [M], 0: padding
  size_t batch, choices, length;
  size_t sequences() const { return batch * choices; }
  size_t rows() const { return sequences() * length; }
};

struct TextHead {
  HeadNames names;
  // A family's constructor sets what differs from BERT.
  size_t labels = 2;
  kernels::Activation activation = kernels::Activation::Gelu;        // of `dense`
  kernels::Activation poolerActivation = kernels::Activation::Tanh;  // of `pooler`
  nn::Bias denseBias = nn::Bias::Yes, normBias = nn::Bias::Yes;
  bool meanOfTokens = false;       // a head per sequence reads the mean of its real tokens, not the first token
  bool leftPaddedChoices = false;  // MultipleChoice reads the first token that is not padding
  const char* wordTable = "embeddings.word_embeddings.weight";  // what a tied decoder shares

  struct Sizes {
    size_t hidden, embedding, vocabulary;
    float eps;
    kernels::Format format;
    bool tied;  // MaskedLM's decoder is the word table
  };
  void declare(weights::Weights&, const Sizes&);
  std::vector<Declared> outputs() const;
  /// Adds outputs() to `into`. `words` is the word table [V, embedding].
  void operator()(nn::Compute, const TextStates&, const kernels::Matrix& words, std::vector<Output>& into) const;

 private:
  void declareDecoder(weights::Weights&, const Sizes&);
  bool isLM() const { return names.head == Head::MaskedLM; }
  size_t width() const;
  const float* perSequence(nn::Compute, const TextStates&) const;
  const float* firstTokens(nn::Compute, const TextStates&, bool skipPadding) const;
  const float* means(nn::Compute, const TextStates&) const;
  const float* pooled(nn::Compute, const TextStates&) const;
  const float* logits(nn::Compute, const float* x, size_t rows, const kernels::Matrix& words) const;

  size_t hidden_ = 0, vocabulary_ = 0;
  nn::Linear pooler_, dense_, out_;
  nn::Norm norm_;
  kernels::Matrix decoder_;  // MaskedLM's own, where not tied
  weights::Vector bias_;
};

}  // namespace wasmformers::arch
