// A file of weights that is read while it arrives, whatever its format. The caller asks where the next bytes go
// (window, room), writes them there and says how many (commit). The whole file is never in memory.
#pragma once

#include <functional>

#include "tensor/safetensors.h"

namespace wasmformers {

class FileStream {
 public:
  /// Called once per tensor as soon as the header is known: gives the size of the pieces in bytes, kWhole (the tensor
  /// at once), kPassOver, or an error (a wrong shape or dtype) that ends the reading.
  using Wants = std::function<Result<uint64_t>(const TensorInfo&)>;
  static constexpr uint64_t kPassOver = 0, kWhole = UINT64_MAX;
  /// Receives a piece: `size` bytes of the tensor from byte `offset` on, in order. An empty tensor comes as one empty
  /// piece. The bytes are valid during the call only.
  using Deliver = std::function<Status(const TensorInfo&, uint64_t offset, const std::byte* data, uint64_t size)>;

  virtual ~FileStream() = default;

  /// Where the next bytes go, and how many fit there. nullptr and 0: the file is complete or has failed.
  virtual std::byte* window() = 0;
  virtual size_t room() const = 0;
  /// To be called when `n` ≤ room() bytes were written to window(). After an error every later call returns it again.
  virtual Status commit(size_t n) = 0;
  /// To be called at the end of the file. WeightsError "truncated" says how much is missing.
  virtual Status finish() = 0;
};

}  // namespace wasmformers
