// The options of a search, by the names of generation_config.json (transformers 5: generation/configuration_utils.py).
// In addition: presence_penalty, frequency_penalty, logit_bias (OpenAI's), seed, logprobs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "json/json.h"

namespace wasmformers::generate {

/// Adds `bias` to the score of the last id where the others precede it.
struct SequenceBias {
  std::vector<int32_t> ids;
  float bias = 0;
};

enum class EarlyStopping : uint8_t { Heuristic, WhenFull, Never };  // false, true, "never"

struct GenerationConfig {
  // Lengths count prompt and new tokens, or with "new" only the latter. Without a maximum: 20 new tokens.
  std::optional<int64_t> maxLength, maxNewTokens, minNewTokens;
  int64_t minLength = 0;
  std::optional<double> maxTime;  // seconds

  bool doSample = false;
  int64_t numBeams = 1, numReturnSequences = 1;
  EarlyStopping earlyStopping = EarlyStopping::Heuristic;
  double lengthPenalty = 1;

  double temperature = 1, topP = 1, typicalP = 1, epsilonCutoff = 0, etaCutoff = 0;
  int64_t topK = 50;  // 0: all
  std::optional<double> minP;
  std::optional<uint64_t> seed;  // none: another one each time

  double encoderRepetitionPenalty = 1;  // of the prompt's tokens alone, as the following
  int64_t encoderNoRepeatNgramSize = 0;
  double repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0;
  int64_t noRepeatNgramSize = 0;
  std::vector<std::vector<int32_t>> badWords;
  std::vector<int32_t> suppress, beginSuppress;
  std::optional<int32_t> forcedBos;
  std::vector<int32_t> forcedEos;
  std::vector<SequenceBias> biases;                           // sequence_bias
  std::vector<SequenceBias> tokenBiases;                      // logit_bias, one id each
  std::optional<std::pair<double, double>> exponentialDecay;  // [start, factor]
  bool removeInvalidValues = false, renormalizeLogits = false;

  std::vector<int32_t> eos;  // negative ids never match
  std::optional<int32_t> pad, bos;
  double guidanceScale = 1;                           // 1: off
  std::vector<std::vector<int32_t>> negativePrompts;  // negative_prompt_ids, without padding
  bool outputScores = false, outputLogits = false;    // keep those of each step: takeScores(), takeLogits()
  size_t promptLookup = 0, maxMatchingNgram = 2;      // prompt_lookup_num_tokens, max_matching_ngram_size
  std::optional<int64_t> logprobs;                    // of the picked token and of so many most likely ones

  /// InputError that names the field: a wrong type, a value out of range, settings that contradict each other, an
  /// option that is unknown ("unknown_option") or not supported ("unsupported_option"). null is as if absent.
  static Result<GenerationConfig> parse(json::Value options);
  static Result<GenerationConfig> parse(std::string_view json);
};

}  // namespace wasmformers::generate
