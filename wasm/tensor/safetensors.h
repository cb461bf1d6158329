// The header of the safetensors format, with its complete validation. A file has 8 bytes of header length
// (little-endian), a JSON header, then the tensors' bytes without gaps; safetensors_stream.h reads it as it arrives.
// After the format's description and the reference reader (huggingface/safetensors, README and tensor.rs): the same
// files are accepted, and a header that is wrong about sizes is refused here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tensor/tensor.h"

namespace wasmformers {

/// The reference reader's limit of the header's length.
inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

struct TensorInfo {
  std::string name;
  DType dtype = DType::F32;
  Shape shape;
  uint64_t begin = 0, end = 0;  // byte offsets into the data that follows the header
};

struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  // in the order of their bytes
  uint64_t dataBytes = 0;           // the end of the last one
};

/// Reads the header's length from the file's first 8 bytes. WeightsError "header_too_large", "header_too_small" (less
/// than the 2 bytes of "{}"), "html_instead_of_weights" (the file is a web page).
Result<uint64_t> parseSafetensorsPrefix(const unsigned char prefix[8], std::string_view file);

/// Validates the JSON header: a JSON object in UTF-8, unique names, known dtypes, whole non-negative shapes, offsets in
/// order from 0 without holes or overlaps, and spans of the size that shape and dtype need. WeightsError with the
/// tensor's name as field: "header_not_an_object", "duplicate_tensor", "bad_dtype", "bad_shape", "bad_offsets",
/// "size_mismatch", "hole", "overlap", "bad_metadata", "invalid_json".
Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view json, std::string_view file);

}  // namespace wasmformers
