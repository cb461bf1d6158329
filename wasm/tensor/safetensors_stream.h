// Reads a safetensors file while it arrives (file_stream.h). Bytes are delivered from the place where they were
// written, in pieces of the size that the receiver wants (a whole tensor, or some of its rows); then the place is used
// again.
#pragma once

#include "base/buffer.h"
#include "tensor/file_stream.h"

namespace wasmformers {

class SafetensorsStream final : public FileStream {
 public:
  SafetensorsStream(std::string file, Wants wants, Deliver deliver);

  std::byte* window() override;
  size_t room() const override;
  Status commit(size_t n) override;
  Status finish() override;

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
