// BPE's dropout: a random choice for each merge (Provilkov et al., 2020, "BPE-Dropout").
#pragma once

#include <cstdint>

namespace wasmformers::tokenizer {

class Dropout {
 public:
  Dropout() = default;
  /// `rate` is the probability that a merge is skipped, from 0 to 1.
  explicit Dropout(float rate) : rate_(rate) {}
  bool on() const { return rate_ > 0; }
  void seed(uint32_t number) { random_ = (uint64_t(number) + 1) * 0x9E3779B97F4A7C15u; }
  bool skips() { return draw() < rate_; }

 private:
  // From 0 to 1; Marsaglia's xorshift64 with the multiplier of Vigna's "An experimental exploration of xorshift".
  float draw() {
    random_ ^= random_ >> 12;
    random_ ^= random_ << 25;
    random_ ^= random_ >> 27;
    return float(random_ * 0x2545F4914F6CDD1Du >> 40) * 0x1p-24f;
  }

  float rate_ = 0;
  uint64_t random_ = 1;
};

}  // namespace wasmformers::tokenizer
