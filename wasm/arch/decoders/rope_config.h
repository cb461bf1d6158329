// Reads rotary positions from config.json: `rope_parameters` in newer files (also one object per layer type),
// `rope_theta` with `rope_scaling` in older ones. After transformers modeling_rope_utils.py.
#pragma once

#include "arch/config.h"
#include "nn/rope.h"

namespace wasmformers::arch {

struct RopeDefaults {
  size_t headDim;
  double theta = 10000;
  double partial = 1;                     // the part of a head's values that turns
  const char* thetaField = "rope_theta";  // older spellings, at the top of config.json
  const char* partialField = "partial_rotary_factor";
  const char* layerType = nullptr;            // which object of rope_parameters, where it has one per type
  const char* scalingField = "rope_scaling";  // nullptr: this layer type has no scaling
};

/// ConfigError "unsupported_config" for a rope_type that is unknown here, "invalid_config" for values out of range.
nn::Rope readRope(ConfigReader&, const RopeDefaults&);

/// The context: `positions` (max_position_embeddings), times the factor of kinds that stretch it.
size_t stretchedContext(const nn::Rope&, size_t positions);

}  // namespace wasmformers::arch
