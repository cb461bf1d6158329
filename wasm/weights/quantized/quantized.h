// Checkpoints that come quantized: config.json's quantization_config names the method, and the files hold integers and
// scales in place of weights: GPTQ, AWQ, compressed-tensors, bitsandbytes, fp8, MXFP4. Weights are decoded to the
// floats that they stand for and packed as any others; activations are the engine's own business, whatever the file
// asks for.
#pragma once

#include "weights/parts.h"

namespace wasmformers::weights::quantized {

/// ConfigError "unsupported_config" (an unknown method, bits, group or format) or "invalid_config", at the field.
OpenParts open;

}  // namespace wasmformers::weights::quantized
