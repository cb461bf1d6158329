// The few activations of a row that are far larger than the others. Language models have them in some channels, and one
// of them would take most of the 255 steps that a row's 8 bits have. So the q8 product of decoders leaves them out of
// the 8 bits and adds their products in f32, as LLM.int8() does (Dettmers et al., arXiv 2208.07339). With SmolLM2-135M
// the divergence from exact activations falls from 2.0 to 0.2 % (tests/bench/RESULTS-lm.md).
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmformers::kernels {

inline constexpr size_t kOutliers = 8;           // of a row, at most: the largest
inline constexpr float kOutlierThreshold = 8.f;  // times the mean magnitude of the row

struct Outliers {
  uint32_t count;
  uint32_t at[kOutliers];  // places along K
  float values[kOutliers];
};

/// Finds those of a row x [k]. None where the row holds NaN or infinity, or magnitudes whose sum no float holds.
Outliers findOutliers(const float* x, size_t k);

}  // namespace wasmformers::kernels
