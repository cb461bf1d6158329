// Reads a safetensors file while it arrives. The caller asks where the next bytes belong (window, room), writes them
// there and says how many (commit): each tensor is collected once, right where it will be read, handed over when it
// is whole, and its place is used for the next one. The whole file is never in memory.
#pragma once

#include <functional>

#include "base/buffer.h"
#include "tensor/safetensors.h"

namespace wasmformers {

class SafetensorsStream {
 public:
  /// Asked once per tensor when the header is known, before any of its bytes: true to collect, false to pass over,
  /// or an error (wrong shape or dtype) that ends the reading early.
  using Wants = std::function<Result<bool>(const TensorInfo&)>;
  /// A whole tensor; the bytes are gone when this returns.
  using Deliver = std::function<Status(const TensorInfo&, const TensorView&)>;

  SafetensorsStream(std::string file, Wants wants, Deliver deliver);

  /// Where the next bytes go, and how many fit there now. 0 when the file is complete or has failed.
  std::byte* window();
  size_t room() const;
  /// `n` ≤ room() bytes were written to window(). The first error stays: every later call gives it again.
  Status commit(size_t n);
  /// The file has ended. WeightsError "truncated" that says how much is missing.
  Status finish();

  const std::string& file() const { return file_; }
  bool headerKnown() const { return stage_ == Stage::Data; }
  /// Length of the whole file, once the header is known.
  uint64_t fileBytes() const { return 8 + headerBytes_ + header_.dataBytes; }

 private:
  enum class Stage : uint8_t { Prefix, Header, Data };
  Status advance();
  Status startData();
  Status nextTensor();

  std::string file_;
  Wants wants_;
  Deliver deliver_;
  Stage stage_ = Stage::Prefix;
  Buffer staging_;
  std::vector<bool> wanted_;
  SafetensorsHeader header_;
  uint64_t headerBytes_ = 0;
  size_t tensor_ = 0;                // index of the tensor whose bytes come now
  uint64_t have_ = 0, need_ = 8;     // bytes of the current piece
  uint64_t total_ = 0;               // bytes of the file so far
  Status failed_;
};

}  // namespace wasmformers
