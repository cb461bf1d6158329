// See safetensors_stream.h. A piece is the prefix, the header, or one tensor; tensors nobody wants pass through a
// small scratch area that is written over and over.
#include "tensor/safetensors_stream.h"

#include <algorithm>

namespace wasmformers {

namespace {
constexpr size_t kScratch = size_t(64) << 10;  // also what the prefix and short headers need
}

SafetensorsStream::SafetensorsStream(std::string file, Wants wants, Deliver deliver)
    : file_(std::move(file)), wants_(std::move(wants)), deliver_(std::move(deliver)), staging_(kScratch) {
  if (!staging_.ok()) failed_ = Status(ErrorClass::Memory, "out_of_memory", "No memory to read " + file_ + ".").inFile(file_);
}

std::byte* SafetensorsStream::window() {
  const bool passing = stage_ == Stage::Data && tensor_ < wanted_.size() && !wanted_[tensor_];
  return staging_.data() + (passing ? 0 : have_);
}

size_t SafetensorsStream::room() const {
  if (!failed_.ok()) return 0;
  const uint64_t left = need_ - have_;
  const bool passing = stage_ == Stage::Data && tensor_ < wanted_.size() && !wanted_[tensor_];
  return size_t(passing ? std::min<uint64_t>(left, staging_.size()) : left);
}

Status SafetensorsStream::commit(size_t n) {
  if (!failed_.ok()) return failed_;
  if (n > room()) {
    return failed_ = Status(ErrorClass::Weights, "too_long",
                            file_ + " goes on after the end that its header tells (byte " + std::to_string(fileBytes()) + ").").inFile(file_);
  }
  have_ += n;
  total_ += n;
  if (have_ == need_) failed_ = advance();
  return failed_;
}

// The current piece is whole.
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
      if (wanted_[tensor_]) {
        const TensorInfo& t = header_.tensors[tensor_];
        WF_TRY(deliver_(t, TensorView{t.dtype, t.shape, staging_.data()}).inFile(file_));
      }
      ++tensor_;
      return nextTensor();
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
    wanted_.push_back(*want);
    if (*want) largest = std::max(largest, t.end - t.begin);
  }
  if (largest > staging_.size()) {
    if (largest > SIZE_MAX / 2) {
      return Status(ErrorClass::Memory, "out_of_memory", "A tensor of " + file_ + " has " + std::to_string(largest) + " bytes.").inFile(file_);
    }
    staging_ = Buffer();  // the header's text has been read
    WF_ASSIGN(staging_, allocate(size_t(largest), "the largest tensor of " + file_));
  }
  stage_ = Stage::Data;
  return nextTensor();
}

// Sets up the piece for tensor_, handing over empty tensors at once; after the last one nothing more fits.
Status SafetensorsStream::nextTensor() {
  have_ = need_ = 0;
  while (tensor_ < header_.tensors.size()) {
    const TensorInfo& t = header_.tensors[tensor_];
    need_ = t.end - t.begin;
    if (need_) return {};
    if (wanted_[tensor_]) WF_TRY(deliver_(t, TensorView{t.dtype, t.shape, staging_.data()}).inFile(file_));
    ++tensor_;
  }
  staging_ = Buffer();  // complete: let the memory go now, models are about to run in it
  return {};
}

Status SafetensorsStream::finish() {
  if (!failed_.ok()) return failed_;
  if (stage_ == Stage::Data && tensor_ == header_.tensors.size()) return {};
  std::string message = file_ + " ends after " + std::to_string(total_) + " bytes, ";
  if (stage_ == Stage::Prefix) message += "before the 8 bytes that begin a safetensors file are complete.";
  else if (stage_ == Stage::Header) message += "inside its header of " + std::to_string(headerBytes_) + " bytes.";
  else message += "but its header tells of " + std::to_string(fileBytes()) + ": the download was cut or the file is incomplete.";
  Status s(ErrorClass::Weights, "truncated", std::move(message));
  failed_ = Status(s).inFile(file_);
  return failed_;
}

}  // namespace wasmformers
