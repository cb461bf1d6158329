// The plain kernels by name, for the table and for fast kernels that call them in rare cases. See kernels.h.
#pragma once

#include "kernels/kernels.h"

namespace wasmformers::kernels::plain {

float activation(Activation a, float x);
void attention(Arena&, const AttentionArgs&);
void rotary(float* x, size_t rows, size_t stride, size_t heads, size_t headDim, size_t rotaryDim,
            const int32_t* positions, const float* cos, const float* sin);
void gather(const Matrix&, const int32_t* ids, size_t count, float* y, size_t yStride);
void cacheAppend(const CacheAppendArgs&);
void cachedAttention(Arena&, const CachedAttentionArgs&);

}  // namespace wasmformers::kernels::plain
