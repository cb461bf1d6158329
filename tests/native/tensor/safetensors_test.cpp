// The safetensors header with wrong files, and the stream with chunks of every size.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>

#include "feed.h"
#include "tensor/safetensors_stream.h"

namespace wasmformers {
namespace {

std::string code(std::string_view header) {
  auto r = parseSafetensorsHeader(header, "m.safetensors");
  if (r.ok()) return "ok";
  EXPECT_EQ(r.status().errorClass(), ErrorClass::Weights);
  EXPECT_EQ(r.status().file(), "m.safetensors") << r.status().message();
  EXPECT_NE(r.status().message().find("m.safetensors"), std::string::npos) << r.status().message();
  return r.status().code();
}

TEST(SafetensorsHeader, AcceptsWhatTheFormatAllows) {
  EXPECT_EQ(code("{}"), "ok");
  EXPECT_EQ(code(R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})"), "ok");
  EXPECT_EQ(code(R"({"b":{"dtype":"F16","shape":[],"data_offsets":[24,26]},"a":{"dtype":"F32","shape":[2,3],)"
                 R"("data_offsets":[0,24]}})"),
            "ok");
  EXPECT_EQ(code(R"({"empty":{"dtype":"I64","shape":[0,7],"data_offsets":[0,0]}})"), "ok");
  EXPECT_EQ(code(R"({"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}       )"), "ok")
      << "trailing spaces pad headers";
  for (const char* dtype : {"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"}) {
    EXPECT_EQ(code(std::string(R"({"a":{"dtype":")") + dtype + R"(","shape":[3],"data_offsets":[0,3]}})"), "ok")
        << dtype;
  }
}

TEST(SafetensorsHeader, NamesEveryLie) {
  EXPECT_EQ(code(""), "header_not_an_object");
  EXPECT_EQ(code("[]"), "header_not_an_object");
  EXPECT_EQ(code("{\"a\":"), "invalid_json");
  EXPECT_EQ(code("{\"\xff\":{}}"), "invalid_json");
  EXPECT_EQ(code(R"({"a":1})"), "bad_header_entry");
  EXPECT_EQ(code(R"({"__metadata__":{"n":1}})"), "bad_metadata");
  EXPECT_EQ(code(R"({"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})"), "bad_dtype");
  EXPECT_EQ(code(R"({"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}})"), "bad_dtype");
  EXPECT_EQ(code(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})"), "bad_shape");
  EXPECT_EQ(code(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})"), "bad_shape");
  EXPECT_EQ(code(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})"), "bad_shape");
  EXPECT_EQ(code(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})"), "bad_offsets");
  EXPECT_EQ(code(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})"), "bad_offsets");
  EXPECT_EQ(code(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})"), "bad_offsets");
  EXPECT_EQ(code(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})"), "size_mismatch");
  EXPECT_EQ(code(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})"), "size_mismatch")
      << "2^64 elements wrap to 0";
  EXPECT_EQ(code(R"({"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}})"), "size_mismatch");
  EXPECT_EQ(code(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[1,5]}})"), "hole");
  EXPECT_EQ(code(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],)"
                 R"("data_offsets":[2,6]}})"),
            "overlap");
  EXPECT_EQ(code(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],)"
                 R"("data_offsets":[5,9]}})"),
            "hole");
  EXPECT_EQ(code(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],)"
                 R"("data_offsets":[4,8]}})"),
            "duplicate_tensor");
  EXPECT_EQ(code(std::string(100000, '[')), "header_not_an_object");
  EXPECT_EQ(code("{\"a\":" + std::string(100000, '[')), "invalid_json");
}

