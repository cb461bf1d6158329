// Rotary positions (Su et al. 2021, arXiv:2104.09864): each pair of a head's values turns by an angle that grows with
// the position, at its own frequency. The kinds change the frequencies for contexts longer than the trained one: linear
// and dynamic (NTK) scaling, YaRN (Peng et al. 2023, arXiv:2309.00071), Llama 3's, LongRoPE (Ding et al. 2024,
// arXiv:2402.13753). After transformers modeling_rope_utils.py.
#pragma once

#include <vector>

#include "nn/linear.h"

namespace wasmformers::nn {

struct Rope {
  enum class Type : uint8_t { Default, Linear, Dynamic, Yarn, Llama3, LongRope };

  Type type = Type::Default;
  size_t dims = 0;  // how many values of a head turn, an even number; the rest stay as they are
  double theta = 10000;
  double factor = 1;                           // by which the context is stretched
  double original = 0;                         // trained positions; Dynamic scales beyond them
  double lowFrequency = 1, highFrequency = 4;  // Llama3
  double betaFast = 32, betaSlow = 1;          // Yarn
  bool truncate = true;                        // Yarn: its ramp has whole borders
  std::vector<float> shortFactor, longFactor;  // LongRope, dims/2 each
  float scale = 1;                             // of cosines and sines (Yarn, LongRope)

  /// into [dims/2]: the angle per position of each pair, in a sequence of `length` positions.
  void frequencies(size_t length, float* into) const;
  /// Whether frequencies() depends on the length: then keys cached from a shorter sequence are not those of a longer.
  bool byLength() const { return type == Type::Dynamic || type == Type::LongRope; }
};

/// Cosines and sines of the positions of some rows, [rows, dims/2].
struct RopeTable {
  const float *cos = nullptr, *sin = nullptr;
  size_t dims = 0;
};

/// The table of `rows` positions; its pointers are nullptr where the arena is full.
RopeTable ropeTable(Arena&, const Rope&, const int32_t* positions, size_t rows);

}  // namespace wasmformers::nn
