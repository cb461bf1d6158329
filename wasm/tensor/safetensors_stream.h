// Reads a safetensors file while it arrives. The caller asks where the next bytes go (window, room), writes them there
// and says how many (commit). Bytes are delivered from that place, in pieces of the size that the receiver wants (a
// whole tensor, or some of its rows); then the place is used again. The whole file is never in memory.
#pragma once

#include <functional>

#include "base/buffer.h"
#include "tensor/safetensors.h"

namespace wasmformers {

class SafetensorsStream {
 public:
  /// Called once per tensor as soon as the header is known: gives the size of the pieces in bytes, kWhole (the tensor
  /// at once), kPassOver, or an error (a wrong shape or dtype) that ends the reading.
  using Wants = std::function<Result<uint64_t>(const TensorInfo&)>;
  static constexpr uint64_t kPassOver = 0, kWhole = UINT64_MAX;
  /// Receives a piece: `size` bytes of the tensor from byte `offset` on, in order. An empty tensor comes as one empty
  /// piece. The bytes are valid during the call only.
  using Deliver = std::function<Status(const TensorInfo&, uint64_t offset, const std::byte* data, uint64_t size)>;

  SafetensorsStream(std::string file, Wants wants, Deliver deliver);

  /// Where the next bytes go, and how many fit there. nullptr and 0: the file is complete or has failed.
  std::byte* window();
  size_t room() const;
  /// To be called when `n` ≤ room() bytes were written to window(). After an error every later call returns it again.
  Status commit(size_t n);
  /// To be called at the end of the file. WeightsError "truncated" says how much is missing.
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
  std::vector<uint64_t> pieces_;  // the size of each tensor's pieces
  SafetensorsHeader header_;
  uint64_t headerBytes_ = 0;
  size_t tensor_ = 0;             // index of the tensor whose bytes come now
  uint64_t offset_ = 0;           // where the current piece begins in it
  uint64_t have_ = 0, need_ = 8;  // bytes of the current piece
  uint64_t total_ = 0;            // bytes of the file that have come
  Status failed_;
};

}  // namespace wasmformers
