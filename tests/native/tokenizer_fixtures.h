// Shared by the tests of tokenizers: reading fixtures, also gzipped ones. The small inflate after RFC 1951 lets the
// same tests run as Wasm without zlib.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace wasmformers::test {

inline std::string fixtures() {
  const char* folder = std::getenv("TEST_FIXTURES");
  return folder ? folder : "tests/fixtures";
}
inline std::string fixture(std::string_view name) { return fixtures() + "/tokenizers/" + std::string(name); }
/// The root folder of the repository.
inline std::string root() { return fixtures() + "/../.."; }

/// Appends the file's bytes to `out`. False where it cannot be read.
inline bool readFile(const std::string& path, std::string& out) {
  std::FILE* f = std::fopen(path.c_str(), "rb");
  if (!f) return false;
  char buffer[65536];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, f)) > 0;) out.append(buffer, n);
  std::fclose(f);
  return true;
}

class Inflate {
 public:
  /// The content of a gzip file; "" where it is none.
  static std::string gunzip(std::string_view in) {
    if (in.size() < 18 || in[0] != '\x1f' || in[1] != '\x8b' || in[2] != 8) return {};
    const unsigned flags = static_cast<unsigned char>(in[3]);
    size_t at = 10;
    if (flags & 4) at += 2 + static_cast<unsigned char>(in[at]) + 256u * static_cast<unsigned char>(in[at + 1]);
    for (unsigned bit : {8u, 16u}) {
      if (flags & bit) at = in.find('\0', at) + 1;
    }
    if (flags & 2) at += 2;
    Inflate inflate(in.substr(at));
    inflate.run();
    return std::move(inflate.out_);
  }

 private:
  struct Codes {  // canonical Huffman: how many codes of each length, and their symbols in order
    uint16_t count[16] = {};
    std::vector<uint16_t> symbols;
  };
  explicit Inflate(std::string_view in) : in_(in) {}

  unsigned bits(int n) {
    unsigned v = 0;
    for (int i = 0; i < n; ++i, ++bit_) {
      if (bit_ / 8 < in_.size()) v |= unsigned(static_cast<unsigned char>(in_[bit_ / 8]) >> (bit_ % 8) & 1) << i;
    }
    return v;
  }
  static Codes codes(const std::vector<uint8_t>& lengths) {
    Codes c;
    for (int length = 1; length < 16; ++length) {
      for (size_t s = 0; s < lengths.size(); ++s) {
        if (lengths[s] != length) continue;
        ++c.count[length];
        c.symbols.push_back(uint16_t(s));
      }
    }
    return c;
  }
  int symbol(const Codes& c) {
    int code = 0, first = 0, index = 0;
    for (int length = 1; length < 16; ++length) {
      code |= int(bits(1));
      if (code - first < c.count[length]) return c.symbols[size_t(index + code - first)];
      index += c.count[length];
      first = (first + c.count[length]) << 1;
      code <<= 1;
    }
    std::abort();
  }
  void block(const Codes& literals, const Codes& distances) {
    for (int s; (s = symbol(literals)) != 256;) {
      if (s < 256) {
        out_ += char(s);
        continue;
      }
      s -= 257;
      const int extra = s < 8 || s == 28 ? 0 : s / 4 - 1;
      const size_t length = (s == 28 ? 258 : s < 8 ? size_t(s) + 3 : (size_t(4 + s % 4) << extra) + 3) + bits(extra);
      const int d = symbol(distances), more = d < 4 ? 0 : d / 2 - 1;
      const size_t distance = (d < 4 ? size_t(d) + 1 : (size_t(2 + d % 2) << more) + 1) + bits(more);
      for (size_t i = 0; i < length; ++i) out_ += out_[out_.size() - distance];
    }
  }
  void run() {
    for (bool last = false; !last;) {
      last = bits(1);
      const unsigned kind = bits(2);
      if (kind == 0) {
        bit_ = (bit_ + 7) / 8 * 8;
        const size_t length = bits(16);
        bits(16);
        out_.append(in_.substr(bit_ / 8, length));
        bit_ += length * 8;
        continue;
      }
      std::vector<uint8_t> literals(288, 8), distances(30, 5);
      if (kind == 1) {
        std::fill(literals.begin() + 144, literals.begin() + 256, uint8_t(9));
        std::fill(literals.begin() + 256, literals.begin() + 280, uint8_t(7));
      } else {
        const size_t nLiterals = bits(5) + 257, nDistances = bits(5) + 1, nLengths = bits(4) + 4;
        static const uint8_t order[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
        std::vector<uint8_t> lengths(19, 0), all;
        for (size_t i = 0; i < nLengths; ++i) lengths[order[i]] = uint8_t(bits(3));
        const Codes lengthCodes = codes(lengths);
        while (all.size() < nLiterals + nDistances) {
          const int s = symbol(lengthCodes);
          if (s < 16)
            all.push_back(uint8_t(s));
          else if (s == 16)
            all.insert(all.end(), 3 + bits(2), uint8_t(all.back()));
          else
            all.insert(all.end(), s == 17 ? 3 + bits(3) : 11 + bits(7), uint8_t(0));
        }
        literals.assign(all.begin(), all.begin() + long(nLiterals));
        distances.assign(all.begin() + long(nLiterals), all.end());
      }
      block(codes(literals), codes(distances));
    }
  }

  std::string_view in_;
  size_t bit_ = 0;
  std::string out_;
};

/// The lines of a gzipped text fixture, without empty ones.
inline std::vector<std::string> readLines(const std::string& path) {
  std::string bytes;
  if (!readFile(path, bytes)) return {};
  if (bytes.starts_with("\x1f\x8b")) bytes = Inflate::gunzip(bytes);
  std::vector<std::string> lines;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', at), bytes.size());
    if (end > at) lines.push_back(bytes.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace wasmformers::test
