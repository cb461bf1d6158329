// See text_encoder.h.
#include "arch/encoders/text_encoder.h"

#include <algorithm>
#include <cstring>

#include "arch/inputs.h"

namespace wasmformers::arch {

TextEncoder::TextEncoder(ConfigReader& c, const Request& request, std::span<const HeadNames> heads, size_t vocabulary)
    : request_(request) {
  vocabulary_ = c.size("vocab_size", vocabulary, 1 << 27);
  tied_ = c.flag("tie_word_embeddings", true);
  head_.labels = c.labels();
  const auto names =
      std::find_if(heads.begin(), heads.end(), [&](const HeadNames& h) { return h.head == request.head; });
  if (names != heads.end()) head_.names = *names;
  if (request.head == Head::CausalLM)
    c.unsupported("architectures", "an encoder family as a causal language model");
  else if (names == heads.end())
    c.unsupported("architectures", "this head of an encoder family");
  if (c.flag("is_decoder", false)) c.unsupported("is_decoder", "an encoder family used as a decoder");
}

void TextEncoder::absolutePositionsOnly(ConfigReader& c) {
  const std::string_view type = c.text("position_embedding_type", "absolute");
  if (type != "absolute")
    c.unsupported("position_embedding_type", "the position_embedding_type \"" + std::string(type) + "\"");
}

void TextEncoder::declareHead(weights::Weights& w, size_t embedding, float eps, bool tied) {
  head_.declare(w, {hiddenSize_, embedding, vocabulary_, eps, request_.format, tied});
}

std::vector<Declared> TextEncoder::declared(bool withTypes) const {
  Dims dims{"batch", "length"};
  if (request_.head == Head::MultipleChoice) dims = {"batch", "choices", "length"};
  std::vector<Declared> all{{"input_ids", DType::I32, dims}, {"attention_mask", DType::I32, dims, true}};
  if (withTypes) all.push_back({"token_type_ids", DType::I32, dims, true});
  return all;
}

std::vector<Declared> TextEncoder::inputs() const { return declared(typeVocabulary_ > 1); }

Status TextEncoder::readInputs(Pass& pass) {
  // A model without token types accepts token_type_ids of 0, as PyTorch's callers may give them.
  WF_TRY(checkInputs(pass, declared(true)));
  const Input *ids = pass.input("input_ids"), *types = pass.input("token_type_ids");
  choices_ = ids->shape.size() == 3 ? size_t(ids->shape[1]) : 1;
  batch_ = size_t(ids->shape[0]) * choices_;
  length_ = size_t(ids->shape.back());
  const size_t widest = std::max(3 * hiddenSize_, request_.head == Head::MaskedLM ? vocabulary_ : 0);
  const double b = double(batch_), t = double(length_);
  WF_TRY(checkSize(std::max(b * t * double(widest), t * t * double(squares_)), batch_, length_));
  WF_TRY(checkLength(*ids, maxLength_));
  ids_ = ids->data.as<int32_t>();
  WF_TRY(checkIds(ids_, rows(), length_, vocabulary_));
  typeIds_ = types ? types->data.as<int32_t>() : nullptr;
  WF_TRY(checkTypes());
  mask_ = pass.arena.alloc<uint8_t>(rows());
  if (!mask_) return {};
  if (const Input* mask = pass.input("attention_mask")) return readMask(*mask, length_, mask_);
  std::memset(mask_, 1, rows());
  return {};
}

Status TextEncoder::checkTypes() const {
  for (size_t i = 0; typeIds_ && i < rows(); ++i) {
    if (typeIds_[i] >= 0 && size_t(typeIds_[i]) < std::max<size_t>(typeVocabulary_, 1)) continue;
    const std::string has = typeVocabulary_ > 1 ? std::to_string(typeVocabulary_) + " token types" : "no token types";
    return inputError(
        "ids_out_of_range",
        at("token_type_ids", i, length_) + " is " + std::to_string(typeIds_[i]) + ", the model has " + has + ".",
        "token_type_ids");
  }
  return {};
}

Status TextEncoder::begin(Pass& pass) {
  steps_.stop();
  WF_TRY(readInputs(pass));
  hidden_ = pass.arena.alloc<float>(rows() * hiddenSize_);
  if (hidden_ && mask_) embed({pass.kernels, pass.arena});
  return steps_.begin(pass.arena);
}

Status TextEncoder::step(size_t index, Pass& pass) {
  WF_TRY(steps_.take(index, steps()));
  const nn::Compute c{pass.kernels, pass.arena};
  if (index < layers_) {
    layer(index, c);
  } else {
    finish(c);
    head_(c, {hidden_, mask_, batch_ / choices_, choices_, length_}, wordEmbeddings(), pass.outputs);
  }
  return steps_.check(pass.arena);
}

nn::AttentionContext TextEncoder::attention(float scale) const {
  nn::AttentionContext a{};
  a.batch = batch_;
  a.length = length_;
  a.keyMask = mask_;
  a.scale = scale;
  return a;
}

}  // namespace wasmformers::arch
