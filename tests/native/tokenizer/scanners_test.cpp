// Every scanner against the regex engine, on random text of the characters that the patterns distinguish.
#include "tokenizer/patterns/scanner.h"

#include <gtest/gtest.h>

#include <random>

#include "regex/regex.h"
#include "text/utf8.h"

namespace wasmformers::tokenizer {
namespace {

#define LETTERS "[^\\r\\n\\p{L}\\p{N}]?"
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define SHORT "(?i:'s|'t|'re|'ve|'m|'ll|'d)"

constexpr const char* kPatterns[] = {
    // GPT-2
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    // cl100k as Llama 3 writes it, with one digit as Qwen, and as tiktoken does
    SHORT "|" LETTERS "\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    SHORT "|" LETTERS "\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| "
    "?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
    SHORT "|" LETTERS "[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    // o200k, and Tekken
    LETTERS UPPER "*" LOWER "+" SHORT "?|" LETTERS UPPER "+" LOWER "*" SHORT
                  "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    LETTERS UPPER "*" LOWER "+|" LETTERS UPPER "+" LOWER
                  "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    // DeepSeek's three
    "\\p{N}{1,3}",
    "[一-龥぀-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| "
    "?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    // CLIP
    "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
    "\\s+",
    " {2,}",
    "\\s{2,}",
    " +",
    "\\d+",
    "\\p{N}+",
    "[0-9]",
    "[0-9][0-9][0-9]",
    "[^\\s]+",
    "[\\r\\n]",
    " ?\\p{N}{2,3}",
    "\\S+\\s*",
};

// A random text of the characters that the patterns distinguish, ASCII more often.
std::string randomCharacters(std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {"a",
                                                 "b",
                                                 "s",
                                                 "t",
                                                 "re",
                                                 "Ve",
                                                 "M",
                                                 "LL",
                                                 "d",
                                                 "Z",
                                                 "'s",
                                                 "'T",
                                                 "'re",
                                                 "'lL",
                                                 "'",
                                                 "'ſ",
                                                 " ",
                                                 " ",
                                                 "  ",
                                                 "\n",
                                                 "\r",
                                                 "\r\n",
                                                 "\t",
                                                 "\v",
                                                 "/",
                                                 "//",
                                                 "1",
                                                 "23",
                                                 "4567",
                                                 ".",
                                                 "!",
                                                 "-",
                                                 "_",
                                                 "$",
                                                 "+",
                                                 "|",
                                                 "<|endoftext|>",
                                                 "<",
                                                 "é",
                                                 "ß",
                                                 "Ö",
                                                 "ǅ",
                                                 "ʰ",
                                                 "ª",
                                                 "ا",
                                                 "中",
                                                 "龥",
                                                 "龦",
                                                 "か",
                                                 "ー",
                                                 "゛",
                                                 "・",
                                                 "\u3040",
                                                 "゙",
                                                 "\u0301",
                                                 "\u0903",
                                                 "٣",
                                                 "Ⅷ",
                                                 "²",
                                                 "\u00a0",
                                                 "\u0085",
                                                 "\u2028",
                                                 "\u3000",
                                                 "\u200b",
                                                 "\u180e",
                                                 "😀",
                                                 "€",
                                                 "«",
                                                 "—",
                                                 "\U000f0000",
                                                 "\u0378",
                                                 "\x7f",
                                                 "\x01"};
  const size_t pieces = sizeof kPieces / sizeof *kPieces, kinds = random() % 3 == 0 ? 6 : pieces;
  const size_t from = random() % pieces;
  std::string s;
  for (size_t n = random() % 24; n; --n) s += kPieces[(from + random() % kinds) % pieces];
  if (random() % 4 == 0) text::append(s, uint32_t(random() % 0xD800));
  if (random() % 4 == 0) text::append(s, 0xE000 + uint32_t(random() % 0x102000));
  return s;
}

std::string written(const std::vector<regex::Bounds>& found) {
  std::string s;
  for (const regex::Bounds& b : found) s += std::to_string(b.begin) + "-" + std::to_string(b.end) + " ";
  return s;
}

TEST(Scanners, FindTheMatchesOfTheEngine) {
  for (const char* pattern : kPatterns) {
    regex::Failure failure;
    const auto engine = regex::compile(pattern, failure);
    const auto scanner = Scanner::make(pattern);
    ASSERT_TRUE(engine) << pattern << failure.sentence;
    ASSERT_TRUE(scanner) << pattern;
    std::mt19937 random(1);
    std::vector<regex::Bounds> want, have;
    for (int i = 0; i < 4000; ++i) {
      const std::string text = randomCharacters(random);
      ASSERT_EQ(engine->findAll(text, want), regex::Outcome::Done);
      have.clear();
      for (size_t at = 0; at < text.size();) {
        const size_t end = scanner->match(text, at);
        if (end > at) have.push_back({uint32_t(at), uint32_t(end)});
        at = end > at ? end : at + size_t(text::lengthOf(static_cast<unsigned char>(text[at])));
      }
      ASSERT_EQ(written(have), written(want)) << pattern << " on \"" << text << '"';
    }
  }
}

TEST(Scanners, RefusePatternsOfOtherShapes) {
  for (const char* pattern : {"",
                              "a*",
                              "\\s*",
                              "(?:a|b)",
                              "\\p{L}+?",
                              "\\p{L}++a",
                              "[^\\r\\n\\p{L}]?+[\\p{L}\\p{M}]+",
                              "\\s*+[\\r\\n]+",
                              "\\s+(?!a)",
                              "\\p{Han}+",
                              "[a-c]+",
                              "a|",
                              "\\b",
                              "(?i)a",
                              "\\p{L}{0,3}",
                              "\\p{L}{3,1}",
                              " ?",
                              "[\\p{L}",
                              "\\p{L}+|",
                              "\\w+",
                              "[一-龥]+",
                              "a+",
                              "\\s+$",
                              "^a",
                              "[\\s-a]+"}) {
    EXPECT_FALSE(Scanner::make(pattern)) << pattern;
  }
}

}  // namespace
}  // namespace wasmformers::tokenizer
