// See rust_number.h.
#include "json/rust_number.h"

#include <cmath>
#include <cstdlib>

namespace wasmformers::json {
namespace {

// 10^n for n from 0 to 308, rounded correctly.
double powerOfTen(int n) {
  static const double kExact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (n <= 22) return kExact[n];
  const char text[] = {'1', 'e', char('0' + n / 100), char('0' + n / 10 % 10), char('0' + n % 10), '\0'};
  return std::strtod(text, nullptr);
}

// out = digits · 10^exponent. False where that is too large for a double.
bool scale(uint64_t digits, int64_t exponent, double& out) {
  out = double(digits);
  while (std::abs(exponent) > 308) {
    if (out == 0) return true;
    if (exponent > 0) return false;
    out /= 1e308;
    exponent += 308;
  }
  if (exponent < 0)
    out /= powerOfTen(int(-exponent));
  else
    out *= powerOfTen(int(exponent));
  return std::isfinite(out);
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

RustNumber readRustNumber(std::string_view text) {
  RustNumber n;
  size_t at = 0;
  n.negative = !text.empty() && text[0] == '-';
  if (n.negative) ++at;
  uint64_t digits = 0;
  int64_t exponent = 0;
  bool full = false;  // `digits` has no room for more; further ones only count for the exponent
  const auto take = [&](char c) {
    const uint64_t d = uint64_t(c - '0');
    full = full || digits > (UINT64_MAX - d) / 10;
    if (!full) digits = digits * 10 + d;
    return !full;
  };
  for (; at < text.size() && isDigit(text[at]); ++at) exponent += !take(text[at]);
  n.integer = at == text.size() && !full;
  if (at < text.size() && text[at] == '.') {
    for (++at; at < text.size() && isDigit(text[at]); ++at) exponent -= take(text[at]);
  }
  if (at < text.size() && (text[at] | 32) == 'e') {
    ++at;
    const bool minus = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    int64_t written = 0;
    for (; at < text.size() && isDigit(text[at]); ++at)
      written = written < 100000000 ? written * 10 + (text[at] - '0') : written;
    exponent += minus ? -written : written;
  }
  n.magnitude = digits;
  n.valid = scale(digits, exponent, n.real);
  if (n.negative) n.real = -n.real;
  return n;
}

}  // namespace wasmformers::json
