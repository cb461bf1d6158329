// The decoders: model_type of config.json → the file that knows it. A new decoder is a line here.
#include "arch/decoders/decoder_families.h"

namespace wasmformers::arch {

namespace {

constexpr Family kFamilies[] = {
    {"bloom", createBloom},      {"falcon", createFalcon},      {"gemma", createGemma},
    {"gemma2", createGemma2},    {"gemma3_text", createGemma3}, {"gpt2", createGPT2},
    {"gpt_neox", createGPTNeoX}, {"granite", createGranite},    {"llama", createLlama},
    {"mistral", createMistral},  {"olmo2", createOlmo2},        {"opt", createOPT},
    {"phi3", createPhi3},        {"qwen2", createQwen2},        {"qwen2_moe", createQwen2Moe},
    {"qwen3", createQwen3},      {"smollm3", createSmolLM3},    {"stablelm", createStableLm},
};

}  // namespace

std::span<const Family> decoderFamilies() { return kFamilies; }

}  // namespace wasmformers::arch
