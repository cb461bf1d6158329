// Reads a safetensors file while it arrives. The caller asks where the next bytes belong (window, room), writes them
// there and says how many (commit): bytes are collected once, right where they will be read, handed over in pieces of
// the size that the taker wants (a whole tensor, some rows of it), and the place is used again. The whole file is never
// in memory.
#pragma once

#include <functional>

#include "base/buffer.h"
#include "tensor/safetensors.h"

namespace wasmformers {

class SafetensorsStream {
 public:
  /// Asked once per tensor when the header is known, before any of its bytes: the size of the pieces in bytes (kWhole:
  /// the tensor at once), kPassOver, or an error (wrong shape or dtype) that ends the reading early.
  using Wants = std::function<Result<uint64_t>(const TensorInfo&)>;
  static constexpr uint64_t kPassOver = 0, kWhole = UINT64_MAX;
  /// A piece: `size` bytes of the tensor from byte `offset` on, in order; an empty tensor comes as one empty piece. The
  /// bytes are gone when this returns.
  using Deliver = std::function<Status(const TensorInfo&, uint64_t offset, const std::byte* data, uint64_t size)>;

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
  Status nextPiece();
  Status deliver(uint64_t size);
  bool passing() const { return stage_ == Stage::Data && tensor_ < pieces_.size() && pieces_[tensor_] == kPassOver; }

  std::string file_;
  Wants wants_;
  Deliver deliver_;
  Stage stage_ = Stage::Prefix;
  Buffer staging_;
  std::vector<uint64_t> pieces_;  // by tensor: the size of its pieces
  SafetensorsHeader header_;
  uint64_t headerBytes_ = 0;
  size_t tensor_ = 0;             // index of the tensor whose bytes come now
  uint64_t offset_ = 0;           // where in it the current piece begins
  uint64_t have_ = 0, need_ = 8;  // bytes of the current piece
  uint64_t total_ = 0;            // bytes of the file so far
  Status failed_;
};

}  // namespace wasmformers
