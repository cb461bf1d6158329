// The safetensors format: 8 bytes little-endian header length, a JSON header, then the tensors' bytes without gaps.
// Here is the header with its complete validation; safetensors_stream.h reads a file as it arrives.
// After the format's description and the reference reader (huggingface/safetensors, README and tensor.rs): the same
// files are accepted, and nothing that lies about its sizes gets further than this.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tensor/tensor.h"

namespace wasmformers {

/// The reference's cap on the header's length.
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

/// Reads the length in the file's first 8 bytes. WeightsError "header_too_large" beyond the cap, "header_too_small"
/// below the 2 bytes of "{}", "html_instead_of_weights" where a web page came.
Result<uint64_t> parseSafetensorsPrefix(const unsigned char prefix[8], std::string_view file);

/// Validates the JSON header: UTF-8 JSON object, unique names, known dtypes, whole non-negative shapes, offsets in
/// order without holes or overlaps from 0, size of each span = product of the shape × size of the dtype, no overflow.
/// WeightsError with the tensor's name as field. Its codes: header_not_an_object, duplicate_tensor, bad_dtype,
/// bad_shape, bad_offsets, size_mismatch, hole, overlap, bad_metadata, invalid_json.
Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view json, std::string_view file);

}  // namespace wasmformers
