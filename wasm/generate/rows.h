// Greedy search and sampling: every row for itself (transformers: GenerationMixin._sample). A row that has ended leaves
// the batch: the last rows take the free places in the cache, the others stay where they are.
#pragma once

#include "generate/guidance.h"
#include "generate/processors.h"
#include "generate/random.h"
#include "generate/search.h"
#include "generate/warpers.h"

namespace wasmformers::generate {

class Rows final : public Search {
 public:
  Feed feed() override;
  bool stopRow(size_t row, Ending why) override;
  void stop() override;
  Grid<int32_t> sequences() const override;
  std::vector<int32_t> newTokens() const override;
  std::vector<Ending> endings() const override;
  std::vector<uint32_t> scoredRows() const override { return seated_; }
  size_t longestFeed() const override { return maxLength_ - 1 + (guidance_ ? guidance_->wider() : 0); }

 private:
  struct Row {
    std::vector<int32_t> ids;
    size_t seat;  // its row of the last feed
    Random random;
    Ending ending = Ending::None;
    size_t end = 0;  // length without padding, where it has ended
    bool ended() const { return ending != Ending::None; }
  };
  Status begin() override;
  size_t mergeAll(float* scores, size_t rows) override;
  Status processAll(float* scores) override;
  Status chooseAll(float* scores) override;
  void seat();
  Feed ownFeed();
  uint32_t promptOf(size_t row) const { return uint32_t(row / size_t(config_.numReturnSequences)); }
  void end(Row& row, Ending why);
  void keepScores(const float* scores, size_t seat);
  Status pick(float* scores, size_t seat, std::vector<int32_t>& picked);
  void keepLogprobs(const float* scores, size_t seat);
  bool allEnded(size_t row) const;
  bool allEnded() const;

  std::optional<Processors> processors_;
  std::optional<Warpers> warpers_;
  std::optional<Guidance> guidance_;
  std::vector<Row> rows_;
  size_t length_ = 0;             // of every row
  bool prompted_ = false;         // the scores of the prompts were accepted
  std::vector<uint32_t> seated_;  // by row of the feed: its row of the results, the first of those that share it
  std::vector<uint32_t> from_;
  std::vector<int32_t> picked_;  // by row of the feed
  std::vector<uint8_t> ones_;
  std::vector<Candidate> candidates_;
  std::vector<double> weights_;
  std::vector<float> raw_;  // scores before anything changed them, for logprobs: [rows of the feed, vocabulary]
  std::vector<double> logSums_;
};

}  // namespace wasmformers::generate
