// The binary form: it encodes as the tokenizer.json that it was made from, and any damage is a named error, even where
// the checksum is right.
#include <gtest/gtest.h>

#include <random>

#include "json/write.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer_fixtures.h"

namespace wasmformers::tokenizer {
namespace {

using ReadBack = Result<std::unique_ptr<Tokenizer>>;

ReadBack load(std::string_view form, const Source* source = nullptr) {
  Buffer buffer(form.size() + 1);
  std::memcpy(buffer.data(), form.data(), form.size());
  return Tokenizer::fromBinary(std::move(buffer), form.size(), source);
}

// Sets the checksum (bytes 40–47 of the header's 48) of the bytes after the header.
std::string sealed(std::string form) {
  const uint64_t sum = Source::of(std::string_view(form).substr(48)).hash, size = form.size();
  std::memcpy(form.data() + 40, &sum, 8);
  std::memcpy(form.data() + 16, &size, 8);
  return form;
}

std::vector<std::string> textsOf(const std::string& vectors) {
  std::vector<std::string> texts;
  for (const std::string& line : test::readLines(test::fixture(vectors))) {
    auto parsed = json::Document::parse(line, vectors, ErrorClass::Internal);
    if (parsed.ok() && parsed->root()["text"].isString()) texts.emplace_back(parsed->root()["text"].asString());
  }
  return texts;
}

void expectSame(Tokenizer& a, Tokenizer& b, const std::vector<std::string>& texts) {
  EncodeOptions options;
  EncodedBatch x, y;
  std::vector<EncodeInput> inputs(1);
  for (const std::string& text : texts) {
    inputs[0].texts[0] = {text};
    ASSERT_EQ(a.encodeBatch(inputs, options, x).ok(), b.encodeBatch(inputs, options, y).ok()) << text;
    EXPECT_EQ(x.ids, y.ids) << text;
    EXPECT_EQ(x.offsets, y.offsets) << text;
    EXPECT_EQ(x.words, y.words) << text;
    EXPECT_EQ(a.decode(x.ids.data(), x.ids.size(), true), b.decode(x.ids.data(), x.ids.size(), true)) << text;
  }
}

class Binary : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(test::readFile(test::fixture(std::string(GetParam()) + ".tokenizer.json"), json_));
    auto made = Tokenizer::fromJson(json_, "tokenizer.json");
    ASSERT_TRUE(made.ok()) << made.status().message();
    tokenizer_ = made.take();
  }
  std::string json_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_P(Binary, EncodesAsItsSource) {
  const std::vector<std::string> texts = textsOf(std::string(GetParam()) + ".jsonl.gz");
  ASSERT_GT(texts.size(), 100u);
  const std::string form = tokenizer_->toBinary();
  const Source source = Source::of(json_);
  auto again = load(form, &source);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ((*again)->toBinary(), form);
  EXPECT_EQ((*again)->idEnd(), tokenizer_->idEnd());
  EXPECT_EQ((*again)->vocabularySize(), tokenizer_->vocabularySize());
  expectSame(*tokenizer_, **again, texts);
}

TEST_P(Binary, KeepsAddedTokens) {
  AddedToken token;
  token.content =
      "Quatsch mit \"So\\\xC3\x9F"
      "e\"";
  token.lstrip = token.special = true;
  token.normalized = false;
  tokenizer_->addTokens({token});
  auto again = load(tokenizer_->toBinary());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->tokenToId(token.content), tokenizer_->tokenToId(token.content));
  expectSame(*tokenizer_, **again, {"a  " + token.content + " b", token.content});
}

TEST_P(Binary, DamageIsANamedError) {
  const std::string form = tokenizer_->toBinary();
  const auto codeOf = [](std::string_view bytes, const Source* source = nullptr) {
    auto made = load(bytes, source);
    return made.ok() ? "ok" : made.status().code();
  };
  EXPECT_EQ(codeOf(""), "not_binary_form");
  EXPECT_EQ(codeOf(json_), "not_binary_form");
  for (size_t size = 0; size < form.size(); size += form.size() / 97 + 1) {
    EXPECT_EQ(codeOf(std::string_view(form).substr(0, size)), size < 8    ? "not_binary_form"
                                                              : size < 16 ? "binary_form_version"
                                                                          : "binary_form_cut");
  }
  std::string other = form;
  other[8] += 1;
  EXPECT_EQ(codeOf(other), "binary_form_version");
  for (size_t at = 48; at < form.size(); at += form.size() / 97 + 1) {
    other = form;
    other[at] = char(other[at] ^ 4);
    EXPECT_EQ(codeOf(other), "binary_form_damaged") << at;
  }
  const Source source = Source::of("{}");
  EXPECT_EQ(codeOf(form, &source), "binary_form_stale");
}

