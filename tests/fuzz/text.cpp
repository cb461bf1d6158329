// Encodes any bytes, with any options, by the tokenizers of tests/fixtures, which have all kinds of models.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "checks.h"

using namespace wasmformers::fuzz;

namespace {

std::vector<std::unique_ptr<Tokenizer>> load() {
  const char* root = std::getenv("TEST_FIXTURES");
  std::map<std::string, std::string> files;  // sorted, so that a byte always chooses the same one
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(root ? root : "tests/fixtures") + "/tokenizers")) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".tokenizer.json")) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files[name] = std::string(std::istreambuf_iterator<char>(in), {});
  }
  std::vector<std::unique_ptr<Tokenizer>> out;
  for (const auto& [name, json] : files) {
    auto made = Tokenizer::fromJson(json, name);
    if (made.ok())
      out.push_back(made.take());
    else
      std::fprintf(stderr, "%s: %s\n", name.c_str(), made.status().message().c_str());
  }
  FUZZ_CHECK(!out.empty());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto tokenizers = load();
  Bytes in({reinterpret_cast<const char*>(data), size});
  Tokenizer& t = *tokenizers[in.byte() % tokenizers.size()];
  const EncodeOptions options = optionsOf(in);
  std::vector<EncodeInput> inputs(1);
  // 0x1F begins the second text. 0x1E ends a word; then the texts are lists of words.
  std::string_view rest = in.rest();
  inputs[0].splitIntoWords = rest.find('\x1E') != rest.npos;
  for (int side = 0; side < 2; ++side) {
    const size_t end = side ? rest.size() : std::min(rest.find('\x1F'), rest.size());
    std::string_view text = rest.substr(0, end);
    while (inputs[0].splitIntoWords && text.find('\x1E') != text.npos) {
      inputs[0].texts[side].push_back(text.substr(0, text.find('\x1E')));
      text.remove_prefix(text.find('\x1E') + 1);
    }
    inputs[0].texts[side].push_back(text);
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
    inputs[0].pair = true;
  }
  checkEncoding(t, inputs, options);
  return 0;
}
