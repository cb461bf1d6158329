// OLMo 2 (OLMo et al. 2025, arXiv:2501.00656): Llama with norms after attention and feed-forward part instead of
// before them, and one norm over all queries and one over all keys of a token. After transformers modeling_olmo2.py.
#include "arch/decoders/llama_like.h"

namespace wasmformers::arch {
namespace {

class Olmo2 : public LlamaLike {
 public:
  // --- configuration
  Olmo2(ConfigReader& c, const Request& r) : LlamaLike(c, r, {.vocabulary = 50304, .eps = 1e-5f}) {
    if (c.flag("attention_bias", false)) queryBias_ = outBias_ = nn::Bias::Yes;
    headNorms_ = nn::HeadNorm::Kind::Together;
    attentionNorm_ = feedForwardNorm_ = nullptr;
    attentionOutNorm_ = "post_attention_layernorm";
    feedForwardOutNorm_ = "post_feedforward_layernorm";
  }

  // --- weights: LlamaLike's
  // --- forward: h += norm(attention(h)); h += norm(feedForward(h))
};

}  // namespace

Result<std::unique_ptr<Model>> createOlmo2(json::Value config, const Request& request) {
  return createFamily<Olmo2>(config, request);
}

}  // namespace wasmformers::arch