// However the file is written, it gives the same tables. Vocabulary and merges are read from its text where that is
// written as usual; else (even for a byte order mark) the whole file is parsed.
TEST_P(Binary, AnySpellingOfTheFile) {
  const auto payload = [](std::string_view json) {
    auto made = Tokenizer::fromJson(json, "tokenizer.json");
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? (*made)->toBinary().substr(48) : std::string();
  };
  const std::string want = payload("\xEF\xBB\xBF" + json_);
  EXPECT_EQ(tokenizer_->toBinary().substr(48), want);
  std::string compact, escaped, spaced;
  json::write(json::Document::parse(json_, "", ErrorClass::Internal)->root(), compact);
  if (std::string_view(GetParam()) == "unigram-metaspace")
    compact = json_;  // its scores would be written with other digits
  EXPECT_EQ(payload(compact), want);
  bool quoted = false;
  for (const char *p = json_.data(), *end = p + json_.size(); p < end;) {
    const char* from = p;
    const uint32_t c = text::decode(p);
    if (*from == '\\' && p < end) {
      escaped.append(from, ++p);
      spaced.append(from, p);
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (!quoted && c < 0x80 && std::strchr("{}[],:", int(c))) spaced += "\r\n\t ";
    spaced.append(from, p);
    // Names of members are not escaped, since "type" must be found.
    char unit[16];
    if (c >= 0x10000)
      std::snprintf(unit, sizeof unit, "\\u%04X\\uDC%02x", 0xD7C0 + (c >> 10), c & 0xFF);
    else
      std::snprintf(unit, sizeof unit, "\\u%04x", c);
    if (c >= 0x80 && (c < 0x10000 || (c & 0x300) == 0))
      escaped += unit;
    else
      escaped.append(from, p);
  }
  EXPECT_EQ(payload(escaped), want);
  EXPECT_EQ(payload(spaced), want);
  auto broken = Tokenizer::fromJson(compact.substr(0, compact.size() - 1), "tokenizer.json");
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.status().code(), "invalid_json");
}

// Forms with a right checksum and wrong parts: an error, or a tokenizer that does not read outside its memory, which
// the run with sanitizers checks.
TEST_P(Binary, StaysInsideItsMemory) {
  const std::string form = tokenizer_->toBinary();
  std::mt19937 random(7);
  const std::vector<std::string> texts{"The quick brown fox.", "na\xC3\xAFve \xE2\x96\x81 \xF0\x9F\x98\x80",
                                       "\xE6\x97\xA5\xE6\x9C\xAC"};
  for (int round = 0; round < 300; ++round) {
    std::string bad = form;
    for (int n = 1 + int(random() % 3); n; --n) {
      const size_t at = 48 + random() % (bad.size() - 48);
      const uint32_t kind = random() % 3;
      if (kind == 0)
        bad[at] = char(random());
      else if (kind == 1)
        std::memset(bad.data() + at, random() % 2 ? 0xFF : 0, std::min<size_t>(bad.size() - at, 1 + random() % 16));
      else
        bad.resize(std::max<size_t>(56, at));
    }
    auto made = load(sealed(bad));
    if (!made.ok()) {
      EXPECT_EQ(made.status().errorClass(), ErrorClass::Tokenizer);
      continue;
    }
    EncodedBatch out;
    std::vector<EncodeInput> inputs(1);
    for (const std::string& text : texts) {
      inputs[0].texts[0] = {text};
      if ((*made)->encodeBatch(inputs, {}, out).ok()) (*made)->decode(out.ids.data(), out.ids.size(), false);
    }
  }
}

// `pieces` of a BPE are in the form's skeleton; a form that is damaged may give them other ids.
TEST(BinaryPieces, AreReadBack) {
  const std::string json = R"({"model":{"type":"BPE","unk_token":"?","end_of_word_suffix":"</w>",
      "vocab":{"?":7,"t@@":1,"the":2},"pieces":{"?":7,"t":1,"h":7,"th":7,"e</w>":7,"the</w>":2},
      "merges":["t h","th e</w>"]}})";
  auto made = Tokenizer::fromJson(json, "tokenizer.json");
  ASSERT_TRUE(made.ok()) << made.status().message();
  const std::string form = (*made)->toBinary();
  auto again = load(form);
  ASSERT_TRUE(again.ok()) << again.status().message();
  const std::vector<std::string> texts{"the", "tthe", "thx", "x", ""};
  expectSame(**made, **again, texts);
  EncodedBatch out;
  std::vector<EncodeInput> inputs(1);
  inputs[0].texts[0] = {texts[1]};
  ASSERT_TRUE((*again)->encodeBatch(inputs, {}, out).ok());
  EXPECT_EQ(out.ids, (std::vector<uint32_t>{1, 2}));
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    std::string bad = form;
    bad[48 + random() % (bad.size() - 48)] = char(random());
    auto other = load(sealed(bad));
    inputs[0].texts[0] = {texts[round % 4]};
    if (other.ok() && (*other)->encodeBatch(inputs, {}, out).ok())
      (*other)->decode(out.ids.data(), out.ids.size(), false);
  }
}

TEST(BinaryPieces, MustBeIds) {
  for (const char* pieces : {"[]", "1", "{\"a\":-1}", "{\"a\":\"b\"}", "{\"a\":4294967296}"}) {
    auto made = Tokenizer::fromJson(
        std::string(R"({"model":{"type":"BPE","vocab":{"a":0},"merges":[],"pieces":)") + pieces + "}}",
        "tokenizer.json");
    ASSERT_FALSE(made.ok()) << pieces;
    EXPECT_TRUE(made.status().code() == "wrong_type" || made.status().code() == "bad_id") << made.status().code();
    EXPECT_EQ(made.status().field(), "model.pieces");
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Binary,
                         testing::Values("wordpiece-uncased", "wordlevel-digits", "bytelevel-gpt2like",
                                         "unigram-metaspace", "bpe-bytefallback-llamalike", "bpe-fuseunk-metaspace"));

}  // namespace
}  // namespace wasmformers::tokenizer
