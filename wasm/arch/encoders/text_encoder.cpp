// See text_encoder.h.
#include "arch/encoders/text_encoder.h"

#include <algorithm>
#include <cstring>

#include "arch/inputs.h"

namespace wasmformers::arch {

TextEncoder::TextEncoder(ConfigReader& c, const Request& request, size_t vocabulary) : request_(request) {
  vocabulary_ = c.size("vocab_size", vocabulary, 1 << 27);
  labels_ = c.labels();
  if (request.head == Head::CausalLM) c.unsupported("architectures", "an encoder family as a causal language model");
  if (c.flag("is_decoder", false)) c.unsupported("is_decoder", "an encoder family used as a decoder");
}

void TextEncoder::absolutePositionsOnly(ConfigReader& c) {
  const std::string_view type = c.text("position_embedding_type", "absolute");
  if (type != "absolute")
    c.unsupported("position_embedding_type", "the position_embedding_type \"" + std::string(type) + "\"");
}

std::vector<std::string> TextEncoder::inputNames() const {
  if (typeVocabulary_ > 1) return {"input_ids", "attention_mask", "token_type_ids"};
  return {"input_ids", "attention_mask"};
}

std::vector<std::string> TextEncoder::outputNames() const {
  if (request_.head == Head::Base && pooler_.present()) return {"last_hidden_state", "pooler_output"};
  if (request_.head == Head::Base) return {"last_hidden_state"};
  if (request_.head == Head::QuestionAnswering) return {"start_logits", "end_logits"};
  return {"logits"};
}

Status TextEncoder::readInputs(Pass& pass) {
  constexpr std::string_view kNames[] = {"input_ids", "attention_mask", "token_type_ids"};
  const size_t dims = request_.head == Head::MultipleChoice ? 3 : 2;
  WF_ASSIGN(const Input* ids,
            checkInputs(pass, kNames, dims, dims == 3 ? "[batch, choices, length]" : "[batch, length]"));
  choices_ = dims == 3 ? size_t(ids->shape[1]) : 1;
  batch_ = size_t(ids->shape[0]) * choices_;
  length_ = size_t(ids->shape.back());
  const size_t m = rows();
  WF_TRY(checkSize());
  WF_TRY(checkLength(*ids, maxLength_));
  ids_ = ids->data.as<int32_t>();
  WF_TRY(checkIds(ids_, m, length_, vocabulary_));
  const Input* types = pass.input("token_type_ids");
  typeIds_ = types ? types->data.as<int32_t>() : nullptr;
  for (size_t i = 0; typeIds_ && i < m; ++i) {
    if (typeIds_[i] >= 0 && size_t(typeIds_[i]) < std::max<size_t>(typeVocabulary_, 1)) continue;
    const std::string has = typeVocabulary_ > 1 ? std::to_string(typeVocabulary_) + " token types" : "no token types";
    return inputError(
        "ids_out_of_range",
        at("token_type_ids", i, length_) + " is " + std::to_string(typeIds_[i]) + ", the model has " + has + ".",
        "token_type_ids");
  }
  mask_ = pass.arena.alloc<uint8_t>(m);
  if (!mask_) return {};
  if (const Input* mask = pass.input("attention_mask")) return readMask(*mask, length_, mask_);
  std::memset(mask_, 1, m);
  return {};
}

// Products of these sizes must fit size_t (32 bits in Wasm) before anything is allocated by them.
Status TextEncoder::checkSize() const {
  const double widest =
      std::max<double>(3.0 * double(hidden_size_), request_.head == Head::MaskedLM ? double(vocabulary_) : 0);
  const double floats =
      std::max(double(batch_) * double(length_) * widest, double(length_) * double(length_) * double(squares_));
  if (floats < double(SIZE_MAX / 8)) return {};
  return tooLarge(batch_, length_);
}

Status TextEncoder::begin(Pass& pass) {
  next_ = kNotBegun;
  WF_TRY(readInputs(pass));
  hidden_ = pass.arena.alloc<float>(rows() * hidden_size_);
  if (!hidden_ || !mask_) return {};  // the caller sees the arena's failure
  embed({pass.kernels, pass.arena});
  next_ = 0;
  return {};
}

Status TextEncoder::step(size_t index, Pass& pass) {
  if (index != next_ || pass.arena.failed()) {
    return Status(ErrorClass::Internal, "wrong_step", "step " + std::to_string(index) + " is not the one that is due.");
  }
  next_ = index == layers_ ? kNotBegun : index + 1;
  if (index < layers_) {
    layer(index, {pass.kernels, pass.arena});
    return {};
  }
  return head(pass);
}

nn::AttentionContext TextEncoder::attention(float scale) const {
  nn::AttentionContext a{};
  a.batch = batch_;
  a.length = length_;
  a.keyMask = mask_;
  a.scale = scale;
  return a;
}

const float* TextEncoder::firstTokens(nn::Compute c, bool skipPadding) const {
  float* first = c.arena.alloc<float>(batch_ * hidden_size_);
  if (!first) return nullptr;
  for (size_t b = 0; b < batch_; ++b) {
    size_t t = 0;
    while (skipPadding && t < length_ && !mask_[b * length_ + t]) ++t;
    const size_t row = b * length_ + (t < length_ ? t : 0);
    std::memcpy(first + b * hidden_size_, hidden_ + row * hidden_size_, hidden_size_ * sizeof(float));
  }
  return first;
}

const float* TextEncoder::meanOfTokens(nn::Compute c) const {
  const size_t e = hidden_size_;
  float* mean = c.arena.alloc<float>(batch_ * e);
  if (!mean) return nullptr;
  std::memset(mean, 0, batch_ * e * sizeof(float));
  for (size_t b = 0; b < batch_; ++b) {
    size_t real = 0;
    for (size_t t = 0; t < length_; ++t) {
      const size_t row = b * length_ + t;
      if (!mask_[row]) continue;
      ++real;
      c.kernels.add(hidden_ + row * e, e, mean + b * e);
    }
    for (size_t i = 0; i < e; ++i) mean[b * e + i] /= float(std::max<size_t>(real, 1));
  }
  return mean;
}

const float* TextEncoder::pooled(nn::Compute c) const {
  if (!pooler_.present()) return nullptr;
  const float* first = firstTokens(c);
  float* y = c.arena.alloc<float>(batch_ * pooler_.weight.n());
  if (!first || !y) return nullptr;
  kernels::Rows x(first, batch_, hidden_size_);
  pooler_(c, x, y, 0, {.activation = poolerActivation_});
  return y;
}

void TextEncoder::declareTokenHead(nn::Weights& w, const std::string& name) {
  const size_t outputs = request_.head == Head::QuestionAnswering ? 2 : labels_;
  classifier_.out.declare(w, name, outputs, hidden_size_, kernels::Format::F32);
  labels_ = outputs;
}

Status TextEncoder::head(Pass& pass) {
  const nn::Compute c{pass.kernels, pass.arena};
  finish(c);
  const int64_t b = int64_t(batch_), t = int64_t(length_), e = int64_t(hidden_size_), n = int64_t(labels_);
  switch (request_.head) {
    case Head::CausalLM:  // refused when the model was made
    case Head::Base:
      pass.outputs.push_back({"last_hidden_state", {b, t, e}, hidden_});
      if (const float* p = pooled(c)) pass.outputs.push_back({"pooler_output", {b, e}, p});
      return {};
    case Head::MaskedLM:
      pass.outputs.push_back({"logits", {b, t, int64_t(vocabulary_)}, lm_(c, hidden_, rows(), wordEmbeddings())});
      return {};
    case Head::TokenClassification:
      pass.outputs.push_back({"logits", {b, t, n}, classifier_(c, hidden_, rows(), hidden_size_)});
      return {};
    case Head::QuestionAnswering: {
      const float* both = classifier_(c, hidden_, rows(), hidden_size_);  // [M, 2]
      float *start = c.arena.alloc<float>(rows()), *end = c.arena.alloc<float>(rows());
      if (!both || !start || !end) return {};
      for (size_t i = 0; i < rows(); ++i) {
        start[i] = both[2 * i];
        end[i] = both[2 * i + 1];
      }
      pass.outputs.push_back({"start_logits", {b, t}, start});
      pass.outputs.push_back({"end_logits", {b, t}, end});
      return {};
    }
    case Head::SequenceClassification:
    case Head::MultipleChoice: {
      const float* x = nullptr;  // [B, E]
      if (classifierOnPooled_) {
        x = pooled(c);
      } else if (meanPooling_) {
        x = meanOfTokens(c);
      } else {
        x = firstTokens(c, leftPaddedChoices_ && request_.head == Head::MultipleChoice);
      }
      if (!x) return {};
      const float* logits = classifier_(c, x, batch_, hidden_size_);
      if (request_.head == Head::MultipleChoice) {
        pass.outputs.push_back({"logits", {b / int64_t(choices_), int64_t(choices_)}, logits});
      } else {
        pass.outputs.push_back({"logits", {b, n}, logits});
      }
      return {};
    }
  }
  return {};
}

void robertaPositions(const int32_t* ids, size_t batch, size_t length, int32_t padId, int32_t* positions) {
  for (size_t b = 0; b < batch; ++b) {
    int32_t at = padId;
    for (size_t t = 0; t < length; ++t) {
      const size_t i = b * length + t;
      positions[i] = ids[i] == padId ? padId : ++at;
    }
  }
}

}  // namespace wasmformers::arch
