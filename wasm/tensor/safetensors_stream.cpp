// See safetensors_stream.h. A piece is the prefix, the header, or some bytes of one tensor. Tensors that are passed
// over go through a small scratch area, which each of their chunks overwrites.
#include "tensor/safetensors_stream.h"

#include <algorithm>

namespace wasmformers {

namespace {
constexpr size_t kScratch = size_t(64) << 10;  // the prefix and short headers fit as well
}

SafetensorsStream::SafetensorsStream(std::string file, Wants wants, Deliver deliver)
    : file_(std::move(file)), wants_(std::move(wants)), deliver_(std::move(deliver)), staging_(kScratch) {
  if (!staging_.ok())
    failed_ = Status(ErrorClass::Memory, "out_of_memory", "No memory to read " + file_ + ".").inFile(file_);
}

std::byte* SafetensorsStream::window() { return staging_.data() + (passing() ? 0 : have_); }

size_t SafetensorsStream::room() const {
  if (!failed_.ok()) return 0;
  const uint64_t left = need_ - have_;
  return size_t(passing() ? std::min<uint64_t>(left, staging_.size()) : left);
}

Status SafetensorsStream::commit(size_t n) {
  if (!failed_.ok()) return failed_;
  if (n > room()) {
    return failed_ = Status(ErrorClass::Weights, "too_long",
                            file_ + " goes on after the end that its header tells (byte " +
                                std::to_string(fileBytes()) + ").")
                         .inFile(file_);
  }
  have_ += n;
  total_ += n;
  if (have_ == need_) failed_ = advance();
  return failed_;
}

// Called when the current piece is complete.
Status SafetensorsStream::advance() {
  switch (stage_) {
    case Stage::Prefix: {
      WF_ASSIGN(headerBytes_, parseSafetensorsPrefix(staging_.as<unsigned char>(), file_));
      if (headerBytes_ > staging_.size()) {
        WF_ASSIGN(staging_, allocate(size_t(headerBytes_), "the header of " + file_));
      }
      stage_ = Stage::Header;
      have_ = 0;
      need_ = headerBytes_;
      return {};
    }
    case Stage::Header: return startData();
    case Stage::Data: {
      if (pieces_[tensor_] != kPassOver) WF_TRY(deliver(need_));
      offset_ += need_;
      const TensorInfo& t = header_.tensors[tensor_];
      if (offset_ == t.end - t.begin) ++tensor_, offset_ = 0;
      return nextPiece();
    }
  }
  return {};
}

Status SafetensorsStream::startData() {
  WF_ASSIGN(header_, parseSafetensorsHeader({staging_.as<char>(), size_t(headerBytes_)}, file_));
  uint64_t largest = kScratch;
  for (const TensorInfo& t : header_.tensors) {
    auto want = wants_(t);
    if (!want.ok()) return want.takeStatus().inFile(file_);
    pieces_.push_back(*want);
    largest = std::max(largest, std::min(*want, t.end - t.begin));
  }
  if (largest > staging_.size()) {
    if (largest > SIZE_MAX / 2) {
      return Status(ErrorClass::Memory, "out_of_memory",
                    "A piece of " + file_ + " has " + std::to_string(largest) + " bytes.")
          .inFile(file_);
    }
    staging_ = Buffer();  // the header's text has been read
    WF_ASSIGN(staging_, allocate(size_t(largest), "the largest piece of " + file_));
  }
  stage_ = Stage::Data;
  return nextPiece();
}

Status SafetensorsStream::deliver(uint64_t size) {
  return deliver_(header_.tensors[tensor_], offset_, staging_.data(), size).inFile(file_);
}

// Prepares the next piece. Empty tensors are delivered at once; after the last tensor there is no room.
Status SafetensorsStream::nextPiece() {
  have_ = need_ = 0;
  while (tensor_ < header_.tensors.size()) {
    const TensorInfo& t = header_.tensors[tensor_];
    need_ = t.end - t.begin - offset_;
    if (need_ && pieces_[tensor_] != kPassOver) need_ = std::min(need_, pieces_[tensor_]);
    if (need_) return {};
    if (pieces_[tensor_] != kPassOver) WF_TRY(deliver(0));
    ++tensor_;
  }
  staging_ = Buffer();  // complete: the model that is about to run needs the memory
  return {};
}

Status SafetensorsStream::finish() {
  if (!failed_.ok()) return failed_;
  if (stage_ == Stage::Data && tensor_ == header_.tensors.size()) return {};
  std::string message = file_ + " ends after " + std::to_string(total_) + " bytes, ";
  if (stage_ == Stage::Prefix)
    message += "before the 8 bytes that begin a safetensors file are complete.";
  else if (stage_ == Stage::Header)
    message += "inside its header of " + std::to_string(headerBytes_) + " bytes.";
  else
    message +=
        "but its header tells of " + std::to_string(fileBytes()) + ": the download was cut or the file is incomplete.";
  Status s(ErrorClass::Weights, "truncated", std::move(message));
  failed_ = Status(s).inFile(file_);
  return failed_;
}

}  // namespace wasmformers
