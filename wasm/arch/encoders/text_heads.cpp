// See text_heads.h.
#include "arch/encoders/text_heads.h"

#include <algorithm>
#include <cstring>

namespace wasmformers::arch {

using kernels::Format;

// --- weights

void TextHead::declare(weights::Weights& w, const Sizes& s) {
  hidden_ = s.hidden;
  vocabulary_ = s.vocabulary;
  const size_t inner = isLM() ? s.embedding : s.hidden;
  const auto need = names.head == Head::Base ? weights::Need::Optional : weights::Need::Required;
  if (names.pooler) pooler_.declare(w, names.pooler, s.hidden, s.hidden, s.format, nn::Bias::Yes, need);
  if (names.dense) dense_.declare(w, names.dense, inner, s.hidden, s.format, denseBias);
  if (names.norm) norm_.declare(w, names.norm, inner, s.eps, normBias);
  if (isLM()) return declareDecoder(w, s);
  if (names.out) out_.declare(w, names.out, width(), s.hidden, Format::F32);
}

void TextHead::declareDecoder(weights::Weights& w, const Sizes& s) {
  const std::string out = names.out ? names.out : "", bias = names.bias ? names.bias : "";
  if (!s.tied)
    w.matrix(out + ".weight", decoder_, vocabulary_, s.embedding, s.format);
  else if (names.out)
    w.alias(out + ".weight", wordTable);  // some files hold the table under this name only
  if (!names.bias) return;
  // Where tied, the head's bias and its decoder's are one tensor; else the decoder's counts.
  const std::string decoderBias = names.out ? out + ".bias" : bias;
  w.vector(s.tied ? bias : decoderBias, bias_, {int64_t(vocabulary_)});
  w.alias(s.tied ? decoderBias : bias, s.tied ? bias : decoderBias);
}

// Outputs per token or sequence.
size_t TextHead::width() const {
  if (names.head == Head::MultipleChoice) return 1;
  return names.head == Head::QuestionAnswering ? 2 : labels;
}

std::vector<Declared> TextHead::outputs() const {
  switch (names.head) {
    case Head::Base: {
      std::vector<Declared> all{{"last_hidden_state", DType::F32, {"batch", "length", hidden_}}};
      if (pooler_.present()) all.push_back({"pooler_output", DType::F32, {"batch", hidden_}});
      return all;
    }
    case Head::QuestionAnswering:
      return {{"start_logits", DType::F32, {"batch", "length"}}, {"end_logits", DType::F32, {"batch", "length"}}};
    case Head::MaskedLM: return {{"logits", DType::F32, {"batch", "length", vocabulary_}}};
    case Head::TokenClassification: return {{"logits", DType::F32, {"batch", "length", labels}}};
    case Head::MultipleChoice: return {{"logits", DType::F32, {"batch", "choices"}}};
    default: return {{"logits", DType::F32, {"batch", labels}}};
  }
}

// --- forward

void TextHead::operator()(nn::Compute c, const TextStates& s, const kernels::Matrix& words,
                          std::vector<Output>& into) const {
  const float* results[2] = {};  // in the order of outputs()
  switch (names.head) {
    case Head::Base:
      results[0] = s.hidden;
      results[1] = pooler_.present() ? pooled(c, s) : nullptr;
      break;
    case Head::MaskedLM:
    case Head::TokenClassification: results[0] = logits(c, s.hidden, s.rows(), words); break;
    case Head::QuestionAnswering: {
      const float* both = logits(c, s.hidden, s.rows(), words);  // [M, 2]
      float *start = c.arena.alloc<float>(s.rows()), *end = c.arena.alloc<float>(s.rows());
      if (!both || !start || !end) return;
      for (size_t i = 0; i < s.rows(); ++i) {
        start[i] = both[2 * i];
        end[i] = both[2 * i + 1];
      }
      results[0] = start;
      results[1] = end;
      break;
    }
    default:  // a class per sequence
      if (const float* x = perSequence(c, s)) results[0] = logits(c, x, s.sequences(), words);
  }
  const float** result = results;
  for (const Declared& d : outputs()) {
    Shape shape;
    for (const Axis& axis : d.dims) {
      const std::string_view name = axis.name ? axis.name : "";
      shape.push_back(name == "batch"     ? int64_t(s.batch)
                      : name == "choices" ? int64_t(s.choices)
                      : name == "length"  ? int64_t(s.length)
                                          : axis.size);
    }
    into.push_back({d.name, std::move(shape), *result++});
  }
}

// What a sequence is classified by, [B, E].
const float* TextHead::perSequence(nn::Compute c, const TextStates& s) const {
  if (pooler_.present()) return pooled(c, s);
  if (meanOfTokens) return means(c, s);
  return firstTokens(c, s, leftPaddedChoices && names.head == Head::MultipleChoice);
}

// Each sequence's first token, or the first real one, [B, E].
const float* TextHead::firstTokens(nn::Compute c, const TextStates& s, bool skipPadding) const {
  float* first = c.arena.alloc<float>(s.sequences() * hidden_);
  for (size_t b = 0; first && b < s.sequences(); ++b) {
    size_t t = 0;
    while (skipPadding && t < s.length && !s.mask[b * s.length + t]) ++t;
    const size_t row = b * s.length + (t < s.length ? t : 0);
    std::memcpy(first + b * hidden_, s.hidden + row * hidden_, hidden_ * sizeof(float));
  }
  return first;
}

// The mean over each sequence's real tokens, [B, E].
const float* TextHead::means(nn::Compute c, const TextStates& s) const {
  float* mean = c.arena.alloc<float>(s.sequences() * hidden_);
  if (!mean) return nullptr;
  std::memset(mean, 0, s.sequences() * hidden_ * sizeof(float));
  for (size_t b = 0; b < s.sequences(); ++b) {
    float* const of = mean + b * hidden_;
    size_t real = 0;
    for (size_t row = b * s.length; row < (b + 1) * s.length; ++row) {
      if (!s.mask[row]) continue;
      ++real;
      c.kernels.add(s.hidden + row * hidden_, hidden_, of);
    }
    for (size_t i = 0; i < hidden_; ++i) of[i] /= float(std::max<size_t>(real, 1));
  }
  return mean;
}

// act(pooler(first token)), [B, E].
const float* TextHead::pooled(nn::Compute c, const TextStates& s) const {
  const float* first = firstTokens(c, s, false);
  float* y = c.arena.alloc<float>(s.sequences() * hidden_);
  if (!first || !y) return nullptr;
  kernels::Rows x(first, s.sequences(), hidden_);
  pooler_(c, x, y, 0, {.activation = poolerActivation});
  return y;
}

// out(norm(act(dense(x)))) [rows, width] of x [rows, E].
const float* TextHead::logits(nn::Compute c, const float* x, size_t rows, const kernels::Matrix& words) const {
  size_t size = hidden_;
  if (dense_.present()) {
    kernels::Rows in(x, rows, size);
    size = dense_.weight.n();
    float* y = c.arena.alloc<float>(rows * size);
    if (!y) return nullptr;
    dense_(c, in, y, 0, {.activation = names.activation.value_or(activation)});
    if (names.norm) norm_(c, y, rows, y);
    x = y;
  }
  kernels::Rows in(x, rows, size);
  const kernels::Matrix& decoder = !isLM() ? out_.weight : decoder_.empty() ? words : decoder_;
  float* y = c.arena.alloc<float>(rows * decoder.n());
  if (y) c.kernels.linear(c.arena, in, decoder, {.bias = isLM() ? bias_ : out_.bias}, y, decoder.n());
  return y;
}

}  // namespace wasmformers::arch
