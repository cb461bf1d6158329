// Reads checkpoints with PyTorch's results, and runs our models on them.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "arch/families.h"
#include "weights/loader.h"

namespace wasmformers::testing {

/// tests/fixtures/<path>, by the environment variable TEST_FIXTURES.
std::string fixture(const std::string& path);
std::string readFile(const std::string& path);
/// Names of the folders in tests/fixtures/<path> (a new case is a new folder).
std::vector<std::string> folders(const std::string& path);

struct Values {
  Shape shape;
  DType dtype = DType::F32;
  std::vector<float> floats;  // float tensors
  std::vector<int32_t> ints;  // integer tensors (I64 cut to 32 bits, BOOL)
};
/// All tensors of a safetensors file.
std::map<std::string, Values> readTensors(const std::string& path);

/// Feeds `file` to a SafetensorsStream or a Loader in chunks of an odd size, so that tensors arrive in pieces.
template <class Reader>
Status feed(Reader& reader, const std::string& file) {
  for (size_t at = 0; at < file.size();) {
    const size_t n = std::min({file.size() - at, size_t(reader.room()), size_t(10007)});
    if (n == 0) return reader.commit(1);
    std::memcpy(reader.window(), file.data() + at, n);
    at += n;
    WF_TRY(reader.commit(n));
  }
  return {};
}

/// A model loaded from texts in memory, with everything that it needs to run.
struct Runner {
  std::unique_ptr<arch::Model> model;
  weights::Weights weights;
  std::vector<arch::Input> inputs;
  std::vector<arch::Output> outputs;
  Arena arena;
  const kernels::Table* kernels = &kernels::fast();
  std::span<const arch::Family> families = arch::encoderFamilies();

  Status load(const std::string& config, const std::string& architecture, kernels::Format format,
              const std::string& safetensors) {
    return loadShards(config, architecture, format, {safetensors});
  }
  Status loadShards(const std::string& config, const std::string& architecture, kernels::Format format,
                    const std::vector<std::string>& files);
  void set(const std::string& name, const Shape& shape, const std::vector<int32_t>& values);
  Status run();
};

}  // namespace wasmformers::testing
