// A search: picks the tokens of a text from a model's scores. feed() says which tokens the model must run next,
// accept() takes the scores that it gave and picks. The search knows no engine: whatever runs a decoder with a cache
// can drive it. What it picks follows transformers 5 (generation/utils.py: _sample, _beam_search). rows.h is greedy
// search and sampling, beams.h is beam search.
#pragma once

#include <functional>
#include <memory>

#include "generate/changes.h"
#include "generate/config.h"
#include "generate/feed.h"
#include "generate/results.h"

namespace wasmformers::generate {

class Search : public Results, public Changes {
 public:
  using Clock = std::function<double()>;  // milliseconds

  /// The prompts are [batch, length], padded on the left where `mask` is 0 (nullptr: no padding). `context`: the most
  /// tokens that the model can see, 0: no bound. InputError: an id outside the vocabulary, padding on the right, a
  /// prompt that leaves no room, settings that contradict each other.
  static Result<std::unique_ptr<Search>> create(GenerationConfig config, const int32_t* ids, const uint8_t* mask,
                                                size_t batch, size_t length, size_t vocabulary, size_t context,
                                                Clock clock = {});

  /// The prompts first, [batch, length]. Then one token for each row that has not ended: of batch ·
  /// num_return_sequences rows in any order, or of batch · num_beams beams.
  virtual Feed feed() = 0;
  /// The next feed has whole texts, for a cache that has lost them.
  void replay() { replay_ = true; }
  /// Takes the scores of each fed row's last token, [feed().rows, vocabulary], and picks; changes the scores. Equal to
  /// process() and choose(). After an error (scores that are no numbers, settings that forbid every token) the search
  /// is over.
  Status accept(float* scores);
  /// Guidance, checks and penalties. Afterwards a caller may change the scores.
  Status process(float* scores);
  /// Picks.
  Status choose(float* scores);
  bool finished() const { return finished_; }

  /// Sequences that go on from one row of scores: after the prompts all those of a prompt, later 1.
  size_t rowsPerScore() const { return rowsPerScore_; }
  /// Copies each row of `scores` for its sequences into `to`, [rows · rowsPerScore(), vocabulary].
  void expandScores(const float* scores, float* to);
  /// Merges the two rows of scores of each guided sequence in place; returns how many of `rows` remain. process() does
  /// it where nobody has.
  size_t mergeGuidance(float* scores, size_t rows);

  /// Ends a row of the results after the tokens that were picked; false where there is no such row, and with beams.
  /// `why` goes before a limit (length, time) that ended the search with the same token.
  virtual bool stopRow(size_t row, Ending why) = 0;
  /// Ends all rows; beams give the best that they have.
  virtual void stop() = 0;

  size_t batch() const { return batch_; }                        // prompts
  size_t promptLength() const { return prompt_; }                // tokens, padding included
  size_t vocabulary() const { return vocabulary_; }              // tokens
  size_t maxLength() const { return maxLength_; }                // tokens; no sequence becomes longer
  virtual size_t longestFeed() const { return maxLength_ - 1; }  // tokens of all feeds; the last picked one is not fed
  size_t mostRows() const { return mostRows_; }                  // of any feed
  /// Rows of each step in takeScores() and takeLogits().
  size_t stepRows() const { return config_.numBeams > 1 ? mostRows_ : resultRows_; }
  uint64_t seed() const { return seed_; }
  const GenerationConfig& config() const { return config_; }

 protected:
  /// Called when all of the below is set.
  virtual Status begin() = 0;
  virtual size_t mergeAll(float*, size_t rows) { return rows; }
  virtual Status processAll(float* scores) = 0;
  virtual Status chooseAll(float* scores) = 0;
  bool isEos(int32_t id) const;
  bool timeIsOver() const;
  /// A feed of whole texts; masks are those of their prompts.
  Feed whole(const std::vector<const std::vector<int32_t>*>& texts, const std::vector<uint32_t>& prompts);
  static Status noTokenLeft();
  Status checkScores(const float* scores) const;
  /// Makes room for one step in `to`.
  void record(std::vector<float>& to) const { to.resize(to.size() + stepRows() * vocabulary_); }
  /// A row of the last step.
  float* recorded(std::vector<float>& of, size_t row) const {
    return of.data() + of.size() - (stepRows() - row) * vocabulary_;
  }

  GenerationConfig config_;
  std::vector<int32_t> promptIds_;
  std::vector<uint8_t> promptMask_;
  std::vector<size_t> padding_;  // of each prompt
  size_t batch_ = 0, prompt_ = 0, vocabulary_ = 0, maxLength_ = 0, mostRows_ = 0;
  size_t rowsPerScore_ = 1;
  int32_t pad_ = 0;
  uint64_t seed_ = 0;
  Clock clock_;
  double begun_ = 0;
  bool finished_ = false, replay_ = false;
  bool merged_ = false;  // the scores of this step
  std::vector<int32_t> wholeIds_;
  std::vector<uint8_t> wholeMask_;
  std::vector<uint32_t> feedPrompts_;
};

}  // namespace wasmformers::generate
