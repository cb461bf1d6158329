// The view of JSON: wrong types give empty values and never crash; errors name the place.
#include <gtest/gtest.h>

#include "json/json.h"

namespace wasmformers::json {
namespace {

Status statusOf(std::string_view text) {
  auto d = Document::parse(text, "f.json", ErrorClass::Tokenizer);
  return d.ok() ? Status() : d.takeStatus();
}

TEST(Json, ReadsEveryType) {
  auto d = Document::parse(
      "\xEF\xBB\xBF{\"s\":\"a\\u0000b\",\"i\":-3,\"u\":18446744073709551615,\"d\":1e3,\"b\":true,\"n\":null,\"a\":[1,["
      "2],{}],\"s\":\"later\"}",
      "f", ErrorClass::Config);
  ASSERT_TRUE(d.ok()) << d.status().message();
  const Value v = d->root();
  EXPECT_EQ(v["s"].asString(), std::string_view("a\0b", 3)) << "the first of two equal keys; NUL is a character";
  EXPECT_EQ(v["i"].asInt(), -3);
  EXPECT_EQ(v["i"].asUint(), std::nullopt);
  EXPECT_EQ(v["u"].asUint(), UINT64_MAX);
  EXPECT_EQ(v["u"].asInt(7), 7);
  EXPECT_EQ(v["d"].asNumber(), 1000.0);
  EXPECT_EQ(v["d"].asInt(), 1000);
  EXPECT_TRUE(v["b"].asBool() && v["n"].isNull() && v["n"]);
  EXPECT_EQ(v["a"].size(), 3u);
  EXPECT_EQ(v["a"].at(1).at(0).asInt(), 2);
  size_t members = 0;
  for (auto [key, value] : v.members()) members += !key.empty() && value;
  EXPECT_EQ(members, 8u);
}

TEST(Json, MissingValuesAreEmpty) {
  auto d = Document::parse("[1]", "f", ErrorClass::Config);
  ASSERT_TRUE(d.ok());
  const Value v = d->root();
  EXPECT_FALSE(v["x"] || v.at(9) || v.at(0)["y"]["z"].at(1));
  EXPECT_EQ(v["x"].typeName(), "nothing");
  EXPECT_EQ(v["x"].asString("no"), "no");
  for (auto m : v.members()) FAIL() << m.key;
  for (Value e : v.at(0).elements()) FAIL() << e.typeName();
}

TEST(Json, NumbersAsRustReadsThem) {
  // Left: the text. Right: the number that serde_json 1.0 made of it in tokenizers 0.23.3, which is not always the
  // nearest double.
  auto d = Document::parse(
      "[-2.0122928619384766, -12.130167007446289, -5.129043102264404, 12, -3, 1.5, 2e3, 1E-400, 1e999, "
      "18446744073709551615, 18446744073709551616, 123456789012345678901234567890.5, 0.1, 12.0, -0]",
      "f", ErrorClass::Tokenizer, true);
  ASSERT_TRUE(d.ok());
  const Value v = d->root();
  EXPECT_EQ(v.at(0).asNumber(), -2.012292861938477);
  EXPECT_EQ(v.at(1).asNumber(), -12.130167007446287);
  EXPECT_EQ(v.at(2).asNumber(), -5.129043102264404);
  EXPECT_TRUE(v.at(3).isInteger() && v.at(4).isInteger() && !v.at(5).isInteger() && v.at(5).isNumber());
  EXPECT_EQ(v.at(3).asUint(), 12u);
  EXPECT_EQ(v.at(4).asUint(), std::nullopt);
  EXPECT_EQ(v.at(4).asInt(), -3);
  EXPECT_EQ(v.at(6).asInt(), 2000);
  EXPECT_EQ(v.at(7).asNumber(1), 0);
  EXPECT_FALSE(v.at(8).isNumber());
  EXPECT_EQ(v.at(8).typeName(), "number");
  EXPECT_EQ(v.at(9).asUint(), UINT64_MAX);
  EXPECT_EQ(v.at(9).asInt(7), 7);
  EXPECT_FALSE(v.at(10).isInteger());
  EXPECT_EQ(v.at(10).asNumber(), 18446744073709551616.0);
  EXPECT_EQ(v.at(11).asNumber(), 1.2345678901234568e29);
  EXPECT_EQ(v.at(12).asNumber(), 0.1);
  EXPECT_EQ(v.at(13).asInt(), 12);
  EXPECT_EQ(v.at(14).asInt(5), 0);
}

TEST(Json, ErrorsNameThePlace) {
  const Status s = statusOf("{\"a\": 1,\n  oops}");
  EXPECT_EQ(s.code(), "invalid_json");
  EXPECT_EQ(s.file(), "f.json");
  EXPECT_NE(s.message().find("line 2, column 3"), std::string::npos) << s.message();
  EXPECT_EQ(statusOf("  <!doctype html>").code(), "html_instead_of_json");
  for (const char* bad : {"", "{", "[1,]", "{\"a\":1,}", "nul", "\"\\ud800\"", "\"\xff\"", "01", "1 2", "NaN"}) {
    EXPECT_EQ(statusOf(bad).code(), "invalid_json") << bad;
  }
  EXPECT_EQ(statusOf(std::string(1 << 20, '[')).code(), "invalid_json") << "deep nesting neither crashes nor hangs";
  EXPECT_TRUE(statusOf(std::string(1 << 18, '[') + std::string(1 << 18, ']')).ok());
}

}  // namespace
}  // namespace wasmformers::json
