// Streams safetensors and GGUF files into a model's weights. As soon as a header is known, every tensor's shape and
// dtype is checked against what the model declared. Tensors are packed while they arrive: matrices some rows at a time,
// the rest whole.
#pragma once

#include <memory>

#include "tensor/file_stream.h"
#include "weights/parts.h"

namespace wasmformers::weights {

/// Opens a GGUF file; see gguf_stream.h.
using OpenGguf = std::unique_ptr<FileStream>(std::string file, const std::string& plan, FileStream::Wants,
                                             FileStream::Deliver);
OpenGguf openGguf;

class Loader {
 public:
  /// `parts`: of quantized matrices; null: tensors are what the model declared.
  explicit Loader(Weights& weights, std::unique_ptr<Parts> parts = nullptr)
      : weights_(weights), parts_(std::move(parts)) {}

  /// A file starts (a checkpoint may have several). An unfinished one before it is dropped.
  void beginFile(std::string name);
  /// The same for a GGUF file, by its plan (gguf_stream.h). Only programs that name openGguf contain its reader.
  void beginGguf(OpenGguf& open, std::string name, const std::string& plan) {
    stream_ = open(std::move(name), plan, wants(), deliver());
  }
  std::byte* window() { return stream_ ? stream_->window() : nullptr; }
  size_t room() const { return stream_ ? stream_->room() : 0; }
  Status commit(size_t n);
  /// WeightsError "truncated" where bytes are missing.
  Status endFile();
  /// All files were read. WeightsError "missing_tensors".
  Status finish();

  size_t packedBytes() const { return packedBytes_; }

 private:
  Result<uint64_t> check(const TensorInfo& t);
  Status take(const TensorInfo& t, uint64_t offset, const std::byte* data, uint64_t size);
  FileStream::Wants wants();
  FileStream::Deliver deliver();

  Weights& weights_;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<FileStream> stream_;
  Weights::Wanted* current_ = nullptr;  // the tensor that arrives now, looked up at its first piece
  bool passesOver_ = false;             // it is a copy of one that is there already
  size_t packedBytes_ = 0;
};

}  // namespace wasmformers::weights
