// Text generation as a machine that is fed with scores: feed() says which tokens the model must run next, accept()
// takes the scores that it gave for them and picks. It knows no engine: whoever can run a decoder with a cache can
// drive it. A caller may have a say in between: change scores (process(), then choose()), end beams
// (askContinuations()). Results follow transformers 5 (generation/utils.py: _sample, _beam_search).
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "generate/config.h"

namespace wasmformers::generate {

/// What the model runs next, and onto which caches. Valid until accept().
struct Feed {
  const int32_t* ids = nullptr;   // [rows, length]
  const uint8_t* mask = nullptr;  // [rows, length], 0: padding
  size_t rows = 0, length = 0;
  const uint32_t* from =
      nullptr;  // row r goes on with the cache of the last feed's row from[r]; nullptr: each with its own
};

/// Tokens [count, rows], or numbers of that shape.
template <class T>
struct Grid {
  std::vector<T> values;
  size_t count = 0, rows = 0;
};

/// Log-probabilities of the model's own scores, before penalties and cuts, for each generated token.
struct Logprobs {
  std::vector<float> picked;       // [steps, rows]
  std::vector<int32_t> topIds;     // [steps, rows, top]
  std::vector<float> topLogprobs;  // [steps, rows, top]
  size_t steps = 0, rows = 0, top = 0;
};

/// Why a sequence ended; from Caller on it is what decide() was told.
enum Ending : uint8_t { kOpen, kEos, kLength, kTime, kInterrupted, kCaller };

class Generation {
 public:
  using Clock = std::function<double()>;  // milliseconds

  /// The prompt is [batch, length], padded on the left where mask is 0 (nullptr: nothing is). `context`: the most
  /// tokens that the model can see; 0 if there is no limit. InputError: an id outside the vocabulary, padding on the
  /// right, a prompt that leaves no room, settings that contradict each other.
  static Result<std::unique_ptr<Generation>> create(GenerationConfig config, const int32_t* ids, const uint8_t* mask,
                                                    size_t batch, size_t length, size_t vocabulary, size_t context,
                                                    Clock clock = {});
  virtual ~Generation() = default;

  /// The whole prompt first, [batch, length]; then a token for each of batch · num_return_sequences rows (sampling)
  /// that have not ended, in any order, or batch · num_beams (beams).
  virtual Feed feed() = 0;
  /// The next feed has the whole of each text, for a cache that has lost them.
  void replay() { replay_ = true; }
  /// The model's scores of the last position, [feed().rows, vocabulary]; they are changed. After an error (scores that
  /// are no numbers; settings that forbid every token) the generation is over. It is process() and choose() at once.
  Status accept(float* logits);
  /// Checks and penalties; behind it a caller may change the scores before choose().
  Status process(float* logits);
  Status choose(float* logits);
  /// Before the first feed: somebody changes scores. Then every row is in every feed, row r of the results as row r
  /// (unless `leave`: he looks at each row by itself), and where `sharing()` sequences go on from one row of scores,
  /// `spread()` copies it for each, [rows · sharing(), vocabulary].
  void keepRows(bool leave = false) {
    keepRows_ = true;
    leave_ = leave;
  }
  /// Whose scores are being changed: rows of the results, or of all beams.
  virtual std::vector<uint32_t> scored() const {
    std::vector<uint32_t> all(mostRows_);
    for (size_t r = 0; r < all.size(); ++r) all[r] = uint32_t(r);
    return all;
  }
  size_t sharing() const { return sharing_; }
  void spread(const float* scores, float* to);
  /// Where each row runs twice (guidance): of this many rows of scores so many remain, the first, and all the rest
  /// reads those alone. process() does it where nobody has.
  size_t fold(float* logits, size_t rows);
  bool finished() const { return finished_; }

  /// Tokens picked since the last call, rows of results side by side; a finished row's are padding. Beams give theirs
  /// when all is over, without the prompt.
  Grid<int32_t> take();
  /// No more tokens for this row of the results (sampling and greedy search only: false for beams).
  virtual bool stopRow(size_t row) = 0;
  /// Ends all at once: beams with what is best so far.
  virtual void stop() = 0;

