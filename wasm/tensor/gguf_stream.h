// Reads a GGUF file while it arrives (file_stream.h), and delivers its tensors as a safetensors file would have them:
// under the names of transformers, in F32, F16 or BF16, rows in the order of transformers. Quantized rows become f32
// piece by piece. JavaScript has read the header before (js/gguf), which it needs for config.json and the tokenizer;
// what is to be read where comes as its plan. A plan of any form is safe here.
#pragma once

#include <vector>

#include "base/buffer.h"
#include "json/json.h"
#include "tensor/file_stream.h"
#include "tensor/gguf_blocks.h"

namespace wasmformers {

class GgufStream final : public FileStream {
 public:
  /// `plan` is JSON: { end, alignment, tensors: [{ name, type, shape, begin, … }, …] }. `end`: where the last tensor
  /// ends in the file; padding to a multiple of `alignment` may follow. A tensor has transformers' name, ggml_type,
  /// shape (rows first) and the byte of the file where it begins; they come in the order of their bytes. Also:
  ///   rows: "rotary"      in each of `heads` heads, the two halves alternate in the file
  ///         "grouped"     all queries, all keys, all values, instead of `heads` groups of `queries` queries, a key and
  ///                       a value
  ///         "transposed"  the file has the matrix [n, k] of a shape [k, n]
  ///   add: a number for every value
  /// WeightsError "bad_plan", "too_long", "truncated", "wrong_shape" (heads cannot share the rows), those of `wants`
  /// and `deliver`.
  GgufStream(std::string file, const std::string& plan, Wants wants, Deliver deliver);

  std::byte* window() override;
  size_t room() const override;
  Status commit(size_t n) override;
  Status finish() override;

 private:
  enum class Rows : uint8_t { Same, Rotary, Grouped, Transposed };
  /// Bytes of the file that belong together: a tensor, or (no type) what is passed over.
  struct Part {
    uint64_t begin = 0, end = 0;
    const BlockType* type = nullptr;
    TensorInfo info = {};  // as it is delivered
    Rows order = Rows::Same;
    uint64_t heads = 1, queries = 1;
    float add = 0;
    bool asStored = false;                         // its bytes are delivered as they are
    uint64_t rows = 0, columns = 0, rowBytes = 0;  // rowBytes: in the file
    uint64_t block = 1, atOnce = 0;                // rows that change places among themselves; of a piece
    uint64_t bytes() const { return end - begin; }
    uint64_t valueBytes() const { return dtypeBits(info.dtype) / 8; }
  };
  Status start(const std::string& plan);
  Status addPart(json::Value tensor);
  Status askFor(Part& part);
  Status nextPiece();
  Status deliver();
  void decode(const Part& p, uint64_t first, uint64_t count);
  static uint64_t placeOf(const Part& p, uint64_t row);
  Status fail(const char* code, const std::string& what, std::string_view field = {}) const;
  bool passing() const { return part_ < parts_.size() && !parts_[part_].type; }

  std::string file_;
  Wants wants_;
  Deliver deliver_;
  Buffer staging_, floats_;
  std::vector<Part> parts_;
  uint64_t end_ = 0;
  size_t part_ = 0;               // whose bytes come now
  uint64_t offset_ = 0;           // where the current piece begins in it
  uint64_t have_ = 0, need_ = 0;  // bytes of the current piece
  uint64_t total_ = 0;            // bytes of the file that have come
  Status failed_;
};

}  // namespace wasmformers
