// The decoders: config.json's model_type, and the class that implements it. A new decoder is a file that defines
// create<Class>, and a line here.
#include "arch/families.h"

#define DECODERS(FAMILY)        \
  FAMILY("bloom", Bloom)        \
  FAMILY("falcon", Falcon)      \
  FAMILY("gemma", Gemma)        \
  FAMILY("gemma2", Gemma2)      \
  FAMILY("gemma3_text", Gemma3) \
  FAMILY("gpt2", GPT2)          \
  FAMILY("gpt_neox", GPTNeoX)   \
  FAMILY("granite", Granite)    \
  FAMILY("llama", Llama)        \
  FAMILY("mistral", Mistral)    \
  FAMILY("olmo2", Olmo2)        \
  FAMILY("opt", OPT)            \
  FAMILY("phi3", Phi3)          \
  FAMILY("qwen2", Qwen2)        \
  FAMILY("qwen2_moe", Qwen2Moe) \
  FAMILY("qwen3", Qwen3)        \
  FAMILY("smollm3", SmolLM3)    \
  FAMILY("stablelm", StableLm)

namespace wasmformers::arch {

WF_FAMILIES(decoderFamilies, DECODERS)

}  // namespace wasmformers::arch
