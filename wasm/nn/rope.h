// Rotary positions (Su et al. 2021, arXiv:2104.09864): each pair of a head's values turns by an angle that grows with
// the position, faster or slower from pair to pair. The kinds differ in how fast, for contexts longer than those of
// the training: linear and dynamic (NTK) scaling, YaRN (Peng et al. 2023, arXiv:2309.00071), Llama 3's, LongRoPE (Ding
// et al. 2024, arXiv:2402.13753). After transformers modeling_rope_utils.py.
#pragma once

#include <vector>

#include "nn/linear.h"

namespace wasmformers::nn {

struct Rope {
  enum class Type : uint8_t { Default, Linear, Dynamic, Yarn, Llama3, LongRope };

  Type type = Type::Default;
  size_t dims = 0;  // values of a head that turn, an even number; the rest stays as it is
  double theta = 10000;
  double factor = 1;                           // by which the context was stretched
  double original = 0;                         // positions of the training; Dynamic: from which on it scales
  double lowFrequency = 1, highFrequency = 4;  // Llama3
  double betaFast = 32, betaSlow = 1;          // Yarn
  bool truncate = true;                        // Yarn: whole borders of its ramp
  std::vector<float> shortFactor, longFactor;  // LongRope, dims/2 each
  float scale = 1;                             // of cosines and sines (Yarn, LongRope)

  /// How far pair i of dims/2 turns per position, in a sequence of `length` positions.
  void frequencies(size_t length, float* into) const;
  /// Whether frequencies() depends on the length: keys kept from shorter sequences then turned otherwise.
  bool byLength() const { return type == Type::Dynamic || type == Type::LongRope; }
};

/// Cosines and sines of some rows' positions, [rows, dims/2].
struct RopeTable {
  const float *cos = nullptr, *sin = nullptr;
  size_t dims = 0;
};

/// The table of `rows` positions; its pointers are nullptr where the arena is full.
RopeTable ropeTable(Arena&, const Rope&, const int32_t* positions, size_t rows);

}  // namespace wasmformers::nn
