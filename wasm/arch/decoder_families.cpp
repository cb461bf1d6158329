// The decoders: model_type of config.json → the file that knows it. A new decoder is a line here.
#include "arch/decoder_families.h"

namespace wasmformers::arch {

namespace {

constexpr Family kFamilies[] = {
    {"llama", createLlama},
};

}  // namespace

std::span<const Family> decoderFamilies() { return kFamilies; }

}  // namespace wasmformers::arch
