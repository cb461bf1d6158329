// Reads a GenerationConfig. Errors here are also what transformers only warns of (a minimum above the maximum), and
// options that would change the result but are not supported: no text is better than another one.
#include "generate/config.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "generate/options_reader.h"

namespace wasmformers::generate {
namespace {

using json::Value;

void readLengths(OptionsReader& r, GenerationConfig& c) {
  r.integer("max_length", 1, c.maxLength);
  r.integer("max_new_tokens", 1, c.maxNewTokens);
  r.integer("min_length", 0, c.minLength);
  r.integer("min_new_tokens", 0, c.minNewTokens);
  r.number("max_time", 0, 1e12, true, c.maxTime);
}

void readSearch(OptionsReader& r, GenerationConfig& c) {
  r.boolean("do_sample", c.doSample);
  r.integer("num_beams", 1, 1024, [&](int64_t n) { c.numBeams = n; });
  r.integer("num_return_sequences", 1, 1024, [&](int64_t n) { c.numReturnSequences = n; });
  r.number("length_penalty", c.lengthPenalty);
  r.custom("early_stopping", [&](Value v) {
    if (v.isBool())
      c.earlyStopping = v.asBool() ? EarlyStopping::WhenFull : EarlyStopping::Heuristic;
    else if (v.asString() == "never")
      c.earlyStopping = EarlyStopping::Never;
    else
      r.fail(wrong("early_stopping", "must be true, false or \"never\", not " + OptionsReader::described(v) + "."));
  });
  r.number("temperature", c.temperature);
  r.integer("top_k", 0, c.topK);
  r.number("top_p", 0, 1, false, c.topP);
  r.number("min_p", 0, 1, false, c.minP);
  r.number("typical_p", 0, 1, true, c.typicalP);
  r.number("epsilon_cutoff", 0, 1, false, c.epsilonCutoff);
  r.number("eta_cutoff", 0, 1, false, c.etaCutoff);
  r.integer("prompt_lookup_num_tokens", 1, kMost, [&](int64_t n) { c.promptLookup = size_t(n); });
  r.integer("max_matching_ngram_size", 1, kMost, [&](int64_t n) { c.maxMatchingNgram = size_t(n); });
  r.integer("seed", 0, int64_t(9e15), [&](int64_t n) { c.seed = uint64_t(n); });
}

void readTokens(OptionsReader& r, GenerationConfig& c) {
  r.custom("bad_words_ids", [&](Value v) {
    if (!v.isArray()) return r.fail(wrong("bad_words_ids", "must be a list of lists of token ids."));
    for (Value word : v.elements()) {
      r.list("bad_words_ids", word, 0, c.badWords.emplace_back());
      if (c.badWords.back().empty()) r.fail(wrong("bad_words_ids", "has a word without tokens."));
    }
  });
  r.ids("suppress_tokens", -kMost, c.suppress, false);  // ids outside the vocabulary have no effect
  r.ids("begin_suppress_tokens", -kMost, c.beginSuppress, false);
  r.integer("forced_bos_token_id", 0, kMost, [&](int64_t n) { c.forcedBos = int32_t(n); });
  r.ids("forced_eos_token_id", 0, c.forcedEos);
  r.custom("sequence_bias", [&](Value v) {
    if (!v.isArray()) return r.fail(wrong("sequence_bias", "must be a list of [[token ids], bias]."));
    for (Value pair : v.elements()) {
      SequenceBias& b = c.biases.emplace_back();
      if (pair.size() != 2 || !pair.at(1).isNumber())
        return r.fail(wrong("sequence_bias", "must be a list of [[token ids], bias]."));
      r.list("sequence_bias", pair.at(0), 0, b.ids);
      b.bias = float(pair.at(1).asNumber());
      if (b.ids.empty()) r.fail(wrong("sequence_bias", "has a sequence without tokens."));
    }
  });
  r.custom("logit_bias", [&](Value v) {
    if (!v.isObject())
      return r.fail(wrong("logit_bias", "must be an object of token ids and what is added to their scores."));
    for (auto [key, bias] : v.members()) {
      const bool digits =
          !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == std::string_view::npos;
      if (!digits || !bias.isNumber())
        return r.fail(wrong("logit_bias", "has \"" + std::string(key.substr(0, 40)) + "\": " +
                                              OptionsReader::described(bias) + "; token ids and numbers are needed."));
      c.tokenBiases.push_back({{int32_t(std::stoi(std::string(key)))}, float(bias.asNumber())});
    }
  });
  r.ids("eos_token_id", -kMost, c.eos);
  r.integer("pad_token_id", -kMost, kMost, [&](int64_t n) {
    if (n >= 0) c.pad = int32_t(n);
  });
  r.integer("bos_token_id", -kMost, kMost, [&](int64_t n) {
    if (n >= 0) c.bos = int32_t(n);
  });
}

void readScores(OptionsReader& r, GenerationConfig& c) {
  r.number("guidance_scale", c.guidanceScale);
  r.custom("negative_prompt_ids", [&](Value v) {
    if (!v.isArray()) return r.fail(wrong("negative_prompt_ids", "must be lists of token ids."));
    for (Value row : v.elements()) {
      r.list("negative_prompt_ids", row, 0, c.negativePrompts.emplace_back());
      if (c.negativePrompts.back().empty()) r.fail(wrong("negative_prompt_ids", "has a prompt without tokens."));
    }
  });
  r.boolean("output_scores", c.outputScores);
  r.boolean("output_logits", c.outputLogits);
  r.number("encoder_repetition_penalty", 0, 1e30, true, c.encoderRepetitionPenalty);
  r.integer("encoder_no_repeat_ngram_size", 0, c.encoderNoRepeatNgramSize);
  r.number("repetition_penalty", 0, 1e30, true, c.repetitionPenalty);
  r.number("presence_penalty", c.presencePenalty);
  r.number("frequency_penalty", c.frequencyPenalty);
  r.integer("no_repeat_ngram_size", 0, c.noRepeatNgramSize);
  r.boolean("remove_invalid_values", c.removeInvalidValues);
  r.boolean("renormalize_logits", c.renormalizeLogits);
  r.custom("exponential_decay_length_penalty", [&](Value v) {
    const auto start = wholeNumber(v.at(0));
    if (v.size() != 2 || !start || !v.at(1).isNumber())
      return r.fail(wrong("exponential_decay_length_penalty", "must be [start, factor]."));
    c.exponentialDecay = {double(*start), v.at(1).asNumber()};
  });
  bool wanted = false;
  r.custom("logprobs", [&](Value v) {
    const auto n = wholeNumber(v);
    if (v.isBool())
      wanted = v.asBool();
    else if (n && *n >= 0 && *n <= 1000)
      c.logprobs = *n;
    else
      r.fail(
          wrong("logprobs", "must be true, false, or how many of the most likely tokens to give (at most 1000), not " +
                                OptionsReader::described(v) + "."));
  });
  if (wanted) c.logprobs = 0;
  r.integer("top_logprobs", 0, 1000, [&](int64_t n) {
    if (c.logprobs || n > 0) c.logprobs = n;
  });
}

Status contradictions(const GenerationConfig& c) {
  if (c.doSample && !(c.temperature > 0))
    return wrong("temperature",
                 "must be above 0 when do_sample is true; for the most likely text set do_sample to false.");
  if (c.numReturnSequences > 1 && c.numBeams == 1 && !c.doSample)
    return wrong("num_return_sequences", "above 1 needs do_sample or num_beams: the most likely text is one.",
                 "contradiction");
  if (c.numBeams > 1 && c.numReturnSequences > c.numBeams) {
    return wrong("num_return_sequences",
                 "is " + std::to_string(c.numReturnSequences) + ", more than the " + std::to_string(c.numBeams) +
                     " of num_beams.",
                 "contradiction");
  }
  if (c.logprobs && c.numBeams > 1)
    return wrong("logprobs", "are for greedy search and sampling; beams have a score for each sequence.",
                 "contradiction");
  if (c.guidanceScale != 1 && c.numBeams > 1)
    return wrong("guidance_scale", "is for greedy search and sampling: num_beams must be 1.", "contradiction");
  if (c.guidanceScale != 1 && c.promptLookup)
    return wrong("guidance_scale", "doubles the rows, and prompt_lookup_num_tokens is for one.", "contradiction");
  if (c.promptLookup && (c.numBeams > 1 || c.numReturnSequences > 1))
    return wrong("prompt_lookup_num_tokens", "is for one sequence: num_beams and num_return_sequences must be 1.",
                 "contradiction");
  // With both, the new tokens count (transformers: _prepare_generated_length).
  if (c.minNewTokens && (c.maxNewTokens || !c.maxLength) && *c.minNewTokens > c.maxNewTokens.value_or(20)) {
    return wrong("min_new_tokens",
                 "is " + std::to_string(*c.minNewTokens) + ", more than the " +
                     std::to_string(c.maxNewTokens.value_or(20)) + " of max_new_tokens" +
                     (c.maxNewTokens ? "." : " (the default)."),
                 "contradiction");
  }
  if (!c.minNewTokens && c.maxLength && !c.maxNewTokens && c.minLength > *c.maxLength) {
    return wrong(
        "min_length",
        "is " + std::to_string(c.minLength) + ", more than the " + std::to_string(*c.maxLength) + " of max_length.",
        "contradiction");
  }
  const auto suppressed = [&](int32_t id) {
    return std::find(c.suppress.begin(), c.suppress.end(), id) != c.suppress.end();
  };
  if (c.forcedBos && suppressed(*c.forcedBos))
    return wrong("forced_bos_token_id", "is also in suppress_tokens.", "contradiction");
  if (!c.forcedEos.empty() && std::all_of(c.forcedEos.begin(), c.forcedEos.end(), suppressed)) {
    return wrong("forced_eos_token_id", "is also in suppress_tokens.", "contradiction");
  }
  return {};
}

}  // namespace

Result<GenerationConfig> GenerationConfig::parse(json::Value options) {
  if (!options.isObject()) return wrong("options", "must be an object, not " + OptionsReader::described(options) + ".");
  GenerationConfig c;
  OptionsReader r(options);
  readLengths(r, c);
  readSearch(r, c);
  readTokens(r, c);
  readScores(r, c);
  r.ignored({"transformers_version",
             "_from_model_config",
             "_commit_hash",
             "use_cache",
             "cache_implementation",
             "cache_config",
             "max_cache_len",
             "return_dict_in_generate",
             "decoder_start_token_id",
             "low_memory",
             "compile_config",
             "disable_compile",
             "continuous_batching_config",
             "prefill_chunk_size",
             "is_assistant",
             "num_assistant_tokens",
             "num_assistant_tokens_schedule",
             "assistant_confidence_threshold",
             "assistant_lookbehind",
             "target_lookbehind",
             "transformers.js_config"});
  r.unsupported("num_beam_groups", 1);
  r.unsupported("diversity_penalty", 0);
  r.unsupported("penalty_alpha", 0);
  for (const char* name :
       {"force_words_ids", "constraints", "top_h", "watermarking_config", "token_healing", "dola_layers",
        "assistant_early_exit", "assistant_ensemble_weight", "use_mtp", "speculation_type", "forced_decoder_ids",
        "stop_strings", "output_attentions", "output_hidden_states"}) {
    r.unsupported(name);
  }
  WF_TRY(r.finish());
  WF_TRY(contradictions(c));
  return c;
}

Result<GenerationConfig> GenerationConfig::parse(std::string_view json) {
  WF_ASSIGN(json::Document document, json::Document::parse(json, "", ErrorClass::Input));
  return parse(document.root());
}

}  // namespace wasmformers::generate
