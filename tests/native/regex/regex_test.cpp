// The regex engine against the reference (tests/fixtures/tokenizers/make_regex.py): translation, matches, and classes
// on every code point. And patterns that would run forever.
#include <gtest/gtest.h>

#include <algorithm>

#include "json/json.h"
#include "regex/regex.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer_fixtures.h"

namespace wasmformers::regex {
namespace {

std::string replaced(std::string_view text, const std::vector<Bounds>& found) {
  std::string out;
  size_t last = 0;
  for (const Bounds& b : found) {
    out.append(text, last, b.begin - last).append("\xEE\x80\x80");
    last = b.end;
  }
  return out.append(text, last);
}

// The code points that match, as runs.
std::string pointsOf(const Regex& regex) {
  std::string out;
  uint32_t first = 0, last = 0;
  bool open = false;
  std::vector<Bounds> found;
  for (uint32_t start = 0; start < 0x110000; start += 2048) {
    if (start == 0xD800) continue;
    std::string text;
    for (uint32_t c = start; c < start + 2048; ++c) text::append(text, c);
    EXPECT_EQ(regex.findAll(text, found), Outcome::Done);
    for (const Bounds& b : found) {
      for (const char *p = text.data() + b.begin, *end = text.data() + b.end; p < end;) {
        const uint32_t c = text::decode(p);
        if (open && last + 1 == c) {
          last = c;
          continue;
        }
        if (open) out += std::to_string(first) + " " + std::to_string(last) + " ";
        first = last = c;
        open = true;
      }
    }
  }
  if (open) out += std::to_string(first) + " " + std::to_string(last) + " ";
  return out;
}

TEST(Regex, MatchesAsTheReference) {
  const std::vector<std::string> lines = test::readLines(test::fixture("regex.jsonl.gz"));
  ASSERT_GT(lines.size(), 3000u);
  for (const std::string& line : lines) {
    auto document = json::Document::parse(line, "regex.jsonl", ErrorClass::Internal);
    ASSERT_TRUE(document.ok()) << document.status().message();
    const json::Value c = document->root();
    Failure failure;
    const auto regex = compile(c["pattern"].asString(), failure);
    if (c["error"]) {
      EXPECT_FALSE(regex) << line;
      EXPECT_TRUE(failure.code == "bad_pattern" || failure.code == "unsupported_pattern") << line;
      continue;
    }
    ASSERT_TRUE(regex) << line << failure.sentence;
    if (c["points"]) {
      std::string want;
      for (json::Value v : c["points"].elements()) want += std::to_string(v.asInt()) + " ";
      EXPECT_EQ(pointsOf(*regex), want) << c["pattern"].asString();
      continue;
    }
    std::vector<Bounds> found;
    const std::string_view text = c["text"].asString();
    EXPECT_EQ(regex->findAll(text, found), Outcome::Done) << line;
    if (text.empty()) continue;  // the reference does not search there
    EXPECT_EQ(replaced(text, found), c["replaced"].asString()) << line;
  }
}

TEST(Regex, UnsupportedSyntaxIsANamedError) {
  for (const char* pattern : {"(?~ab)", "\\y", "(?W)\\w", "(?{x})", "(*FAIL)", "\\p{InGreek}", "\\M-a", "\\k<a+1>"}) {
    Failure failure;
    EXPECT_FALSE(compile(pattern, failure)) << pattern;
    EXPECT_EQ(failure.code, "unsupported_pattern") << pattern;
  }
  std::string deep, classes;
  for (int i = 0; i < 100'000; ++i) deep += "(", classes += "[a";
  for (const std::string& pattern :
       {deep, classes, std::string(1 << 17, 'a'), std::string("(?:ab{9}c{60000}){60000}"), std::string("(?<=a+)b")}) {
    Failure failure;
    EXPECT_FALSE(compile(pattern, failure)) << pattern.substr(0, 20);
    EXPECT_EQ(failure.code, "bad_pattern") << pattern.substr(0, 20);
  }
}

TEST(Regex, NoPatternRunsForever) {
  Failure failure;
  std::vector<Bounds> found;
  const std::string as(200'000, 'a');
  for (const char* pattern :
       {"(a+)+[b-d]", "(?:a|aa)+[b-d]", "a*a*[xy]", "(?:a|b)*?[cd]", "(?:(?:a{2,9})*){2,}[b-d]"}) {
    const auto regex = compile(pattern, failure);
    ASSERT_TRUE(regex) << pattern;
    EXPECT_NE(regex->findAll(as, found), Outcome::Done) << pattern;
    EXPECT_EQ(regex->findAll("aab", found), Outcome::Done) << pattern;  // the next text works
  }
  // Long matches within the limits.
  for (const char* pattern : {"(?:a|b)+", "a+", "[^b]*", "(?:a(?!b))+"}) {
    const auto regex = compile(pattern, failure);
    ASSERT_TRUE(regex) << pattern;
    EXPECT_EQ(regex->findAll(as, found), Outcome::Done) << pattern;
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].end, as.size()) << pattern;
  }
}

std::string fileWith(std::string_view section, std::string_view content) {
  std::string json = R"({"version":"1.0","model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0,"aa":1}})";
  return json.append(",\"").append(section).append("\":").append(content).append("}");
}

TEST(Regex, GivingUpIsANamedError) {
  const std::string_view pattern = R"("pattern":{"Regex":"(a+)+[b-d]"})",
                         text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  const std::string files[] = {
      fileWith(
          "pre_tokenizer",
          std::string(R"({"type":"Split",)").append(pattern).append(R"(,"behavior":"MergedWithNext","invert":false})")),
      fileWith("normalizer", std::string(R"({"type":"Sequence","normalizers":[{"type":"Replace",)")
                                 .append(pattern)
                                 .append(R"(,"content":""},{"type":"NFC"}]})"))};
  for (const std::string& file : files) {
    auto made = tokenizer::Tokenizer::fromJson(file, "tokenizer.json");
    ASSERT_TRUE(made.ok()) << made.status().message();
    tokenizer::EncodedBatch out;
    tokenizer::EncodeInput hostile, fine;
    hostile.texts[0] = {text};
    fine.texts[0] = {"aa"};
    const Status failed = (*made)->encodeBatch({hostile}, {}, out);
    EXPECT_EQ(failed.code(), "pattern_steps");
    EXPECT_EQ(failed.errorClass(), ErrorClass::Tokenizer);
    ASSERT_TRUE((*made)->encodeBatch({fine}, {}, out).ok());
    EXPECT_EQ(out.ids, std::vector<uint32_t>{1});
  }
}

TEST(Regex, AnErrorNamesTheFieldOfThePattern) {
  auto made = tokenizer::Tokenizer::fromJson(
      fileWith("pre_tokenizer", R"({"type":"Split","pattern":{"Regex":"(a"},"behavior":"Removed","invert":false})"),
      "tokenizer.json");
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), "bad_pattern");
  EXPECT_EQ(made.status().field(), "pre_tokenizer.pattern.Regex");
}

}  // namespace
}  // namespace wasmformers::regex
