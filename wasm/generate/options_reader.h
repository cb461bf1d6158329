// The members of an object of options, read one by one with checks of type and range; what is not read is an unknown
// option. config.cpp says which options there are.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "json/json.h"

namespace wasmformers::generate {

/// The largest token id, and the largest number of tokens.
inline constexpr int64_t kMost = 0x7fffffff;

inline Status wrong(std::string_view field, const std::string& message, std::string code = "bad_option") {
  return Status(ErrorClass::Input, std::move(code), std::string(field) + " " + message).atField(field);
}

inline std::optional<int64_t> wholeNumber(json::Value v) {
  const double d = v.asNumber(0.5);
  if (!v.isNumber() || d != std::floor(d) || std::fabs(d) > 9e15) return {};
  return int64_t(d);
}

inline std::string text(double v) {
  std::string s = std::to_string(v);
  s.erase(s.find_last_not_of('0') + 1);
  return s.back() == '.' ? s.substr(0, s.size() - 1) : s;
}

/// Reads members one by one; finish() gives the first error.
class OptionsReader {
 public:
  explicit OptionsReader(json::Value object) : object_(object) {}

  void integer(std::string_view name, int64_t low, int64_t high, auto&& store) {
    const json::Value v = take(name);
    if (!v || v.isNull()) return;
    const auto n = wholeNumber(v);
    if (!n) return fail(wrong(name, "must be a whole number, not " + described(v) + "."));
    if (*n < low || *n > high) {
      return fail(wrong(
          name, (*n < low ? "must be at least " + std::to_string(low) : "must be at most " + std::to_string(high)) +
                    ", not " + std::to_string(*n) + "."));
    }
    store(*n);
  }
  void integer(std::string_view name, int64_t low, auto& to) {
    integer(name, low, kMost, [&](int64_t n) { to = n; });
  }
  /// A number in (low, high] with `open`, else in [low, high].
  void number(std::string_view name, double low, double high, bool open, auto& to) {
    const json::Value v = take(name);
    if (!v || v.isNull()) return;
    if (!v.isNumber()) return fail(wrong(name, "must be a number, not " + described(v) + "."));
    const double d = v.asNumber();
    if (!(open ? d > low : d >= low))
      return fail(wrong(
          name, std::string("must be ") + (open ? "above " : "at least ") + text(low) + ", not " + text(d) + "."));
    if (!(d <= high)) return fail(wrong(name, "must be at most " + text(high) + ", not " + text(d) + "."));
    to = d;
  }
  void number(std::string_view name, auto& to) { number(name, -1e30, 1e30, false, to); }
  void boolean(std::string_view name, bool& to) {
    const json::Value v = take(name);
    if (!v || v.isNull()) return;
    if (!v.isBool()) return fail(wrong(name, "must be true or false, not " + described(v) + "."));
    to = v.asBool();
  }
  /// One id or a list of them.
  void ids(std::string_view name, int64_t low, std::vector<int32_t>& to, bool single = true) {
    const json::Value v = take(name);
    if (!v || v.isNull()) return;
    if (single && !v.isArray()) return push(name, v, low, to);
    list(name, v, low, to);
  }
  void custom(std::string_view name, auto&& read) {
    const json::Value v = take(name);
    if (v && !v.isNull()) read(v);
  }
  void list(std::string_view name, json::Value v, int64_t low, std::vector<int32_t>& to) {
    if (!v.isArray()) return fail(wrong(name, "must be a list of token ids, not " + described(v) + "."));
    for (json::Value id : v.elements()) push(name, id, low, to);
  }
  void push(std::string_view name, json::Value v, int64_t low, std::vector<int32_t>& to) {
    const auto n = wholeNumber(v);
    if (!n || *n < low || *n > kMost) return fail(wrong(name, "must hold token ids, not " + described(v) + "."));
    to.push_back(int32_t(*n));
  }
  /// Options of transformers that have no effect here.
  void ignored(std::initializer_list<std::string_view> names) { quiet_.insert(quiet_.end(), names); }
  /// Options of transformers that would change the result; `neutral` is the number that means "off".
  void unsupported(std::string_view name, double neutral = NAN) {
    quiet_.push_back(name);
    const json::Value v = object_[name];
    if (!v || v.isNull() || (v.isBool() && !v.asBool()) || (v.isNumber() && v.asNumber() == neutral) ||
        (v.isArray() && v.size() == 0))
      return;
    fail(wrong(name, "is not supported.", "unsupported_option"));
  }
  void fail(Status s) {
    if (status_.ok()) status_ = std::move(s);
  }
  const Status& status() const { return status_; }

  Status finish() {
    for (auto [key, value] : object_.members()) {
      if (has(known_, key) || has(quiet_, key)) continue;
      std::string all;
      for (std::string_view k : known_) all += (all.empty() ? "" : ", ") + std::string(k);
      fail(wrong(key, "is no option of generation; there are " + all + ".", "unknown_option"));
    }
    return status_;
  }
  static std::string described(json::Value v) {
    if (v.isNumber()) return text(v.asNumber());
    if (v.isString()) return "\"" + std::string(v.asString().substr(0, 40)) + "\"";
    return std::string(v.typeName());
  }

 private:
  static bool has(const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  json::Value take(std::string_view name) {
    known_.push_back(name);
    return object_[name];
  }
  json::Value object_;
  std::vector<std::string_view> known_, quiet_;
  Status status_;
};

}  // namespace wasmformers::generate