  /// For beams: choose() then stops before it is settled which continuations end a sequence; decide() goes on.
  void askContinuations() { asks_ = true; }
  bool asking() const { return asking_; }
  /// The new tokens of what asking() is about, row by row; as many rows for each prompt.
  virtual Grid<int32_t> continuations() const { return {}; }
  /// A number from kCaller on for each row that ends, else 0.
  virtual void decide(const uint8_t*) {}
  /// The new tokens of running beams, row by row.
  virtual Grid<int32_t> running() const { return {}; }

  /// Results: [batch · num_return_sequences, prompt and new tokens], padded at their ends.
  virtual Grid<int32_t> sequences() const = 0;  // count: rows' length, rows: sequences; values row by row
  virtual std::vector<float> sequencesScores() const { return {}; }  // beams only
  virtual std::vector<int32_t> newTokens() const { return {}; }      // beams only: without the padding
  virtual std::vector<uint8_t> endings() const { return {}; }        // beams only
  const Logprobs& logprobs() const { return logprobs_; }
  /// Since the last call, with output_scores and output_logits: what was picked from, and the model's own, [steps,
  /// scoredRows(), vocabulary]. Rows that have ended have zeros.
  std::vector<float> takeScores() { return std::exchange(scores_, {}); }
  std::vector<float> takeLogits() { return std::exchange(rawLogits_, {}); }
  size_t scoredRows() const { return config_.numBeams > 1 ? mostRows_ : resultRows_; }

  size_t batch() const { return batch_; }
  size_t promptLength() const { return prompt_; }
  size_t maxLength() const { return maxLength_; }                // no sequence becomes longer
  virtual size_t longestFeed() const { return maxLength_ - 1; }  // with all feeds before it; the last token is not run
  size_t mostRows() const { return mostRows_; }                  // of any feed
  size_t resultRows() const { return resultRows_; }
  size_t vocabulary() const { return vocabulary_; }
  uint64_t seed() const { return seed_; }
  const GenerationConfig& config() const { return config_; }

 protected:
  /// Called when all of the below is set.
  virtual Status begin() = 0;
  virtual size_t foldAll(float*, size_t rows) { return rows; }
  virtual Status processAll(float* logits) = 0;
  virtual Status chooseAll(float* logits) = 0;
  bool isEos(int32_t id) const;
  bool timeIsOver() const;
  /// The whole of these texts; masks are those of the prompts.
  Feed whole(const std::vector<const std::vector<int32_t>*>& rows, const std::vector<size_t>& prompts);
  static Status noTokenLeft();
  Status checkScores(const float* scores) const;
  /// Room for one step in `to`; row r of it.
  void record(std::vector<float>& to) const { to.resize(to.size() + scoredRows() * vocabulary_); }
  float* recorded(std::vector<float>& of, size_t row) const {
    return of.data() + of.size() - (scoredRows() - row) * vocabulary_;
  }

  GenerationConfig config_;
  std::vector<int32_t> promptIds_;
  std::vector<uint8_t> promptMask_;
  std::vector<size_t> padding_;  // of each prompt
  size_t batch_ = 0, prompt_ = 0, vocabulary_ = 0, maxLength_ = 0, mostRows_ = 0, resultRows_ = 0;
  int32_t pad_ = 0;
  uint64_t seed_ = 0;
  Clock clock_;
  double begun_ = 0;
  bool finished_ = false;
  bool keepRows_ = false, leave_ = false, asks_ = false, asking_ = false, replay_ = false;
  size_t sharing_ = 1;
  std::vector<int32_t> whole_;
  std::vector<uint8_t> wholeMask_;
  std::vector<int32_t> fresh_;  // what take() gives
  Logprobs logprobs_;
  std::vector<float> scores_, rawLogits_;
  bool folded_ = false;
};

}  // namespace wasmformers::generate
