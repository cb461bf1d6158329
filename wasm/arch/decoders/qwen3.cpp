// Qwen3 (Yang et al. 2025, arXiv:2505.09388): Llama with a norm of each head's query and key. After
// transformers modeling_qwen3.py.
#include "arch/decoders/llama_like.h"

namespace wasmformers::arch {
namespace {

class Qwen3 : public LlamaLike {
 public:
  // --- configuration
  Qwen3(ConfigReader& c, const Request& r)
      : LlamaLike(c, r, {.vocabulary = 151936, .inner = 22016, .kvHeads = 32, .headDim = 128, .context = 32768}) {
    if (c.flag("attention_bias", false)) queryBias_ = outBias_ = nn::Bias::Yes;
    headNorms_ = nn::HeadNorm::Kind::Shared;
    const size_t window = c.flag("use_sliding_window", false) ? readWindow(c, 4096) : 0;
    const size_t from = c.size("max_window_layers", 28, 1 << 20, 0);
    readLayerTypes(c, window, [&](size_t i) { return i >= from; });
  }

  // --- weights: LlamaLike's
  // --- forward: h += attention(norm(h)); h += feedForward(norm(h))
};

}  // namespace

Result<std::unique_ptr<Model>> createQwen3(json::Value config, const Request& request) {
  return createFamily<Qwen3>(config, request);
}

}  // namespace wasmformers::arch
