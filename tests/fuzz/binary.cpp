// A damaged binary form gives a named error or, where its checksum was corrected, a tokenizer that reads nothing
// outside the form. The input: a byte that chooses the form and other changes, then changes of bytes: place (two
// bytes), value.
#include <cstring>
#include <iterator>

#include "checks.h"

using namespace wasmformers::fuzz;

namespace {

// One file for each kind of model, so small that most changes have an effect.
const char* const kFiles[] = {
    (R"({"model":{"type":"WordLevel","vocab":{"a":0,"b":1,"[UNK]":2},"unk_token":"[UNK]"},)"
     R"("pre_tokenizer":{"type":"WhitespaceSplit"}})"),
    (R"({"model":{"type":"WordPiece","vocab":{"a":0,"##b":1,"[UNK]":2,"ab":3},"unk_token":"[UNK]",)"
     R"("continuing_subword_prefix":"##","max_input_chars_per_word":100}})"),
    (R"({"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"c":3,"abc":4},"merges":["a b","ab c"]},)"
     R"("added_tokens":[{"id":5,"content":"<x>","special":true,"single_word":false,"lstrip":false,)"
     R"("rstrip":false,"normalized":false}]})"),
    R"({"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-1.5],["b",-2.5],["ab",-3.25]]}})",
};

const std::vector<std::string>& forms() {
  static const auto made = [] {
    std::vector<std::string> out;
    for (const char* json : kFiles) {
      auto t = Tokenizer::fromJson(json, "tokenizer.json");
      FUZZ_CHECK(t.ok());
      out.push_back(t.take()->toBinary());
    }
    return out;
  }();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes in({reinterpret_cast<const char*>(data), size});
  const uint8_t how = in.byte();
  std::string form = forms()[how % std::size(kFiles)];
  while (!in.rest().empty()) {
    const size_t at = (in.byte() | size_t(in.byte()) << 8) % form.size();
    form[at] = char(in.byte());
  }
  if (how & 64) form.resize(form.size() - std::min(form.size(), size_t(how & 63)));
  if (how & 128 && form.size() >= 48) {  // correct the size and the checksum
    const uint64_t sum = Source::of(std::string_view(form).substr(48)).hash, bytes = form.size();
    std::memcpy(form.data() + 40, &sum, 8);
    std::memcpy(form.data() + 16, &bytes, 8);
  }
  wasmformers::Buffer buffer(form.size() + 1);
  std::memcpy(buffer.data(), form.data(), form.size());
  auto made = Tokenizer::fromBinary(std::move(buffer), form.size());
  if (!made.ok()) {
    FUZZ_CHECK(!made.status().code().empty());
    return 0;
  }
  const auto t = made.take();
  EncodedBatch out;
  std::vector<EncodeInput> inputs(1);
  inputs[0].texts[0] = {"ab abc <x> aabb c d"};
  (void)t->encodeBatch(inputs, {}, out);
  const uint32_t ids[] = {0, 1, 2, 3, 4, 5, 6, UINT32_MAX};
  (void)t->decode(ids, std::size(ids), false);
  (void)t->tokenToId("ab");
  return 0;
}
