// See gguf_stream.h. A piece is some rows of one part. They are decoded row by row, each to the place where
// transformers has it. What nobody wants goes through a small window, which each chunk overwrites.
// Optimize: least
#include "tensor/gguf_stream.h"

#include <algorithm>
#include <numeric>

namespace wasmformers {

namespace {
constexpr uint64_t kGgufWindow = 64 << 10;
/// Of bytes in a file and values in a tensor: products of two such numbers are far from 64 bits.
constexpr uint64_t kMostBytes = uint64_t(1) << 48;
}  // namespace

GgufStream::GgufStream(std::string file, const std::string& plan, Wants wants, Deliver deliver)
    : file_(std::move(file)), wants_(std::move(wants)), deliver_(std::move(deliver)) {
  failed_ = start(plan);
}

Status GgufStream::fail(const char* code, const std::string& what, std::string_view field) const {
  return Status(ErrorClass::Weights, code, file_ + " " + what + ".").inFile(file_).atField(field);
}

// Lists the parts of the file, with what lies between them, and takes the memory of the largest piece.
Status GgufStream::start(const std::string& plan) {
  WF_ASSIGN(const json::Document document, json::Document::parse(plan, file_, ErrorClass::Weights));
  const json::Value root = document.root();
  const uint64_t alignment = root["alignment"].asUint().value_or(0);
  end_ = root["end"].asUint().value_or(kMostBytes);
  if (end_ >= kMostBytes || alignment == 0 || alignment >= kMostBytes) return fail("bad_plan", "has no end");
  uint64_t at = 0;
  for (json::Value tensor : root["tensors"].elements()) {
    parts_.push_back({.begin = at});
    WF_TRY(addPart(tensor));
    const Part& added = parts_.back();
    if (added.begin < at || added.end > end_) return fail("bad_plan", "has tensors in each other", added.info.name);
    parts_[parts_.size() - 2].end = added.begin;
    at = added.end;
  }
  parts_.push_back({.begin = at, .end = (end_ + alignment - 1) / alignment * alignment});

  uint64_t largest = kGgufWindow, floats = 0;
  for (const Part& p : parts_) {
    if (!p.type) continue;
    largest = std::max(largest, p.rowBytes * p.atOnce);
    // A row more: where a matrix is transposed, its rows are decoded there.
    if (!p.asStored) floats = std::max(floats, p.columns * (p.atOnce + 1) * sizeof(float));
  }
  if (std::max(largest, floats) > SIZE_MAX / 2)
    return Status(ErrorClass::Memory, "out_of_memory", "A piece of " + file_ + " is too large.").inFile(file_);
  const std::string what = "the largest piece of " + file_;
  WF_ASSIGN(staging_, allocate(size_t(largest), what));
  WF_ASSIGN(floats_, allocate(size_t(floats), what));
  return nextPiece();
}

Status GgufStream::addPart(json::Value tensor) {
  Part p;
  p.info.name = tensor["name"].asString();
  p.type = blockType(uint32_t(tensor["type"].asUint().value_or(UINT32_MAX)));
  p.begin = tensor["begin"].asUint().value_or(kMostBytes);
  uint64_t values = 1;
  bool good = p.type && p.begin < kMostBytes && tensor["shape"].size() >= 1;
  for (json::Value size : tensor["shape"].elements()) {
    const uint64_t n = size.asUint().value_or(0);
    good = good && n && n < kMostBytes && !__builtin_mul_overflow(values, n, &values) && values < kMostBytes;
    p.info.shape.push_back(int64_t(n));
  }
  const auto number = [&](const char* name) {
    return std::clamp<uint64_t>(tensor[name].asUint().value_or(1), 1, 1 << 20);
  };
  p.heads = number("heads");
  p.queries = number("queries");
  p.add = float(tensor["add"].asNumber());
  const std::string_view order = tensor["rows"].asString();
  if (order == "rotary") p.order = Rows::Rotary;
  if (order == "grouped") p.order = Rows::Grouped;
  if (order == "transposed") p.order = Rows::Transposed;
  if (!good || (p.order == Rows::Transposed && p.info.shape.size() != 2))
    return fail("bad_plan", "has a tensor of no size", p.info.name);

  p.columns = uint64_t(p.info.shape[p.order == Rows::Transposed ? 0 : p.info.shape.size() - 1]);
  // The values of a bias are rows.
  if (p.info.shape.size() == 1 && p.order != Rows::Same) p.columns = 1;
  p.rows = values / p.columns;
  if (p.columns % p.type->values) return fail("wrong_shape", "has a tensor of no whole blocks", p.info.name);
  p.rowBytes = p.columns / p.type->values * p.type->bytes;
  p.end = p.begin + p.rows * p.rowBytes;
  WF_TRY(askFor(p));
  parts_.push_back(std::move(p));
  return {};
}

// Asks the receiver for the size of a tensor's pieces.
Status GgufStream::askFor(Part& p) {
  p.asStored = p.type->values == 1 && p.order == Rows::Same && p.add == 0;
  if (p.asStored && p.type->bytes == 2) p.info.dtype = p.type->number == 1 ? DType::F16 : DType::BF16;
  p.info.end = p.rows * p.columns * p.valueBytes();
  auto wanted = wants_(p.info);
  if (!wanted.ok()) return wanted.takeStatus().inFile(file_);
  if (*wanted == kPassOver) {
    p.type = nullptr;
    return {};
  }
  const uint64_t shared = p.order == Rows::Rotary    ? 2 * p.heads
                          : p.order == Rows::Grouped ? p.heads * (p.queries + 2)
                                                     : 1;
  if (p.rows % shared) return fail("wrong_shape", "has a tensor whose rows the heads cannot share", p.info.name);
  p.block = p.order == Rows::Same ? 1 : p.order == Rows::Rotary ? p.rows / p.heads : p.rows;
  // Whole blocks of rows, in multiples of what the receiver asked for.
  const uint64_t asked = *wanted / (p.columns * p.valueBytes());
  p.atOnce = asked && asked < p.rows ? std::min(p.rows, std::lcm(asked, p.block)) : p.rows;
  return {};
}

std::byte* GgufStream::window() { return staging_.data() + (passing() ? 0 : have_); }

size_t GgufStream::room() const {
  if (!failed_.ok()) return 0;
  const uint64_t left = need_ - have_;
  return size_t(passing() ? std::min<uint64_t>(left, staging_.size()) : left);
}

Status GgufStream::commit(size_t n) {
  if (!failed_.ok()) return failed_;
  if (n > room()) return failed_ = fail("too_long", "goes on after byte " + std::to_string(end_) + ", where it ends");
  total_ += n;
  have_ += n;
  if (have_ == need_) failed_ = nextPiece();
  return failed_;
}

// Where transformers has a row of the file.
uint64_t GgufStream::placeOf(const Part& p, uint64_t row) {
  if (p.order == Rows::Rotary) {
    const uint64_t in = row % p.block;
    return row - in + in % 2 * (p.block / 2) + in / 2;
  }
  if (p.order == Rows::Grouped) {
    const uint64_t size = p.rows / (p.heads * (p.queries + 2)), queries = p.heads * p.queries;
    const uint64_t head = row / size, other = head - queries;  // the number of a key or value
    const uint64_t group = head < queries ? head / p.queries : other % p.heads,
                   in = head < queries ? head % p.queries : p.queries + other / p.heads;
    return (group * (p.queries + 2) + in) * size + row % size;
  }
  return row;
}

// Rows of the part from `first` on, at staging_, into floats_.
void GgufStream::decode(const Part& p, uint64_t first, uint64_t count) {
  const bool transposed = p.order == Rows::Transposed;
  float* const floats = floats_.as<float>();
  for (uint64_t r = 0; r < count; ++r) {
    const unsigned char* from = staging_.as<unsigned char>() + r * p.rowBytes;
    float* const into = floats + (transposed ? p.rows : placeOf(p, first + r) - first) * p.columns;
    for (uint64_t i = 0; i < p.columns; i += p.type->values, from += p.type->bytes) p.type->decode(from, into + i);
    for (uint64_t i = 0; p.add != 0 && i < p.columns; ++i) into[i] += p.add;
    for (uint64_t i = 0; transposed && i < p.columns; ++i) floats[i * p.rows + r] = into[i];
  }
}

Status GgufStream::deliver() {
  const Part& p = parts_[part_];
  const uint64_t first = offset_ / p.rowBytes, count = need_ / p.rowBytes, rowSize = p.columns * p.valueBytes();
  if (!p.asStored) decode(p, first, count);
  return deliver_(p.info, first * rowSize, (p.asStored ? staging_ : floats_).data(), count * rowSize).inFile(file_);
}

// Delivers the piece that is complete, and prepares the next one. After the last part there is no room.
Status GgufStream::nextPiece() {
  if (need_ && !passing()) WF_TRY(deliver());
  offset_ += need_;
  have_ = need_ = 0;
  for (; part_ < parts_.size(); ++part_, offset_ = 0) {
    const Part& p = parts_[part_];
    need_ = p.bytes() - offset_;
    if (p.type) need_ = std::min(need_, p.rowBytes * p.atOnce);
    if (need_) return {};
  }
  // Complete: the model that is about to run needs the memory.
  staging_ = Buffer();
  floats_ = Buffer();
  return {};
}

Status GgufStream::finish() {
  if (failed_.ok() && total_ < end_)  // the padding behind the last tensor may be missing
    failed_ = fail("truncated", "ends after " + std::to_string(total_) + " of " + std::to_string(end_) + " bytes");
  return failed_;
}

}  // namespace wasmformers
