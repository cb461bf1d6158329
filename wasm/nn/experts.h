// A mixture of experts: a router picks a few of many small feed-forward parts for each token, whose answers are added
// by its probabilities; one shared part answers always, weighed by a gate of its own (Qwen2-MoE; Dai et al. 2024,
// arXiv:2401.06066). Only the experts that were picked run.
#pragma once

#include "nn/feed_forward.h"

namespace wasmformers::nn {

struct Experts {
  Linear router;  // [experts, E]
  std::vector<FeedForward> each;
  FeedForward shared;
  Linear sharedGate;        // [1, E]
  size_t picked = 1;        // per token
  bool normalized = false;  // the picked probabilities are made to sum to 1

  struct Shape {
    size_t hidden, count, picked, inner, sharedInner;
    bool normalized;
    kernels::Activation activation;
    kernels::Format format;
  };
  /// `prefix` + gate, experts.<i>.{gate,up,down}_proj or all in experts.gate_up_proj and experts.down_proj,
  /// shared_expert, shared_expert_gate.
  void declare(weights::Weights&, const std::string& prefix, const Shape&);

  /// y = this(x) for `rows` rows.
  void operator()(Compute, const float* x, size_t rows, float* y) const;

 private:
  void declareFused(weights::Weights&, const std::string& prefix, const Shape&);
};

}  // namespace wasmformers::nn
