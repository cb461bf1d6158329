// Greedy search and sampling: every row for itself (transformers: GenerationMixin._sample). A row that has ended leaves
// the batch: the last ones take the places in the cache that are free, and nothing else moves.
#pragma once

#include "generate/generation.h"
#include "generate/guidance.h"
#include "generate/processors.h"
#include "generate/random.h"
#include "generate/warpers.h"

namespace wasmformers::generate {

class Rows final : public Generation {
 public:
  Feed feed() override;
  bool stopRow(size_t row) override;
  void stop() override { finished_ = true; }
  Grid<int32_t> sequences() const override;
  std::vector<uint32_t> scored() const override { return seated_; }
  size_t longestFeed() const override { return maxLength_ - 1 + (guidance_ ? guidance_->wider() : 0); }

 private:
  struct Row {
    std::vector<int32_t> ids;
    bool ended = false;
    size_t seat = 0;  // its row of the last feed
    Random random;
  };
  Status begin() override;
  size_t foldAll(float* logits, size_t rows) override;
  Status processAll(float* logits) override;
  Status chooseAll(float* logits) override;
  void seat();
  Feed own();
  size_t promptOf(size_t row) const { return row / size_t(config_.numReturnSequences); }
  void keepScores(const float* scores, size_t seat);
  Status pick(float* scores, size_t seat, std::vector<int32_t>& picked);
  void remember(const float* scores, size_t seat);
  bool allEnded(size_t row) const;
  bool allEnded() const;

  std::optional<Processors> processors_;
  std::optional<Warpers> warpers_;
  std::optional<Guidance> guidance_;
  std::vector<Row> rows_;
  size_t length_ = 0;      // of every row
  bool prompted_ = false;  // the prompt was accepted
  std::vector<uint32_t>
      seated_;  // by row of the last feed: which row of the results (the first of those that share it)
  std::vector<uint32_t> from_;
  std::vector<int32_t> picked_;  // by row of the feed
  std::vector<uint8_t> ones_;
  std::vector<Candidate> candidates_;
  std::vector<double> weights_;
  std::vector<float> raw_;  // scores before they were changed, for logprobs: [feed's rows, vocabulary]
  std::vector<double> logSums_;
};

}  // namespace wasmformers::generate
