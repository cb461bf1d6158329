// Options of generation, on a toy model: they give a named error, or sequences of the documented shapes, whatever a
// caller does in between. The input: a byte that chooses what the caller does, then the options: as JSON or, so that
// most are valid, as bytes that choose names and values.
#include <algorithm>

#include "checks.h"
#include "generate/search.h"

using namespace wasmformers;
using namespace wasmformers::fuzz;
using namespace wasmformers::generate;

namespace {

constexpr size_t kVocabulary = 11, kContext = 20, kPrompt = 3;
constexpr int32_t kIds[] = {0, 4, 9, 5, 5, 5};
constexpr uint8_t kMask[] = {0, 1, 1, 1, 1, 1};

/// Options as JSON: each pair of bytes chooses a name and a value.
std::string chosen(Bytes in) {
  static const std::vector<std::vector<const char*>> kOptions = {
      {"max_new_tokens", "1", "5", "17", "900"},
      {"max_length", "4", "9", "20"},
      {"min_new_tokens", "0", "2", "6"},
      {"min_length", "5", "8"},
      {"max_time", "0.3", "1", "50"},
      {"do_sample", "true", "false"},
      {"num_beams", "1", "2", "3", "5"},
      {"num_return_sequences", "1", "2", "3"},
      {"early_stopping", "true", "false", "\"never\""},
      {"length_penalty", "-2", "0", "1", "3.5"},
      {"temperature", "0.1", "1", "9"},
      {"top_k", "0", "1", "4"},
      {"top_p", "0", "0.5", "1"},
      {"min_p", "0", "0.3", "1"},
      {"typical_p", "0.01", "0.5"},
      {"epsilon_cutoff", "0.1", "1"},
      {"eta_cutoff", "0.1", "1"},
      {"seed", "1", "77"},
      {"repetition_penalty", "0.5", "1.5", "1e30"},
      {"presence_penalty", "-1", "2", "1e30"},
      {"frequency_penalty", "-1", "2"},
      {"no_repeat_ngram_size", "1", "2", "9"},
      {"bad_words_ids", "[[1],[2,3]]", "[[5,5],[4]]"},
      {"suppress_tokens", "[1,2]", "[0,1,2,3,4,5,6,7,8,9,10]", "[-1,99]"},
      {"begin_suppress_tokens", "[5]"},
      {"forced_bos_token_id", "3"},
      {"forced_eos_token_id", "2", "[2,3]"},
      {"sequence_bias", "[[[5,5],9.5],[[4],-1e30]]"},
      {"logit_bias", "{\"3\":2,\"4\":-100}"},
      {"exponential_decay_length_penalty", "[1,1.5]", "[0,-3]", "[2,1e30]"},
      {"eos_token_id", "2", "[1,2,3]", "[-1]", "[]", "[0,1,2,3,4,5,6,7,8,9,10]"},
      {"pad_token_id", "0", "5", "-1"},
      {"remove_invalid_values", "true"},
      {"renormalize_logits", "true"},
      {"logprobs", "true", "2", "1000"},
  };
  std::string out = "{";
  std::vector<bool> taken(kOptions.size());
  while (!in.rest().empty()) {
    const size_t which = in.byte() % kOptions.size();
    const auto& option = kOptions[which];
    const char* const value = option[1 + in.byte() % (option.size() - 1)];
    if (taken[which]) continue;
    taken[which] = true;
    out += (out.size() > 1 ? ",\"" : "\"") + std::string(option[0]) + "\":" + value;
  }
  return out + "}";
}

/// Scores from a hash of the row's last token, the step and the token.
void answer(const Feed& feed, uint32_t step, std::vector<float>& logits) {
  logits.clear();
  for (size_t r = 0; r < feed.rows; ++r) {
    const uint32_t last = uint32_t(feed.ids[(r + 1) * feed.length - 1]);
    for (uint32_t t = 0; t < kVocabulary; ++t) {
      uint32_t h = last * 73856093u ^ step * 19349663u ^ t * 83492791u;
      h = (h ^ h >> 15) * 0x2C1B3C6Du;
      logits.push_back(float(h >> 12) / (1 << 18) - 2);
    }
  }
}

void checkFeed(const Feed& feed, const Search& g, size_t before) {
  FUZZ_CHECK(feed.rows > 0 && feed.rows <= std::max(g.mostRows(), g.batch()) && feed.length > 0);
  for (size_t i = 0; i < feed.rows * feed.length; ++i)
    FUZZ_CHECK(size_t(feed.ids[i]) < kVocabulary || before == 0 || !feed.mask[i]);
  for (size_t r = 0; feed.from && r < feed.rows; ++r) FUZZ_CHECK(feed.from[r] < before);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes in({reinterpret_cast<const char*>(data), size});
  const uint8_t how = in.byte();
  const std::string options = how & 128 ? chosen(in) : std::string(in.rest());
  auto config = GenerationConfig::parse(options);
  if (!config.ok()) {
    FUZZ_CHECK(!config.status().code().empty() && !config.status().message().empty());
    return 0;
  }
  if (config->numBeams * config->numReturnSequences > 256) return 0;  // slow, and tests nothing that fewer do not
  const size_t batch = how & 1 ? 2 : 1;
  double now = 0;
  auto made = Search::create(config.take(), kIds, how & 2 ? kMask : nullptr, batch, kPrompt, kVocabulary, kContext,
                             [&] { return now += 100; });
  if (!made.ok()) {
    FUZZ_CHECK(!made.status().code().empty() && !made.status().message().empty());
    return 0;
  }
  Search& g = **made;
  FUZZ_CHECK(g.maxLength() > kPrompt && g.maxLength() <= kContext);
  const bool paused = how & 4;
  if (paused) g.editScores();
  if (how & 8) g.askForEndings();
  std::vector<float> logits;
  std::vector<int32_t> stream;
  size_t before = 0;
  Status s;
  for (uint32_t step = 0; s.ok() && !g.finished(); ++step) {
    FUZZ_CHECK(step < kContext);
    if (how & 16 && step % 3 == 2) g.replay();
    const Feed feed = g.feed();
    checkFeed(feed, g, before);
    before = feed.rows;
    answer(feed, step, logits);
    if (const size_t each = g.rowsPerScore(); paused && each > 1) {
      std::vector<float> wide(feed.rows * each * kVocabulary);
      g.expandScores(logits.data(), wide.data());
      logits = std::move(wide);
      before = feed.rows;
    }
    s = g.process(logits.data());
    if (s.ok()) s = g.choose(logits.data());
    if (g.awaitsEndings()) {
      const auto rows = g.continuations();
      FUZZ_CHECK(rows.values.size() == rows.count * rows.rows && rows.count == step + 1);
      std::vector<Ending> ends(rows.rows);
      for (size_t r = 0; r < ends.size(); ++r) ends[r] = (r + how) % 5 == 0 ? Ending::Stop : Ending::None;
      if (how & 32 && step == 4) g.stop();
      g.decide(ends.data());
      if (how & 32 && step == 4) FUZZ_CHECK(g.finished());
    } else if (how & 32 && step == 4) {
      g.stop();
      FUZZ_CHECK(g.finished());
    }
    if (how & 64) g.stopRow(step, Ending::Stop);
    const auto fresh = g.takeTokens();
    FUZZ_CHECK(fresh.values.size() == fresh.count * g.resultRows());
    stream.insert(stream.end(), fresh.values.begin(), fresh.values.end());
  }
  FUZZ_CHECK(s.ok() || !s.code().empty());
  if (!s.ok()) return 0;
  const auto all = g.sequences();
  FUZZ_CHECK(all.rows == g.resultRows() && all.count <= g.maxLength() && all.values.size() == all.rows * all.count);
  FUZZ_CHECK(stream.size() == all.rows * (all.count - kPrompt));
  for (size_t r = 0; r < all.rows; ++r) {
    for (size_t i = kPrompt; i < all.count; ++i)
      FUZZ_CHECK(stream[(i - kPrompt) * all.rows + r] == all.values[r * all.count + i]);
  }
  const auto counts = g.newTokens();
  const auto endings = g.endings();
  FUZZ_CHECK(counts.size() == g.resultRows() && endings.size() == g.resultRows());
  for (size_t r = 0; r < counts.size(); ++r)
    FUZZ_CHECK(endings[r] <= Ending::Cut && size_t(counts[r]) <= all.count - kPrompt);
  const auto& l = g.logprobs();
  FUZZ_CHECK(l.picked.size() == l.steps * l.rows && l.topIds.size() == l.picked.size() * l.top &&
             l.topLogprobs.size() == l.topIds.size());
  return 0;
}
