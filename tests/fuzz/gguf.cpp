// A GGUF stream with any plan gives a named error or tensors, whose pieces come in order and complete, and the same
// ones however the file is cut into chunks. The input: a byte for the size of pieces, a byte for the chunks, the plan
// up to a byte 0, then the file. (Headers are read in JavaScript, which makes the plan: tests/js/gguf.)
#include <algorithm>
#include <cstring>
#include <map>

#include "checks.h"
#include "tensor/gguf_stream.h"

using namespace wasmformers;
using namespace wasmformers::fuzz;

namespace {

/// A receiver knows the sizes of its tensors; larger ones are none of them.
constexpr uint64_t kLargest = 1 << 20;

struct Outcome {
  std::string code;
  std::map<std::string, std::pair<uint64_t, uint64_t>> tensors;  // bytes, hash
  bool operator==(const Outcome&) const = default;
};

Outcome readAll(const std::string& plan, std::string_view file, uint64_t rows, size_t chunk) {
  Outcome out;
  GgufStream stream(
      "m.gguf", plan,
      [&](const TensorInfo& t) -> Result<uint64_t> {
        FUZZ_CHECK(t.begin == 0 && t.end > 0 && !t.shape.empty());
        if (t.end > kLargest) return GgufStream::kPassOver;
        return rows && t.shape.size() > 1 ? t.end / uint64_t(t.shape[0]) * rows : GgufStream::kWhole;
      },
      [&](const TensorInfo& t, uint64_t offset, const std::byte* data, uint64_t size) -> Status {
        auto& [bytes, hash] = out.tensors[t.name];
        if (offset == 0) bytes = hash = 0;  // two tensors may have one name
        FUZZ_CHECK(offset == bytes && size > 0 && offset + size <= t.end);
        bytes += size;
        for (uint64_t i = 0; i < size; ++i) hash = hash * 31 + uint64_t(data[i]);
        return {};
      });
  Status s;
  for (size_t at = 0; at < file.size() && s.ok();) {
    const size_t n = std::min({chunk, file.size() - at, stream.room()});
    if (n) std::memcpy(stream.window(), file.data() + at, n);
    s = stream.commit(n ? n : 1);
    at += n;
  }
  if (s.ok()) s = stream.finish();
  out.code = s.code();
  FUZZ_CHECK(s.ok() || (!s.code().empty() && !s.message().empty() && s.file() == "m.gguf"));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > 100000) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  const size_t end = std::min(rest.find('\0'), rest.size());
  const std::string plan(rest.substr(0, end));
  const std::string_view file = rest.substr(std::min(end + 1, rest.size()));
  const uint64_t rows = data[0] % 8;
  const Outcome whole = readAll(plan, file, rows, std::max<size_t>(file.size(), 1)),
                cut = readAll(plan, file, rows, data[1] % 64 + 1);
  FUZZ_CHECK(whole == cut);
  return 0;
}
