// See rope.h.
#include "nn/rope.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::nn {

namespace {

constexpr double kTurn = 6.283185307179586;  // 2π

// YaRN, section 3.2: pairs that turn often within the trained context stay as they are (extrapolation), those that turn
// less than once are slowed down (interpolation), with a ramp in between.
void yarn(const Rope& r, float* into) {
  const double dims = double(r.dims);
  const auto border = [&](double rotations) {
    return dims * std::log(r.original / (rotations * kTurn)) / (2 * std::log(r.theta));
  };
  double low = border(r.betaFast), high = border(r.betaSlow);
  if (r.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, dims - 1);
  if (low == high) high += 0.001;
  for (size_t i = 0; i < r.dims / 2; ++i) {
    const double ramp = std::clamp((double(i) - low) / (high - low), 0.0, 1.0);
    into[i] = float(double(into[i]) * (ramp / r.factor + 1 - ramp));
  }
}

// Llama 3.1: long waves are slowed down, short ones stay, those in between are interpolated.
void llama3(const Rope& r, float* into) {
  const double longest = r.original / r.lowFrequency, shortest = r.original / r.highFrequency;
  for (size_t i = 0; i < r.dims / 2; ++i) {
    const double frequency = double(into[i]), wave = kTurn / frequency;
    if (wave < shortest) continue;
    const double smooth =
        wave > longest ? 0 : (r.original / wave - r.lowFrequency) / (r.highFrequency - r.lowFrequency);
    into[i] = float((1 - smooth) * frequency / r.factor + smooth * frequency);
  }
}

}  // namespace

void Rope::frequencies(size_t length, float* into) const {
  const size_t half = dims / 2;
  double base = theta;
  if (type == Type::Dynamic && double(length) > original && dims > 2) {
    base *= std::pow(factor * double(length) / original - (factor - 1), double(dims) / double(dims - 2));
  }
  for (size_t i = 0; i < half; ++i) into[i] = float(1 / std::pow(base, double(2 * i) / double(dims)));
  switch (type) {
    case Type::Default:
    case Type::Dynamic: return;
    case Type::Linear:
      for (size_t i = 0; i < half; ++i) into[i] = float(double(into[i]) / factor);
      return;
    case Type::Yarn: yarn(*this, into); return;
    case Type::Llama3: llama3(*this, into); return;
    case Type::LongRope: {
      const std::vector<float>& by = double(length) > original ? longFactor : shortFactor;
      for (size_t i = 0; i < half; ++i) into[i] /= by[i];
      return;
    }
  }
}

RopeTable ropeTable(Arena& arena, const Rope& rope, const int32_t* positions, size_t rows) {
  const size_t half = rope.dims / 2;
  float *cos = arena.alloc<float>(rows * half), *sin = arena.alloc<float>(rows * half);
  float* turn = arena.alloc<float>(half);
  if (!cos || !sin || !turn) return {};
  int32_t last = 0;
  for (size_t i = 0; i < rows; ++i) last = std::max(last, positions[i]);
  rope.frequencies(size_t(last) + 1, turn);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < half; ++j) {
      const float angle = float(positions[i]) * turn[j];
      cos[i * half + j] = std::cos(angle) * rope.scale;
      sin[i * half + j] = std::sin(angle) * rope.scale;
    }
  }
  return {cos, sin, rope.dims};
}

}  // namespace wasmformers::nn
