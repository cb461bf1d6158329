// Mistral (Jiang et al. 2023, arXiv:2310.06825): Llama with a sliding window in every layer. After transformers
// modeling_mistral.py.
#include "arch/decoders/llama_like.h"

namespace wasmformers::arch {
namespace {

class Mistral : public LlamaLike {
 public:
  // --- configuration
  Mistral(ConfigReader& c, const Request& r) : LlamaLike(c, r, {.inner = 14336, .kvHeads = 8, .context = 131072}) {
    const int64_t window = windowBefore(readWindow(c, 4096));
    for (size_t i = 0; i < layers_.size(); ++i) shape(i).window = window;
  }

  // --- weights: LlamaLike's
  // --- forward: h += attention(norm(h)); h += feedForward(norm(h))
};

}  // namespace

Result<std::unique_ptr<Model>> createMistral(json::Value config, const Request& request) {
  return createFamily<Mistral>(config, request);
}

}  // namespace wasmformers::arch
