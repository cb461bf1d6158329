// Every code point through every component that uses Unicode's properties, against the reference's results
// (tests/fixtures/tokenizers/unicode.txt.gz, made by make_unicode.py beside it). And random runs of marks.
#include <gtest/gtest.h>

#include <map>

#include "json/json.h"
#include "tokenizer/normalizers/normalizer.h"
#include "tokenizer/pre_tokenizers/pre_tokenizer.h"
#include "tokenizer_fixtures.h"

namespace wasmformers::tokenizer {
namespace {

// "61+300" as UTF-8; "-" is nothing.
std::string textOf(std::string_view points) {
  std::string out;
  for (size_t at = 0; points != "-" && at < points.size();) {
    const size_t end = std::min(points.find('+', at), points.size());
    text::append(out, uint32_t(std::stoul(std::string(points.substr(at, end - at)), nullptr, 16)));
    at = end + 1;
  }
  return out;
}

// The text that c becomes by an answer of the fixture; null: c stays.
void appendImage(std::string& out, uint32_t c, const std::string* answer) {
  if (!answer) {
    text::append(out, c);
  } else if (*answer == "s") {
    out += ' ';
    text::append(out, c);
    out += ' ';
  } else if (*answer == "h") {  // The Unicode Standard, 3.12: a syllable's leading consonant, vowel and final consonant
    const uint32_t i = c - 0xAC00;
    text::append(out, 0x1100 + i / (21 * 28));
    text::append(out, 0x1161 + i / 28 % 21);
    if (i % 28) text::append(out, 0x11A7 + i % 28);
  } else {
    out += textOf(*answer);
  }
}

struct Section {
  std::string name, json;
  struct Run {
    uint32_t first, last;
    std::string answer;
  };
  std::vector<Run> runs;
  std::vector<std::pair<std::string, std::string>> texts;
};

std::vector<Section> sections() {
  std::vector<Section> out;
  for (const std::string& line : test::readLines(test::fixture("unicode.txt.gz"))) {
    const size_t a = line.find(' '), b = line.find(' ', a + 1);
    if (line[0] == '#')
      out.push_back({line.substr(a + 1, b - a - 1), line.substr(b + 1), {}, {}});
    else if (line[0] == '?')
      out.back().texts.push_back({textOf(line.substr(a + 1, b - a - 1)), textOf(line.substr(b + 1))});
    else if (!out.empty()) {
      out.back().runs.push_back({uint32_t(std::stoul(line.substr(0, a), nullptr, 16)),
                                 uint32_t(std::stoul(line.substr(a + 1, b - a - 1), nullptr, 16)), line.substr(b + 1)});
    }
  }
  return out;
}

// Calls f(code point, the reference's answer or nullptr) for every code point.
template <class F>
void forAllPoints(const Section& s, F f) {
  size_t r = 0;
  for (uint32_t c = 0; c < 0x110000; ++c) {
    if (c == 0xD800) c = 0xE000;
    while (r < s.runs.size() && s.runs[r].last < c) ++r;
    f(c, r < s.runs.size() && s.runs[r].first <= c ? &s.runs[r].answer : nullptr);
  }
}

std::string normalized(const Normalizer& n, const std::string& text, bool aligned) {
  NormalizedString s;
  s.assign(text, 0, aligned);
  n.normalize(s);
  EXPECT_TRUE(text::isValid(s.text));
  if (aligned) {
    s.needSpans();
    EXPECT_EQ(s.spans.size(), s.text.size());
    for (const Span& span : s.spans) EXPECT_TRUE(span.begin <= span.end && span.end <= text.size());
  }
  return s.text;
}

void checkNormalizer(const Section& s, const Normalizer& n) {
  // 64 code points at a time, separated by a character that no component changes.
  std::string in, want;
  uint32_t count = 0, wrong = 0, first = 0;
  const auto flush = [&] {
    for (bool aligned : {false, true}) {
      if (normalized(n, in, aligned) != want && ++wrong < 5) {
        ADD_FAILURE() << s.name << " differs in U+" << std::hex << first << " or the 63 code points after it:\n"
                      << normalized(n, in, aligned) << "\n"
                      << want;
      }
    }
    in.clear(), want.clear();
  };
  forAllPoints(s, [&](uint32_t c, const std::string* image) {
    if (in.empty()) first = c;
    text::append(in, c);
    appendImage(want, c, image);
    in += '|', want += '|';
    if (++count % 64 == 0) flush();
  });
  flush();
  EXPECT_EQ(wrong, 0u) << s.name;
  for (const auto& [text, image] : s.texts) {
    EXPECT_EQ(normalized(n, text, false), image) << s.name;
    EXPECT_EQ(normalized(n, text, true), image) << s.name;
  }
}

void checkPreTokenizer(const Section& s, const PreTokenizer& p) {
  uint32_t wrong = 0;
  PreTokenized work;
  forAllPoints(s, [&](uint32_t c, const std::string* pieces) {
    work.clear(false);
    work.text = "a";
    text::append(work.text, c);
    work.text += 'a';
    work.pieces = {{0, uint32_t(work.text.size()), -1}};
    p.preTokenize(work);
    if (work.pieces.size() != (pieces ? std::stoul(*pieces) : 1) && ++wrong < 5) {
      ADD_FAILURE() << s.name << " cuts U+" << std::hex << c << " into " << work.pieces.size();
    }
  });
  EXPECT_EQ(wrong, 0u) << s.name;
}

TEST(Unicode, EveryCodePointAsTheReference) {
  const std::vector<Section> all = sections();
  ASSERT_GE(all.size(), 16u);
  for (const Section& s : all) {
    auto document = json::Document::parse(s.json, s.name, ErrorClass::Tokenizer);
    ASSERT_TRUE(document.ok());
    Status status;
    const Component root(document->root(), "", &status);
    if (const auto n = makeNormalizer(root.member("normalizer")))
      checkNormalizer(s, *n);
    else if (const auto p = makePreTokenizer(root.member("pre_tokenizer")))
      checkPreTokenizer(s, *p);
    else
      ADD_FAILURE() << s.name << ": " << status.message();
  }
}

TEST(Unicode, InvalidBytesBecomeReplacementCharacters) {
  const std::map<std::string, std::string> cases = {{"ok é 中 😀", "ok é 中 😀"},
                                                    {"a\xff"
                                                     "b",
                                                     "a\uFFFDb"},
                                                    {"\xe4\xb8", "\uFFFD"},
                                                    {"\xe4\xb8"
                                                     "a",
                                                     "\uFFFDa"},
                                                    {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
                                                    {"\xc0\x80", "\uFFFD\uFFFD"},
                                                    {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
                                                    {"\xf0\x9f\x98", "\uFFFD"},
                                                    {"12345678\x80", "12345678\uFFFD"},
                                                    {"", ""}};
  for (const auto& [in, want] : cases) {
    std::string storage;
    EXPECT_EQ(text::makeValid(in, storage), want);
    EXPECT_EQ(text::isValid(in), in == want);
    EXPECT_TRUE(text::isValid(text::makeValid(in, storage)));
  }
}

TEST(Unicode, OffsetsCountUtf16Units) {
  const text::Utf16Offsets units("aé中😀b");
  EXPECT_EQ(units(0), 0u);
  EXPECT_EQ(units(1), 1u);
  EXPECT_EQ(units(3), 2u);
  EXPECT_EQ(units(6), 3u);
  EXPECT_EQ(units(10), 5u);
  EXPECT_EQ(units(11), 6u);
  EXPECT_EQ(units(99), 6u) << "offsets beyond the end give the end";
  EXPECT_EQ(text::Utf16Offsets("plain")(4), 4u);
}

}  // namespace
}  // namespace wasmformers::tokenizer
