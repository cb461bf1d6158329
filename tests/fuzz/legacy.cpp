// A SentencePiece `.model` (first byte even) or tiktoken's ranks (odd), of any bytes, give a named error or JSON.
#include "checks.h"
#include "json/json.h"
#include "tokenizer/legacy/sentencepiece.h"
#include "tokenizer/legacy/tiktoken.h"

using namespace wasmformers::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > 100000) return 0;
  const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto made = data[0] & 1 ? readTiktoken(file, "ranks") : readSentencePiece(file, "spiece.model");
  if (!made.ok()) {
    FUZZ_CHECK(!made.status().code().empty() && !made.status().message().empty());
    return 0;
  }
  const std::string json = made.take();
  FUZZ_CHECK(wasmformers::json::Document::parse(json, "json", wasmformers::ErrorClass::Tokenizer).ok());
  return 0;
}
