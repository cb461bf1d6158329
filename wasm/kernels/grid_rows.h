// Rows of a matrix that was quantized before: integers with a scale and a zero point for each group, as checkpoints of
// GPTQ, AWQ, compressed-tensors and others hold them. A packed form with the same grid can take them as they are, so
// that nothing is rounded a second time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmformers::kernels {

/// w[r, c] = scales[r, g] · (q[r, c] − zeros[r, g]), where g = groupOf ? groupOf[c] : c / groupSize.
struct GridRows {
  size_t rows = 0, k = 0;
  size_t bits = 8;                    // q lies in [−2^(bits−1), 2^(bits−1))
  size_t groupSize = 0, groups = 0;   // columns of a group, groups of a row; the last group may be shorter
  const int8_t* q = nullptr;          // [rows, k]
  const float* scales = nullptr;      // [rows, groups]
  const float* zeros = nullptr;       // [rows, groups], whole numbers; nullptr: all 0 (symmetric)
  const uint32_t* groupOf = nullptr;  // [k], where groups are not runs of columns (GPTQ's desc_act)
};

}  // namespace wasmformers::kernels