TEST(SafetensorsPrefix, SaysWhatTheFileIsInstead) {
  const auto prefixCode = [](std::string_view bytes) {
    auto r = parseSafetensorsPrefix(reinterpret_cast<const unsigned char*>(bytes.data()), "f");
    return r.ok() ? std::to_string(*r) : r.status().code();
  };
  EXPECT_EQ(prefixCode(std::string_view("\x10\0\0\0\0\0\0\0", 8)), "16");
  EXPECT_EQ(prefixCode(std::string_view("\0\0\0\0\0\0\0\0", 8)), "header_too_small");
  EXPECT_EQ(prefixCode(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff", 8)), "header_too_large");
  EXPECT_EQ(prefixCode("<!doctyp"), "html_instead_of_weights");
  EXPECT_EQ(prefixCode("version "), "lfs_pointer");
  EXPECT_EQ(prefixCode("PK\3\4abcd"), "header_too_large");
}

std::string makeFile(const std::string& header, const std::string& data) {
  std::string file;
  for (int i = 0; i < 8; ++i) file += char(uint64_t(header.size()) >> (8 * i));
  return file + header + data;
}

struct Reading {
  std::map<std::string, std::string> got;
  Status status;
};

// Feeds `file` in chunks of `chunk` bytes. Tensors come in pieces of `piece` bytes.
Reading read(const std::string& file, size_t chunk, std::string_view skip = "-",
             uint64_t piece = SafetensorsStream::kWhole) {
  Reading out;
  SafetensorsStream s(
      "m.safetensors",
      [&](const TensorInfo& t) -> Result<uint64_t> { return t.name == skip ? SafetensorsStream::kPassOver : piece; },
      [&](const TensorInfo& t, uint64_t offset, const std::byte* data, uint64_t size) -> Status {
        EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % 64, 0u);
        EXPECT_EQ(out.got[t.name].size(), offset);
        EXPECT_EQ(size, std::min(piece, t.end - t.begin - offset));
        out.got[t.name].append(reinterpret_cast<const char*>(data), size);
        return {};
      });
  out.status = testing::feed(s, file, chunk);
  return out;
}

const std::string kHeader = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"e":{"dtype":"F32","shape":[0],)"
                            R"("data_offsets":[8,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})";

TEST(SafetensorsStream, GivesTheSameTensorsForEveryChunkSize) {
  const std::string file = makeFile(kHeader, "12345678xyz");
  for (size_t chunk = 1; chunk <= file.size() + 1; ++chunk) {
    Reading r = read(file, chunk);
    ASSERT_TRUE(r.status.ok()) << chunk << ": " << r.status.message();
    EXPECT_EQ(r.got.size(), 3u);
    EXPECT_EQ(r.got["a"], "12345678");
    EXPECT_EQ(r.got["b"], "xyz");
    EXPECT_EQ(r.got["e"], "");
  }
}

TEST(SafetensorsStream, GivesTheSameTensorsInPieces) {
  const std::string file = makeFile(kHeader, "12345678xyz");
  for (uint64_t piece = 1; piece <= 9; ++piece) {
    for (size_t chunk : {1, 3, 100, 1000}) {
      Reading r = read(file, chunk, "-", piece);
      ASSERT_TRUE(r.status.ok()) << piece << ": " << r.status.message();
      EXPECT_EQ(r.got["a"], "12345678");
      EXPECT_EQ(r.got["b"], "xyz");
      EXPECT_EQ(r.got.count("e"), 1u);
    }
  }
}

TEST(SafetensorsStream, PassesOverWhatNobodyWants) {
  const std::string big(200000, 'x');
  const std::string header =
      R"({"big":{"dtype":"U8","shape":[200000],"data_offsets":[0,200000]},"b":{"dtype":"U8","shape":[3],)"
      R"("data_offsets":[200000,200003]}})";
  Reading r = read(makeFile(header, big + "xyz"), 70000, "big");
  ASSERT_TRUE(r.status.ok()) << r.status.message();
  EXPECT_EQ(r.got.size(), 1u);
  EXPECT_EQ(r.got["b"], "xyz");
}

TEST(SafetensorsStream, TellsTruncationAtEveryByte) {
  const std::string file = makeFile(kHeader, "12345678xyz");
  for (size_t n = 0; n < file.size(); ++n) {
    Reading r = read(file.substr(0, n), 5);
    ASSERT_FALSE(r.status.ok()) << n;
    EXPECT_EQ(r.status.code(), "truncated") << n;
    EXPECT_EQ(r.status.file(), "m.safetensors");
  }
}

TEST(SafetensorsStream, RefusesWhatFollowsTheEnd) {
  EXPECT_EQ(read(makeFile(kHeader, "12345678xyz!"), 64).status.code(), "too_long");
}

TEST(SafetensorsStream, EveryFlippedHeaderByteIsAnErrorOrAValidFile) {
  // No flipped byte may crash, hang or read outside of memory, which sanitizer builds find.
  const std::string file = makeFile(kHeader, "12345678xyz");
  for (size_t i = 0; i < 8 + kHeader.size(); ++i) {
    for (unsigned flip : {1u, 0x20u, 0x80u, 0xffu}) {
      std::string f = file;
      f[i] = char(f[i] ^ char(flip));
      Reading r = read(f, 16);
      if (r.status.ok())
        EXPECT_LE(r.got.size(), 3u);
      else
        EXPECT_FALSE(r.status.code().empty());
    }
  }
}

TEST(HalfPrecision, ConvertsEveryKindOfValue) {
  const uint16_t half[] = {0x0000, 0x8000, 0x3c00, 0xc000, 0x0001, 0x03ff, 0x7bff, 0x7c00, 0x3555};
  float f[9];
  toFloat(DType::F16, half, 9, f);
  const float want[] = {0.f, -0.f, 1.f, -2.f, 5.9604645e-8f, 6.0975552e-5f, 65504.f, INFINITY, 0.33325195f};
  for (int i = 0; i < 9; ++i) EXPECT_EQ(f[i], want[i]) << i;
  const uint16_t nan = 0x7e00;
  toFloat(DType::F16, &nan, 1, f);
  EXPECT_TRUE(std::isnan(f[0]));
  const uint16_t bf[] = {0x3f80, 0xc2f7};
  toFloat(DType::BF16, bf, 2, f);
  EXPECT_EQ(f[0], 1.f);
  EXPECT_EQ(f[1], -123.5f);
}

}  // namespace
}  // namespace wasmformers
