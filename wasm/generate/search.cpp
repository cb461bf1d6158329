// What greedy search, sampling and beams share: checks of the prompts, lengths, padding and the clock.
#include "generate/search.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "generate/beams.h"
#include "generate/rows.h"
#include "generate/select.h"

namespace wasmformers::generate {
namespace {

double steadyClock() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// For a caller that gives no seed: another one each time.
uint64_t someSeed() {
  static uint64_t calls = 0;
  const uint64_t now = uint64_t(std::chrono::system_clock::now().time_since_epoch().count());
  return Random(now, ++calls).next() >> 12;  // fits in a double
}

Status checkPrompt(const int32_t* ids, const uint8_t* mask, size_t batch, size_t length, size_t vocabulary) {
  if (batch == 0 || length == 0)
    return Status(ErrorClass::Input, "empty_input", "There is no token to go on from.").atField("input_ids");
  for (size_t r = 0; r < batch; ++r) {
    bool begun = false;
    for (size_t i = 0; i < length; ++i) {
      const bool real = !mask || mask[r * length + i];
      const int32_t id = ids[r * length + i];
      if (size_t(id) >= vocabulary) {
        return Status(ErrorClass::Input, "token_out_of_range",
                      "input_ids[" + std::to_string(r) + "][" + std::to_string(i) + "] is " + std::to_string(id) +
                          "; the model's vocabulary has " + std::to_string(vocabulary) + ".")
            .atField("input_ids");
      }
      if (begun && !real) {
        return Status(ErrorClass::Input, "right_padding",
                      "Row " + std::to_string(r) +
                          " has padding after its text; generation needs it in front (padding_side \"left\").")
            .atField("attention_mask");
      }
      begun = begun || real;
    }
    if (!begun)
      return Status(ErrorClass::Input, "empty_input", "Row " + std::to_string(r) + " is padding only.")
          .atField("attention_mask");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Search>> Search::create(GenerationConfig config, const int32_t* ids, const uint8_t* mask,
                                               size_t batch, size_t length, size_t vocabulary, size_t context,
                                               Clock clock) {
  WF_TRY(checkPrompt(ids, mask, batch, length, vocabulary));
  // _prepare_generated_length: new tokens count before the whole; without either there are 20 new ones.
  const bool whole = config.maxLength && !config.maxNewTokens;
  uint64_t most = whole ? uint64_t(*config.maxLength) : length + uint64_t(config.maxNewTokens.value_or(20));
  if (most <= length) {
    return Status(ErrorClass::Input, "prompt_too_long",
                  "The prompt has " + std::to_string(length) + " tokens, max_length is " + std::to_string(most) +
                      ": no room for new ones.")
        .atField("max_length");
  }
  if (config.minNewTokens && length + uint64_t(*config.minNewTokens) > most) {
    return Status(ErrorClass::Input, "contradiction",
                  "min_new_tokens is " + std::to_string(*config.minNewTokens) + ", but max_length leaves room for " +
                      std::to_string(most - length) + ".")
        .atField("min_new_tokens");
  }
  if (context && length >= context) {
    return Status(ErrorClass::Input, "prompt_too_long",
                  "The prompt has " + std::to_string(length) + " tokens; the model sees at most " +
                      std::to_string(context) + ", new ones included.")
        .atField("input_ids");
  }
  if (context) most = std::min<uint64_t>(most, context);
  if (config.promptLookup && batch > 1) {
    return Status(ErrorClass::Input, "contradiction",
                  "prompt_lookup_num_tokens is for one prompt, not " + std::to_string(batch) + ".")
        .atField("prompt_lookup_num_tokens");
  }
  const bool beams = config.numBeams > 1;
  const uint64_t rows = uint64_t(batch) * uint64_t(beams ? config.numBeams : config.numReturnSequences);
  if (rows * most > 1u << 28) {
    return Status(
               ErrorClass::Memory, "out_of_memory",
               std::to_string(rows) + " rows of up to " + std::to_string(most) + " tokens are too many; ask for fewer.")
        .atField("max_new_tokens");
  }
  if (beams && vocabulary < std::max<size_t>(2, 1 + config.eos.size())) {
    return Status(ErrorClass::Input, "contradiction", "Beams need a token that is not EOS.").atField("eos_token_id");
  }

  std::unique_ptr<Search> g;
  if (beams)
    g = std::make_unique<Beams>();
  else
    g = std::make_unique<Rows>();
  g->config_ = std::move(config);
  g->promptIds_.assign(ids, ids + batch * length);
  if (mask) {
    for (size_t i = 0; i < batch * length; ++i) g->promptMask_.push_back(mask[i] != 0);
  } else {
    g->promptMask_.assign(batch * length, 1);
  }
  for (size_t r = 0; r < batch; ++r) {
    const auto row = g->promptMask_.begin() + ptrdiff_t(r * length);
    g->padding_.push_back(size_t(std::find(row, row + ptrdiff_t(length), 1) - row));
  }
  g->batch_ = batch;
  g->prompt_ = length;
  g->vocabulary_ = vocabulary;
  g->maxLength_ = size_t(most);
  g->mostRows_ = size_t(rows);
  g->resultRows_ = batch * size_t(g->config_.numReturnSequences);
  g->rowsPerScore_ = size_t(rows) / batch;
  g->seed_ = g->config_.seed ? *g->config_.seed : someSeed();
  // _prepare_special_tokens: without a padding token EOS serves. With neither, no row ends before another.
  g->pad_ = g->config_.pad.value_or(g->config_.eos.empty() ? 0 : std::max(0, g->config_.eos[0]));
  g->clock_ = clock ? std::move(clock) : Clock(steadyClock);
  g->begun_ = g->clock_();
  WF_TRY(g->begin());
  return g;
}

Status Search::accept(float* scores) {
  WF_TRY(process(scores));
  return choose(scores);
}

void Search::expandScores(const float* scores, float* to) {
  for (size_t r = 0; r < batch_ * rowsPerScore_; ++r)
    std::copy_n(scores + r / rowsPerScore_ * vocabulary_, vocabulary_, to + r * vocabulary_);
  rowsPerScore_ = 1;
}

size_t Search::mergeGuidance(float* scores, size_t rows) {
  if (merged_) return rows;
  merged_ = true;
  return mergeAll(scores, rows);
}

Status Search::process(float* scores) {
  mergeGuidance(scores, 0);
  Status s = processAll(scores);
  finished_ = finished_ || !s.ok();
  return s;
}

Status Search::choose(float* scores) {
  replay_ = merged_ = false;
  Status s = chooseAll(scores);
  finished_ = finished_ || !s.ok();
  return s;
}

Feed Search::whole(const std::vector<const std::vector<int32_t>*>& texts, const std::vector<uint32_t>& prompts) {
  wholeIds_.clear();
  wholeMask_.clear();
  for (size_t r = 0; r < texts.size(); ++r) {
    const auto mask = promptMask_.begin() + ptrdiff_t(prompts[r] * prompt_);
    wholeIds_.insert(wholeIds_.end(), texts[r]->begin(), texts[r]->end());
    wholeMask_.insert(wholeMask_.end(), mask, mask + ptrdiff_t(prompt_));
    wholeMask_.insert(wholeMask_.end(), texts[r]->size() - prompt_, 1);
  }
  return {wholeIds_.data(), wholeMask_.data(), texts.size(), texts[0]->size(), nullptr, prompts.data()};
}

bool Search::isEos(int32_t id) const {
  return std::find(config_.eos.begin(), config_.eos.end(), id) != config_.eos.end();
}

bool Search::timeIsOver() const { return config_.maxTime && clock_() - begun_ > *config_.maxTime * 1000; }

Status Search::noTokenLeft() {
  return Status(
             ErrorClass::Input, "no_token_left",
             "The settings forbid every token (suppress_tokens, bad_words_ids, no_repeat_ngram_size, min_new_tokens).")
      .atField("suppress_tokens");
}

Status Search::checkScores(const float* scores) const {
  if (config_.removeInvalidValues) return {};
  if (belowInfinity(scores, vocabulary_)) return {};
  return Status(ErrorClass::Weights, "not_a_number",
                "The model's scores are not numbers; its weights may be damaged, or too large for this dtype "
                "(remove_invalid_values goes on nevertheless).")
      .atField("logits");
}

}  // namespace wasmformers::generate
