// Qwen2 and Qwen2.5 (Yang et al. 2024, arXiv:2407.10671): Llama with biases on queries, keys and values, and windows
// in the upper layers where use_sliding_window says so. After transformers modeling_qwen2.py.
#include "arch/decoders/llama_like.h"

namespace wasmformers::arch {
namespace {

class Qwen2 : public LlamaLike {
 public:
  // --- configuration
  Qwen2(ConfigReader& c, const Request& r)
      : LlamaLike(c, r, {.vocabulary = 151936, .inner = 22016, .kvHeads = 32, .context = 32768}) {
    queryBias_ = nn::Bias::Yes;
    const size_t window = c.flag("use_sliding_window", false) ? readWindow(c, 4096) : 0;
    const size_t from = c.size("max_window_layers", 28, 1 << 20, 0);
    readLayerTypes(c, window, [&](size_t i) { return i >= from; });
  }

  // --- weights: LlamaLike's
  // --- forward: h += attention(norm(h)); h += feedForward(norm(h))
};

}  // namespace

Result<std::unique_ptr<Model>> createQwen2(json::Value config, const Request& request) {
  return createFamily<Qwen2>(config, request);
}

}  // namespace wasmformers::arch
