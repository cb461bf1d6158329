// Greedy search and sampling: every row for itself (transformers: GenerationMixin._sample).
#pragma once

#include "generate/generation.h"
#include "generate/processors.h"
#include "generate/random.h"
#include "generate/warpers.h"

namespace wasmformers::generate {

class Rows final : public Generation {
 public:
  Feed feed() const override;
  Status accept(float* logits) override;
  bool stopRow(size_t row) override;
  void stop() override { finished_ = true; }
  Grid<int32_t> sequences() const override;

 private:
  struct Row {
    std::vector<int32_t> ids;
    bool ended = false;
    Random random;
  };
  Status begin() override;
  Status pick(float* scores, size_t first, size_t count);
  void remember(const float* scores, size_t first, size_t count);
  float logprobOf(int32_t id) const;

  std::optional<Processors> processors_;
  std::optional<Warpers> warpers_;
  std::vector<Row> rows_;
  size_t length_ = 0;                // of every row
  bool prompted_ = false;            // the prompt was accepted
  std::vector<int32_t> picked_;      // by row
  std::vector<uint8_t> ones_;
  std::vector<uint32_t> expanded_;   // from, where the prompt's rows become more
  std::vector<Candidate> candidates_;
  std::vector<double> weights_;
  std::vector<float> raw_;           // scores before they were changed, for logprobs
  double logSum_ = 0;
};

}  // namespace wasmformers::generate
