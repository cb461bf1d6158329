// Phi-3 (Abdin et al. 2024, arXiv:2404.14219), Phi-3.5 and Phi-4: Llama with queries, keys and values in one matrix,
// gate and up in another, rotary positions on a part of each head, and LongRoPE. After transformers modeling_phi3.py.
#include "arch/decoders/llama_like.h"

namespace wasmformers::arch {
namespace {

class Phi3 : public LlamaLike {
 public:
  // --- configuration
  Phi3(ConfigReader& c, const Request& r)
      : LlamaLike(c, r, {.vocabulary = 32064, .hidden = 3072, .inner = 8192, .context = 4096, .eps = 1e-5f}) {
    const int64_t window = windowBefore(readWindow(c, 0));
    for (size_t i = 0; i < layers_.size(); ++i) shape(i).window = window;
  }

  // --- weights
  void declareProjections(weights::Weights& w, const std::string& prefix, nn::DecoderAttention& a) const override {
    const size_t q = shape_.heads * shape_.headDim, kv = shape_.kvHeads * shape_.headDim;
    a.fused.declare(w, prefix + "qkv_proj", q + 2 * kv, hiddenSize_, request_.format, nn::Bias::No);
    a.out.declare(w, prefix + "o_proj", hiddenSize_, q, request_.format, nn::Bias::No);
  }
  void declareFeedForward(weights::Weights& w, const std::string& prefix, size_t layer) override {
    layers_[layer].feedForward.declare(w, prefix, {"gate_up_proj", nullptr, "down_proj"}, feedForward(inner_));
  }

  // --- forward: h += attention(norm(h)); h += feedForward(norm(h))
};

}  // namespace

Result<std::unique_ptr<Model>> createPhi3(json::Value config, const Request& request) {
  return createFamily<Phi3>(config, request);
}

}  // namespace wasmformers::arch
