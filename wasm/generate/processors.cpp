// See processors.h; each function names the class of logits_process.py that it follows.
// Optimize: speed
#include "generate/processors.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "generate/select.h"

namespace wasmformers::generate {
namespace {

Status outside(std::string_view field, int32_t id, size_t vocabulary) {
  return Status(ErrorClass::Input, "token_out_of_range",
                std::string(field) + " has the token " + std::to_string(id) + "; the model's vocabulary has " +
                    std::to_string(vocabulary) + ".")
      .atField(field);
}
Status inside(std::string_view field, const std::vector<int32_t>& ids, size_t vocabulary) {
  for (int32_t id : ids) {
    if (size_t(id) >= vocabulary) return outside(field, id, vocabulary);
  }
  return {};
}

/// Whether the sequence ends with all of `ids` but the last.
bool precedes(const std::vector<int32_t>& ids, const History& h) {
  const size_t n = ids.size() - 1;
  return n <= h.length && std::equal(ids.begin(), ids.end() - 1, h.ids + h.length - n);
}

}  // namespace

Result<Processors> Processors::create(const GenerationConfig& c, size_t promptLength, size_t maxLength,
                                      size_t vocabulary) {
  Processors p;
  p.config_ = &c;
  p.vocabulary_ = vocabulary;
  p.maxLength_ = maxLength;
  if (!c.eos.empty()) p.minLength_ = c.minNewTokens ? promptLength + size_t(*c.minNewTokens) : size_t(c.minLength);
  // SuppressTokensAtBegin: a forced BOS comes first.
  p.beginIndex_ = promptLength + (promptLength <= 1 && c.forcedBos ? 1 : 0);
  for (const SequenceBias& b : c.biases) {
    WF_TRY(inside("sequence_bias", b.ids, vocabulary));
    const auto same = std::find_if(p.biases_.begin(), p.biases_.end(), [&](const auto& o) { return o.ids == b.ids; });
    if (same == p.biases_.end())
      p.biases_.push_back(b);
    else
      same->bias = b.bias;
  }
  for (const SequenceBias& b : c.tokenBiases) WF_TRY(inside("logit_bias", b.ids, vocabulary));
  for (const auto& word : c.badWords) {
    WF_TRY(inside("bad_words_ids", word, vocabulary));
    const bool eos = word.size() == 1 && std::find(c.eos.begin(), c.eos.end(), word[0]) != c.eos.end();
    if (!eos) p.badWords_.push_back(word);
  }
  if (c.forcedBos) WF_TRY(inside("forced_bos_token_id", {*c.forcedBos}, vocabulary));
  WF_TRY(inside("forced_eos_token_id", c.forcedEos, vocabulary));
  if (c.repetitionPenalty != 1 || c.encoderRepetitionPenalty != 1 || c.presencePenalty != 0 || c.frequencyPenalty != 0)
    p.counts_.resize(vocabulary);
  return p;
}

void Processors::apply(float* scores, const History& h) {
  const GenerationConfig& c = *config_;
  bias(scores, h);
  if (c.encoderRepetitionPenalty != 1) repetition(scores, h, 1 / c.encoderRepetitionPenalty, h.prompt);
  if (c.repetitionPenalty != 1) repetition(scores, h, c.repetitionPenalty, h.length);
  if (c.presencePenalty != 0 || c.frequencyPenalty != 0) counted(scores, h);
  if (c.noRepeatNgramSize > 0) ngrams(scores, h, c.noRepeatNgramSize, h.length);
  if (c.encoderNoRepeatNgramSize > 0) ngrams(scores, h, c.encoderNoRepeatNgramSize, h.prompt);
  for (const auto& word : badWords_) {  // NoBadWordsLogitsProcessor
    if (precedes(word, h)) scores[word.back()] = kNever;
  }
  if (h.length < minLength_) forbid(scores, c.eos);  // MinLength, MinNewTokensLength
  if (c.forcedBos && h.length == 1) only(scores, &*c.forcedBos, 1);
  if (!c.forcedEos.empty() && h.length + 1 == maxLength_) only(scores, c.forcedEos.data(), c.forcedEos.size());
  if (c.removeInvalidValues) {  // InfNanRemove
    for (size_t i = 0; i < vocabulary_; ++i)
      scores[i] = std::isnan(scores[i]) ? 0 : std::clamp(scores[i], -FLT_MAX, FLT_MAX);
  }
  if (c.exponentialDecay) {  // ExponentialDecayLengthPenalty
    const double start = double(h.prompt) + c.exponentialDecay->first;
    if (double(h.length) > start) {
      const double factor = std::pow(c.exponentialDecay->second, double(h.length) - start) - 1;
      for (int32_t id : c.eos) {
        if (id >= 0 && size_t(id) < vocabulary_ && std::isfinite(scores[id]))
          scores[id] += std::fabs(scores[id]) * float(factor);
      }
    }
  }
  if (c.repetitionPenalty != 1 || c.encoderRepetitionPenalty != 1 || c.presencePenalty != 0 ||
      c.frequencyPenalty != 0 || c.exponentialDecay || !biases_.empty() || !c.tokenBiases.empty()) {
    for (size_t i = 0; i < vocabulary_; ++i)
      scores[i] = scores[i] < kMostScore ? scores[i] : std::isnan(scores[i]) ? kNever : kMostScore;
  }
  forbid(scores, c.suppress);
  if (h.length == beginIndex_) forbid(scores, c.beginSuppress);
}

// SequenceBias: all biases count on the ids as they are, then are added at once. logit_bias is added the same way.
void Processors::bias(float* scores, const History& h) const {
  for (const SequenceBias& b : biases_) {
    if (precedes(b.ids, h)) scores[b.ids.back()] += b.bias;
  }
  for (const SequenceBias& b : config_->tokenBiases) scores[b.ids[0]] += b.bias;
}

// RepetitionPenalty: every id once, prompt and generated, without the left padding; EncoderRepetitionPenalty: of the
// prompt, the other way.
void Processors::repetition(float* scores, const History& h, double by, size_t until) {
  const float penalty = float(by);
  for (size_t i = h.padding; i < until; ++i) {
    const size_t id = size_t(h.ids[i]);
    if (id >= vocabulary_ || counts_[id]++) continue;
    scores[id] = scores[id] < 0 ? scores[id] * penalty : scores[id] / penalty;
  }
  for (size_t i = h.padding; i < until; ++i) {
    if (size_t(h.ids[i]) < vocabulary_) counts_[size_t(h.ids[i])] = 0;
  }
}

// OpenAI's: score − times·frequency − (times > 0)·presence, of generated tokens only.
void Processors::counted(float* scores, const History& h) {
  for (size_t i = h.prompt; i < h.length; ++i) ++counts_[size_t(h.ids[i])];
  for (size_t i = h.prompt; i < h.length; ++i) {
    const size_t id = size_t(h.ids[i]);
    if (counts_[id]) scores[id] -= float(counts_[id] * config_->frequencyPenalty + config_->presencePenalty);
    counts_[id] = 0;
  }
}

// NoRepeatNGram: a token that followed what the sequence ends with, n − 1 ids, does not follow it again;
// EncoderNoRepeatNGram: that followed it in the prompt.
void Processors::ngrams(float* scores, const History& h, int64_t size, size_t until) const {
  const size_t n = size_t(size);
  if (h.length < n) return;
  const int32_t* suffix = h.ids + h.length + 1 - n;
  for (size_t i = 0; i + n <= until; ++i) {
    const size_t next = size_t(h.ids[i + n - 1]);
    if (next < vocabulary_ && std::equal(suffix, h.ids + h.length, h.ids + i)) scores[next] = kNever;
  }
}

// ForcedBOSToken, ForcedEOSToken
void Processors::only(float* scores, const int32_t* ids, size_t count) const {
  std::fill(scores, scores + vocabulary_, kNever);
  for (size_t i = 0; i < count; ++i) scores[ids[i]] = 0;
}

void Processors::forbid(float* scores, const std::vector<int32_t>& ids) const {
  for (int32_t id : ids) {
    if (id >= 0 && size_t(id) < vocabulary_) scores[id] = kNever;
  }
}

}  // namespace wasmformers::generate
