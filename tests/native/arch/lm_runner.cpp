// See lm_runner.h.
#include "lm_runner.h"

#include <algorithm>
#include <filesystem>

namespace wasmformers::testing {

Status LmRunner::loadCase(const std::string& name, kernels::Format format, const std::string& architecture) {
  const std::string folder = fixture(name.find('/') == std::string::npos ? "lm/" + name : name);
  WF_ASSIGN(json::Document parsed,
            json::Document::parse(readFile(folder + "/case.json"), "case.json", ErrorClass::Config));
  test.emplace(std::move(parsed));
  io = readTensors(folder + "/io.safetensors");
  std::vector<std::string> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    const std::string file = entry.path().filename().string();
    if (file.starts_with("model") && file.ends_with(".safetensors")) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  for (std::string& file : files) file = readFile(file);
  const std::string own(test->root()["cls"].asString());
  return loadShards(readFile(folder + "/config.json"), architecture.empty() ? own : architecture, format, files);
}

Status LmRunner::feed(const std::vector<int32_t>& ids, const std::vector<uint8_t>& mask, size_t rows,
                      std::vector<std::vector<float>>& logits) {
  arena.reset();
  outputs.clear();
  arch::Pass pass{*kernels, arena, inputs, outputs};
  WF_TRY(
      lm().beginCached({ids.data(), mask.empty() ? nullptr : mask.data(), rows, ids.size() / rows, wantsLogits}, pass));
  for (size_t i = 0; i < lm().steps(); ++i) WF_TRY(lm().step(i, pass));
  EXPECT_FALSE(arena.failed());
  logits.clear();
  if (!wantsLogits) return {};
  EXPECT_EQ(outputs.size(), 1u);
  const size_t n = lm().vocabulary();
  EXPECT_EQ(outputs[0].shape, (Shape{int64_t(rows), int64_t(n)}));
  for (size_t r = 0; r < rows; ++r) logits.emplace_back(outputs[0].data + r * n, outputs[0].data + (r + 1) * n);
  return {};
}

std::vector<int32_t> LmRunner::ids(size_t from, size_t to) const {
  const Values& all = io.at("in.input_ids");
  std::vector<int32_t> some;
  for (size_t r = 0; r < rows(); ++r)
    some.insert(some.end(), all.ints.begin() + long(r * length() + from), all.ints.begin() + long(r * length() + to));
  return some;
}

std::vector<uint8_t> LmRunner::mask(size_t from, size_t to) const {
  std::vector<uint8_t> some;
  for (size_t r = 0; r < rows(); ++r) {
    for (size_t t = from; t < to; ++t) some.push_back(uint8_t(io.at("in.attention_mask").ints[r * length() + t]));
  }
  return some;
}

std::vector<std::string> lmCases() { return folders("lm"); }

}  // namespace wasmformers::testing
