// Reading how positions turn from config.json: `rope_parameters` as newer files have it (also one per layer type),
// `rope_theta` with `rope_scaling` as older ones do. After transformers modeling_rope_utils.py.
#pragma once

#include "arch/config.h"
#include "nn/rope.h"

namespace wasmformers::arch {

struct RopeDefaults {
  size_t headDim;
  double theta = 10000;
  double partial = 1;                     // of a head's values turn
  const char* thetaField = "rope_theta";  // older spellings, at the top
  const char* partialField = "partial_rotary_factor";
  const char* layerType = nullptr;            // which of rope_parameters' parts, where it has parts
  const char* scalingField = "rope_scaling";  // nullptr: it does not apply to this layer type
};

/// ConfigError "unsupported_config" for a rope_type that is unknown here, "invalid_config" for values out of range.
nn::Rope readRope(ConfigReader&, const RopeDefaults&);

/// max_position_embeddings, stretched where the rope's kind stretches it.
size_t stretchedContext(const nn::Rope&, size_t positions);

}  // namespace wasmformers::arch
