// The element types of GGUF files. Quantized ones lie in blocks: some values of one row that share scales. Here they
// become f32, by the arithmetic of llama.cpp (ggml-quants.c) and gguf-py (quants.py): equal to the last bit.
#pragma once

#include <cstdint>

namespace wasmformers {

struct BlockType {
  uint32_t number;                                       // ggml_type
  uint32_t values, bytes;                                // of a block
  void (*decode)(const unsigned char* block, float* y);  // writes its values
};

/// nullptr: the type is none of those that can be read here: F32, F16, BF16, Q4_0 … Q8_0, Q2_K … Q6_K, IQ4_NL.
const BlockType* blockType(uint32_t number);

}  // namespace wasmformers
