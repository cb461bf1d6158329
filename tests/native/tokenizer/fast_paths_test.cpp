// The fast paths of encoding and loading against the general ones: byte-level words kept as bytes, rows without
// encodings, offsets without spans, cached words, merges in 64 bits, sections read from the text.
#include <gtest/gtest.h>

#include <random>

#include "json/write.h"
#include "text/normal_forms.h"
#include "text/utf8.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/tokenizer.h"

namespace wasmformers::tokenizer {
namespace {

std::string quoted(std::string_view s) {
  std::string out;
  json::writeString(s, out);
  return out;
}

// A byte-level BPE with 400 random merges.
struct Made {
  std::string pre = "null", normalizer = "null", post = "null", extra;
  uint32_t firstId = 0;
  bool lacksByte = false, ignoreMerges = false;
  enum Order { VocabFirst, MergesFirst, MemberBehind, Pairs, Spread, Escaped } order = VocabFirst;
  std::string badMerge;

  std::string json() const {
    std::vector<std::string> tokens;
    for (uint32_t b = lacksByte ? 1 : 0; b < 256; ++b) text::append(tokens.emplace_back(), characterOfByte(uint8_t(b)));
    const size_t begin = tokens.size();
    std::mt19937 random(5), style(6);
    std::string merges;
    std::vector<std::string> known;
    const std::string common = "aebcrtsnd\xC3\xA9\xA4 \xB8\xAD";
    for (char c : common) text::append(known.emplace_back(), characterOfByte(uint8_t(c)));
    while (tokens.size() < begin + 400) {
      const std::string a = known[random() % known.size()], b = known[random() % known.size()];
      if (std::find(tokens.begin() + long(begin), tokens.end(), a + b) != tokens.end()) continue;
      tokens.push_back(a + b);
      if ((a + b).size() < 12) known.push_back(a + b);
      std::string one =
          order == Pairs ? "[" + quoted(a) + (style() % 2 ? "," : " , ") + quoted(b) + "]" : quoted(a + " " + b);
      if (order == Escaped && style() % 3 == 0 && a.size() == 1 && a != "\\" && a != "\"") {
        char hex[8];
        std::snprintf(hex, sizeof hex, "\\u%04x", static_cast<unsigned char>(a[0]));
        one = "\"" + std::string(hex) + " " + quoted(b).substr(1);
      }
      merges += (merges.empty() ? "" : order == Spread ? "\n ,\t" : ",") + one;
    }
    if (!badMerge.empty()) merges += "," + badMerge;
    std::string vocab;
    for (size_t i = 0; i < tokens.size(); ++i)
      vocab += (i ? "," : "") + quoted(tokens[i]) + ":" + std::to_string(firstId + i);
    vocab = "\"vocab\":{" + vocab + "}";
    merges = "\"merges\":" + std::string(order == Spread ? " [ " : "[") + merges + "]";
    std::string model = "\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,\"ignore_merges\":" +
                        std::string(ignoreMerges ? "true" : "false") + ",";
    model += order == MergesFirst ? merges + "," + vocab : vocab + "," + merges;
    if (order == MemberBehind) model += ",\"byte_fallback\":false,\"list\":[1,2]";
    std::string out = "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[" + extra +
                      "],\"normalizer\":" + normalizer + ",\"pre_tokenizer\":" + pre + ",\"post_processor\":" + post +
                      ",\"decoder\":null,\"model\":{" + model + "}}";
    return order == Spread ? out + " \n" : out;
  }
  std::unique_ptr<Tokenizer> load() const {
    auto made = Tokenizer::fromJson(json(), "tokenizer.json");
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? made.take() : nullptr;
  }
};

const char* const kAdded =
    R"({"id":9000,"content":"<s>","single_word":false,"lstrip":false,"rstrip":true,"normalized":false,"special":true},)"
    R"({"id":9001,"content":"bea","single_word":false,"lstrip":true,"rstrip":false,"normalized":true,"special":false})";

std::vector<std::string> someTexts(int count) {
  static const std::vector<std::string> parts = {"a",  "e",  "be", "bea",      "c",   "rt", "s", " ",
                                                 "  ", "\n", "n'", "'s",       "12",  ".",  "é", "ä",
                                                 "中", "言", "😀", "\xCC\x81", "<s>", "\t", "Ž"};
  std::mt19937 random(7);
  std::vector<std::string> out = {"", " ", "a"};
  for (int i = 0; i < count; ++i) {
    std::string& s = out.emplace_back();
    for (size_t n = random() % 40; n; --n) s += parts[random() % parts.size()];
  }
  return out;
}

EncodedBatch encoded(Tokenizer& t, const std::vector<std::string>& texts, const EncodeOptions& options) {
  std::vector<EncodeInput> inputs(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) inputs[i].texts[0] = {texts[i]};
  EncodedBatch out;
  const Status status = t.encodeBatch(inputs, options, out);
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

void expectSame(const EncodedBatch& a, const EncodedBatch& b, const std::string& what) {
  EXPECT_EQ(a.rowStarts, b.rowStarts) << what;
  EXPECT_EQ(a.rowTexts, b.rowTexts) << what;
  EXPECT_EQ(a.ids, b.ids) << what;
  EXPECT_EQ(a.typeIds, b.typeIds) << what;
  EXPECT_EQ(a.attentionMask, b.attentionMask) << what;
  EXPECT_EQ(a.offsets, b.offsets) << what;
  EXPECT_EQ(a.words, b.words) << what;
  EXPECT_EQ(a.special, b.special) << what;
  EXPECT_EQ(a.sequences, b.sequences) << what;
  ASSERT_EQ(a.surfaces.size(), b.surfaces.size()) << what;
  for (size_t i = 0; i < a.surfaces.size(); ++i) {
    EXPECT_EQ(a.surfaces[i].token, b.surfaces[i].token) << what;
    EXPECT_EQ(a.surfaces[i].text, b.surfaces[i].text) << what;
  }
}

// Compares both with every combination of options.
void expectSame(const Made& a, const Made& b, const std::string& what) {
  const auto x = a.load(), y = b.load();
  ASSERT_TRUE(x && y) << what;
  const std::vector<std::string> texts = someTexts(300);
  for (int way = 0; way < 4; ++way) {
    EncodeOptions options;
    options.details = way & 1;
    options.utf16 = way & 2;
    expectSame(encoded(*x, texts, options), encoded(*y, texts, options), what);
  }
}

TEST(FastPaths, WordsThatStayBytes) {
  for (int way = 0; way < 16; ++way) {
    Made left;
    left.ignoreMerges = way & 4;
    left.lacksByte = way & 8;
    left.extra = kAdded;
    left.post = R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true})";
    left.pre = std::string(R"({"type":"ByteLevel","trim_offsets":true,"add_prefix_space":)") +
               (way & 1 ? "true" : "false") + ",\"use_regex\":" + (way & 2 ? "true" : "false") + "}";
    Made written = left;  // a later step that needs byte-level text, and cuts nothing
    written.pre = R"({"type":"Sequence","pretokenizers":[)" + left.pre +
                  R"(,{"type":"Split","pattern":{"String":"QQQQ"},"behavior":"Isolated","invert":false}]})";
    expectSame(left, written, left.pre);
    Made inside = left;
    inside.pre = R"({"type":"Sequence","pretokenizers":[)" + left.pre + "]}";
    expectSame(inside, written, left.pre + " in a sequence");
  }
}

TEST(FastPaths, OffsetsOfUnchangedText) {
  Made plain, moved;
  plain.extra = moved.extra = kAdded;
  moved.normalizer = R"({"type":"Nmt"})";  // stores all spans; the texts have no character that it changes
  std::vector<std::string> texts;
  for (std::string& s : someTexts(300)) {
    if (s.find_first_of("\n\t") == s.npos) texts.push_back(s);
  }
  const auto x = plain.load(), y = moved.load();
  for (bool utf16 : {false, true}) {
    EncodeOptions options;
    options.utf16 = utf16;
    expectSame(encoded(*x, texts, options), encoded(*y, texts, options), "offsets");
  }
}

// A text that a quick check finds to be in the form is kept; the same text, followed by a character that changes, is
// not.
TEST(FastPaths, QuickCheckOfNormalForms) {
  std::mt19937 random(13);
  const uint32_t ranges[][2] = {{0x20, 0x7E},     {0xA0, 0x24F},    {0x300, 0x345},   {0x370, 0x3FF},
                                {0x400, 0x45F},   {0x5D0, 0x5EA},   {0x620, 0x655},   {0x915, 0x963},
                                {0x995, 0x9D7},   {0x1100, 0x11C2}, {0x1E00, 0x1FFE}, {0x212A, 0x212B},
                                {0x3041, 0x30FE}, {0xAC00, 0xAC40}, {0xF900, 0xFA20}, {0xFB1D, 0xFB4E}};
  const auto normal = [](const std::string& s, text::Form form) {
    std::vector<text::Changed> changed;
    if (!text::normalForm(s, form, changed)) return s;
    std::string out;
    for (const text::Changed& c : changed) text::append(out, c.character);
    return out;
  };
  for (int round = 0; round < 40000; ++round) {
    std::string s;
    for (size_t n = 1 + random() % 6; n; --n) {
      const auto& r = ranges[random() % std::size(ranges)];
      text::append(s, r[0] + random() % (r[1] - r[0] + 1));
    }
    for (text::Form form : {text::Form::Nfc, text::Form::Nfkc, text::Form::Nfd, text::Form::Nfkd}) {
      EXPECT_EQ(normal(s, form) + "|\xCC\x80", normal(s + "|\xCD\x80", form)) << s;
    }
  }
}

TEST(FastPaths, RowsWithoutEncodings) {
  const std::string special = R"("special_tokens":{"<s>":{"id":"<s>","ids":[9000,7],"tokens":["<s>","x"]}})";
  const std::string before = R"({"SpecialToken":{"id":"<s>","type_id":2}},)",
                    a = R"({"Sequence":{"id":"A","type_id":1}})";
  const std::string plain = R"({"type":"TemplateProcessing","single":[)" + before + a +
                            R"(,{"SpecialToken":{"id":"<s>","type_id":3}}],"pair":[],)" + special + "}";
  const std::string bytes = R"({"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true})";
  const std::string roberta = R"({"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",9000],"trim_offsets":true,)"
                              R"("add_prefix_space":false})";
  for (const std::string& post :
       {std::string("null"), plain, bytes, roberta,
        std::string(R"({"type":"BertProcessing","sep":["[SEP]",2],"cls":["[CLS]",9000]})"),
        R"({"type":"Sequence","processors":[)" + bytes + "," + plain + "]}",
        R"({"type":"Sequence","processors":[)" + plain + "," + bytes + "]}",
        R"({"type":"Sequence","processors":[)" + bytes + "," + roberta + "]}",
        R"({"type":"Sequence","processors":[)" + plain + "," + plain + "]}",
        R"({"type":"TemplateProcessing","single":[)" + before + a + "," + a + R"(],"pair":[],)" + special + "}",
        R"({"type":"TemplateProcessing","single":[)" + before.substr(0, before.size() - 1) + R"(],"pair":[],)" +
            special + "}"}) {
    Made made;
    made.extra = kAdded;
    made.post = post;
    made.pre = R"({"type":"ByteLevel","trim_offsets":true,"add_prefix_space":false,"use_regex":true})";
    const auto t = made.load();
    ASSERT_TRUE(t) << post;
    for (int way = 0; way < 4; ++way) {
      EncodeOptions options;
      options.addSpecialTokens = way & 1;
      options.details = way & 2;
      const std::vector<std::string> texts = someTexts(200);
      const EncodedBatch quick = encoded(*t, texts, options);
      options.truncation.strategy = TruncationStrategy::LongestFirst;  // truncates nothing, but uses encodings
      options.truncation.maxLength = 1 << 20;
      expectSame(quick, encoded(*t, texts, options), post);
      if (options.details) continue;
      options.truncation = {};
      options.idsOnly = true;
      const EncodedBatch ids = encoded(*t, texts, options);
      EXPECT_EQ(ids.ids, quick.ids) << post;
      EXPECT_EQ(ids.rowStarts, quick.rowStarts) << post;
    }
  }
}

