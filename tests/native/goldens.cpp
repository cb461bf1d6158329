// See goldens.h.
#include "goldens.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tensor/safetensors_stream.h"
#include "weights/quantized/quantized.h"

namespace wasmformers::testing {

std::string fixture(const std::string& path) {
  const char* root = std::getenv("TEST_FIXTURES");
  return std::string(root ? root : "tests/fixtures") + "/" + path;
}

std::string readFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  EXPECT_TRUE(in.good() && !text.str().empty()) << "cannot read " << path;
  return text.str();
}

std::vector<std::string> folders(const std::string& path) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(fixture(path), none)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::map<std::string, Values> readTensors(const std::string& path) {
  std::map<std::string, Values> all;
  SafetensorsStream stream(
      path, [](const TensorInfo&) -> Result<uint64_t> { return SafetensorsStream::kWhole; },
      [&](const TensorInfo& t, uint64_t, const std::byte* data, uint64_t) -> Status {
        Values& v = all[t.name];
        v.shape = t.shape;
        v.dtype = t.dtype;
        const size_t n = size_t(elementCount(t.shape));
        if (isFloat(t.dtype)) {
          v.floats.resize(n);
          toFloat(t.dtype, data, n, v.floats.data());
        } else if (t.dtype == DType::I64) {
          for (size_t i = 0; i < n; ++i) v.ints.push_back(int32_t(reinterpret_cast<const int64_t*>(data)[i]));
        } else if (t.dtype == DType::U8) {
          for (size_t i = 0; i < n; ++i) v.ints.push_back(int32_t(data[i]));
        } else {
          ADD_FAILURE() << t.name << ": dtype not expected in a golden";
        }
        return {};
      });
  const Status s = feed(stream, readFile(path));
  EXPECT_TRUE(s.ok()) << s.message();
  EXPECT_TRUE(stream.finish().ok());
  return all;
}

Status Runner::loadShards(const std::string& config, const std::string& architecture, kernels::Format format,
                          const std::vector<std::string>& files) {
  WF_ASSIGN(json::Document document, json::Document::parse(config, "config.json", ErrorClass::Config));
  WF_ASSIGN(const arch::Head head, arch::headFromArchitecture(architecture));
  WF_ASSIGN(model, arch::createModel(document.root(), {head, format}, families));
  model->declare(weights);
  WF_ASSIGN(auto parts, weights::quantized::open(document.root(), weights));
  weights::Loader loader(weights, std::move(parts));
  for (const std::string& file : files) {
    loader.beginFile("model.safetensors");
    WF_TRY(feed(loader, file));
    WF_TRY(loader.endFile());
  }
  WF_TRY(loader.finish());
  return model->loaded();
}

void Runner::set(const std::string& name, const Shape& shape, const std::vector<int32_t>& values) {
  arch::Input in;
  in.name = name;
  in.shape = shape;
  in.data = Buffer(values.size() * sizeof(int32_t));
  std::copy(values.begin(), values.end(), in.data.as<int32_t>());
  inputs.push_back(std::move(in));
}

Status Runner::run() {
  arena.reset();
  outputs.clear();
  arch::Pass pass{*kernels, arena, inputs, outputs};
  WF_TRY(model->begin(pass));
  for (size_t i = 0; i < model->steps(); ++i) WF_TRY(model->step(i, pass));
  EXPECT_FALSE(arena.failed());
  return {};
}

}  // namespace wasmformers::testing
