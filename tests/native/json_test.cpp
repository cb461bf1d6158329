// The JSON view: wrong types give empty values, not crashes; errors say where.
#include <gtest/gtest.h>

#include "json/json.h"

namespace wasmformers::json {
namespace {

Status statusOf(std::string_view text) {
  auto d = Document::parse(text, "f.json", ErrorClass::Tokenizer);
  return d.ok() ? Status() : d.takeStatus();
}

TEST(Json, ReadsEveryType) {
  auto d = Document::parse("\xEF\xBB\xBF{\"s\":\"a\\u0000b\",\"i\":-3,\"u\":18446744073709551615,\"d\":1e3,\"b\":true,\"n\":null,\"a\":[1,[2],{}],\"s\":\"later\"}", "f", ErrorClass::Config);
  ASSERT_TRUE(d.ok()) << d.status().message();
  const Value v = d->root();
  EXPECT_EQ(v["s"].asString(), std::string_view("a\0b", 3)) << "the first of duplicates; NUL is a character";
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

TEST(Json, WhatIsNotThereIsEmpty) {
  auto d = Document::parse("[1]", "f", ErrorClass::Config);
  ASSERT_TRUE(d.ok());
  const Value v = d->root();
  EXPECT_FALSE(v["x"] || v.at(9) || v.at(0)["y"]["z"].at(1));
  EXPECT_EQ(v["x"].typeName(), "nothing");
  EXPECT_EQ(v["x"].asString("no"), "no");
  for (auto m : v.members()) FAIL() << m.key;
  for (Value e : v.at(0).elements()) FAIL() << e.typeName();
}

TEST(Json, ErrorsSayWhere) {
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
