// The task layers on top of a text encoder. A family lists its heads in a table, one line per head with the names of
// the parts in its checkpoints; what a head computes from its parts stands here once.
#pragma once

#include <optional>
#include <span>

#include "arch/families.h"
#include "nn/linear.h"

namespace wasmformers::arch {

/// One line of a family's table of heads. A name is that of a Linear or Norm in the checkpoint; nullptr: the head has
/// no such part. Letters: h [M, E] the hidden states, h0 [B, E] those of each sequence's first token.
struct HeadNames {
  Head head = Head::Base;
  const char* pooler = nullptr;  // x = act(pooler(h0)); Base gives it as "pooler_output" where the file has it
  const char* dense = nullptr;   // x = act(dense(x))
  const char* norm = nullptr;    // x = norm(x)
  const char* out = nullptr;     // the output layer; of MaskedLM the decoder, nullptr where it has no name of its own
  const char* bias = nullptr;    // of MaskedLM's decoder
  std::optional<kernels::Activation> activation = {};  // of `dense`; by default the family's
};

/// BERT's heads, which DeBERTa kept.
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

/// RoBERTa's heads, which MPNet kept.
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
  // The family's constructor says what differs from BERT.
  size_t labels = 2;
  kernels::Activation activation = kernels::Activation::Gelu;        // of `dense`
  kernels::Activation poolerActivation = kernels::Activation::Tanh;  // of `pooler`
  nn::Bias denseBias = nn::Bias::Yes, normBias = nn::Bias::Yes;
  bool meanOfTokens = false;       // a sequence's class comes from the mean of its real tokens, not from the first
  bool leftPaddedChoices = false;  // MultipleChoice looks for the first real token
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
