// A damaged saved cache gives a named error or, where its checksum was corrected, a cache on which the next generation
// runs without reading anything outside it. The input: a byte that chooses the form and other changes, then changes of
// bytes: place (two bytes), value.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "arch/families.h"
#include "base/hash.h"
#include "checks.h"
#include "generate/session.h"
#include "weights/loader.h"

using namespace wasmformers;
using namespace wasmformers::fuzz;
using kernels::CacheType;

namespace {

constexpr uint64_t kName = 7;
constexpr CacheType kTypes[] = {CacheType::F32, CacheType::F16, CacheType::Q8};

std::string read(const std::string& name) {
  const char* folder = std::getenv("TEST_FIXTURES");
  std::ifstream in(std::string(folder ? folder : "tests/fixtures") + "/lm/mistral-window-lm/" + name, std::ios::binary);
  FUZZ_CHECK(in.good());
  return std::string(std::istreambuf_iterator<char>(in), {});
}

struct Writer {
  std::unique_ptr<arch::Model> model;
  weights::Weights weights;
  Arena arena;
  std::vector<arch::Output> outputs;
  std::optional<generate::Session> session;
  std::vector<std::string> forms;  // saved caches, one for each of kTypes

  Writer() {
    const std::string config = read("config.json"), bytes = read("model.safetensors");
    auto document = json::Document::parse(config, "config.json", ErrorClass::Config);
    auto made = arch::createModel(document->root(),
                                  {arch::headFromArchitecture("MistralForCausalLM").take(), kernels::Format::F32},
                                  arch::decoderFamilies());
    FUZZ_CHECK(made.ok());
    model = made.take();
    model->declare(weights);
    weights::Loader loader(weights);
    loader.beginFile("model.safetensors");
    for (size_t at = 0; at < bytes.size();) {
      std::byte* const window = loader.window();
      const size_t n = std::min(bytes.size() - at, loader.room());
      std::memcpy(window, bytes.data() + at, n);
      FUZZ_CHECK(loader.commit(n).ok());
      at += n;
    }
    FUZZ_CHECK(loader.endFile().ok() && loader.finish().ok() && model->loaded().ok());
    session.emplace(*model->decoder(), kernels::fast(), arena, outputs);
    for (CacheType type : kTypes) {
      FUZZ_CHECK(write({1, 5, 9, 3, 7, 2, 8, 4}, type).ok());
      auto saved = session->save(kName);
      FUZZ_CHECK(saved.ok());
      forms.emplace_back(reinterpret_cast<const char*>(saved->data()), saved->size());
    }
  }

  Status write(const std::vector<int32_t>& prompt, CacheType type) {
    auto config = generate::GenerationConfig::parse(std::string_view(R"({"max_new_tokens": 4, "do_sample": false})"));
    WF_TRY(session->begin(config.take(), prompt.data(), nullptr, 1, prompt.size(),
                          {type, 2}));  // short passes, so that layers keep only their windows
    return session->run(1e18, 0);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Writer m;
  Bytes in({reinterpret_cast<const char*>(data), size});
  const uint8_t how = in.byte();
  const size_t which = how % std::size(kTypes);
  std::string form = m.forms[which];
  while (!in.rest().empty()) {
    const size_t at = (in.byte() | size_t(in.byte()) << 8) % form.size();
    form[at] = char(in.byte());
  }
  if (how & 64) form.resize(form.size() - std::min(form.size(), size_t(how & 63)));
  if (how & 128 && form.size() >= 16 && form.size() % 8 == 0) {
    const uint64_t sum = hash64(form.data(), form.size() - 8);
    std::memcpy(form.data() + form.size() - 8, &sum, 8);
  }
  const Status s = m.session->restore(reinterpret_cast<const std::byte*>(form.data()), form.size(), kName);
  FUZZ_CHECK(s.ok() || s.code() == "bad_cache" || s.code() == "out_of_memory");
  // Goes on from the restored cache, which may hold NaN.
  const Status on = m.write({1, 5, 9, 3, 7, 2, 8, 4, 4, 6}, kTypes[which]);
  FUZZ_CHECK(on.ok() || on.code() == "not_a_number");
  if (s.ok()) return 0;
  m.session->crop(0);
  FUZZ_CHECK(m.write({1, 5, 9}, kTypes[which]).ok());
  return 0;
}
