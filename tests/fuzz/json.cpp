// A tokenizer.json of any bytes gives a named error, or a tokenizer that works and whose binary form gives the same
// ids.
#include <cstring>

#include <iterator>

#include "checks.h"

using namespace wasmformers::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 100000) return 0;
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  auto made = Tokenizer::fromJson(json, "tokenizer.json");
  if (!made.ok()) {
    FUZZ_CHECK(!made.status().code().empty() && !made.status().message().empty() &&
               made.status().file() == "tokenizer.json");
    return 0;
  }
  const auto t = made.take();
  static const char* const kTexts[] = {"",
                                       " ",
                                       "Hello, world! don't  stop\n123",
                                       "a\xCC\x81\xE4\xB8\xAD\xE6\x96\x87 \xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD",
                                       "[CLS]<s>x\xE2\x96\x81y</s>",
                                       "\xFF\x80\xED\xA0\x80"};
  std::vector<EncodeInput> inputs(1);
  for (const char* text : kTexts) {
    inputs[0].texts[0] = {text};
    checkEncoding(*t, inputs, {});
  }
  inputs[0].texts[1] = {"and a pair"};
  inputs[0].pair = true;
  EncodeOptions options;
  options.truncation = {TruncationStrategy::LongestFirst, 4, 1, size % 2 == 0};
  options.overflow = true;
  checkEncoding(*t, inputs, options);
  const uint32_t ids[] = {0, 1, 2, 3, 5, 8, 13, uint32_t(size), UINT32_MAX};
  FUZZ_CHECK(wasmformers::text::isValid(t->decode(ids, std::size(ids), false)));
  const std::string form = t->toBinary();
  wasmformers::Buffer buffer(form.size());
  std::memcpy(buffer.data(), form.data(), form.size());
  auto again = Tokenizer::fromBinary(std::move(buffer), form.size());
  FUZZ_CHECK(again.ok());
  const auto second = again.take();
  EncodedBatch a, b;
  inputs[0] = {};
  inputs[0].texts[0] = {kTexts[2]};
  FUZZ_CHECK(t->encodeBatch(inputs, {}, a).ok() == second->encodeBatch(inputs, {}, b).ok() && a.ids == b.ids);
  return 0;
}