TEST(FastPaths, CachedWords) {
  Made made;
  made.pre = R"({"type":"ByteLevel","trim_offsets":true,"add_prefix_space":false,"use_regex":true})";
  const auto used = made.load(), fresh = made.load();
  EncodeOptions options;
  const std::vector<std::string> texts = someTexts(300);
  std::mt19937 random(3);
  for (int round = 0; round < 3; ++round) {  // more words than the cache holds
    std::vector<std::string> many(2000);
    for (std::string& s : many) {
      for (int word = 0; word < 60; ++word) {
        for (size_t n = 1 + random() % 12; n; --n) s += "aebcrtsnd"[random() % 9];
        s += ' ';
      }
    }
    expectSame(encoded(*used, many, options), encoded(*made.load(), many, options), "many words");
    expectSame(encoded(*used, texts, options), encoded(*fresh, texts, options), "words seen before");
  }
}

TEST(FastPaths, MergesOfLargeIds) {
  Made small, large;
  large.firstId = (1u << 21) - 300;  // some fit in a merge of 64 bits, some do not
  const auto x = small.load(), y = large.load();
  const auto form = y->toBinary();
  Buffer bytes(form.size());
  std::memcpy(bytes.data(), form.data(), form.size());
  auto again = Tokenizer::fromBinary(std::move(bytes), form.size());
  ASSERT_TRUE(again.ok()) << again.status().message();
  const std::vector<std::string> texts = someTexts(300);
  EncodedBatch want = encoded(*x, texts, {});
  for (uint32_t& id : want.ids) id += large.firstId;
  expectSame(encoded(*y, texts, {}), want, "large ids");
  expectSame(encoded(**again, texts, {}), want, "large ids, binary form");
}

TEST(FastPaths, SectionsReadFromTheText) {
  const Made plain;
  for (Made::Order order : {Made::MergesFirst, Made::MemberBehind, Made::Pairs, Made::Spread, Made::Escaped}) {
    Made other;
    other.order = order;
    expectSame(plain, other, "order " + std::to_string(order));
  }
  for (Made::Order order : {Made::VocabFirst, Made::MergesFirst, Made::MemberBehind, Made::Pairs}) {
    Made bad;
    bad.order = order;
    for (const char* merge : {"\"a nowhere\"", "\"a\"", "\"a b c\"", "7", "\"a \xFF\"", "\"a b", "\"a b\"]", "\"a b\",",
                              "[\"a\"]", "[\"a\",\"b\",\"c\"]"}) {
      bad.badMerge = merge;
      const auto made = Tokenizer::fromJson(bad.json(), "tokenizer.json");
      ASSERT_FALSE(made.ok()) << order << merge;
      EXPECT_EQ(made.status().errorClass(), ErrorClass::Tokenizer) << order << merge;
    }
  }
}

}  // namespace
}  // namespace wasmformers::tokenizer
