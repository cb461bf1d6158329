// A mixture of experts (Qwen2-MoE; Dai et al. 2024, arXiv:2401.06066). For each token a router picks a few of many
// small feed-forward parts, and their results are added, weighted by the router's probabilities. One more expert serves
// every token, weighted by a gate. Only the experts that were picked run.
#pragma once

#include "nn/feed_forward.h"

namespace wasmformers::nn {

struct Experts {
  Linear router;  // [experts, E]
  std::vector<FeedForward> each;
  FeedForward shared;
  Linear sharedGate;        // [1, E]
  size_t picked = 1;        // per token
  bool normalized = false;  // the probabilities of the picked ones are scaled to sum to 1

  struct Shape {
    size_t hidden, count, picked, inner, sharedInner;
    bool normalized;
    kernels::Activation activation;
    kernels::Format format;
  };
  /// Names below `prefix`: gate, shared_expert, shared_expert_gate, experts.<i>.{gate,up,down}_proj, or all experts in
  /// experts.gate_up_proj and experts.down_proj.
  void declare(weights::Weights&, const std::string& prefix, const Shape&);

  /// y = experts(x) for `rows` rows, [rows, E].
  void operator()(Compute, const float* x, size_t rows, float* y) const;

 private:
  void declareFused(weights::Weights&, const std::string& prefix, const Shape&);
};

}  // namespace wasmformers::nn
