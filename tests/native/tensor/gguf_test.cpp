// GGUF files: every block type against gguf-py's values; the stream with chunks and pieces of every size, rows in every
// order, and plans that lie. Headers are read in JavaScript: tests/js/gguf.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

#include "feed.h"
#include "goldens.h"
#include "tensor/gguf_stream.h"

namespace wasmformers {
namespace {

// tests/fixtures/gguf/blocks: six blocks of random bytes of each type, and the numbers that gguf-py reads in them.
TEST(GgufBlocks, EqualGgufPysToTheLastBit) {
  const auto all = testing::readTensors(testing::fixture("gguf/blocks/io.safetensors"));
  const std::map<uint32_t, std::string> names = {{2, "Q4_0"},  {3, "Q4_1"},  {6, "Q5_0"},   {7, "Q5_1"},
                                                 {8, "Q8_0"},  {10, "Q2_K"}, {11, "Q3_K"},  {12, "Q4_K"},
                                                 {13, "Q5_K"}, {14, "Q6_K"}, {20, "IQ4_NL"}};
  EXPECT_EQ(all.size(), 2 * names.size());
  for (const auto& [number, name] : names) {
    const BlockType* const type = blockType(number);
    ASSERT_NE(type, nullptr) << name;
    const std::vector<int32_t>& ints = all.at(name + ".raw").ints;
    const std::vector<uint8_t> raw(ints.begin(), ints.end());
    const std::vector<float>& want = all.at(name + ".values").floats;
    ASSERT_EQ(raw.size() % type->bytes, 0u) << name;
    ASSERT_EQ(raw.size() / type->bytes * type->values, want.size()) << name;
    std::vector<float> got(want.size());
    for (size_t i = 0; i < raw.size() / type->bytes; ++i)
      type->decode(raw.data() + i * type->bytes, got.data() + i * type->values);
    for (size_t i = 0; i < want.size(); ++i)
      ASSERT_EQ(std::bit_cast<uint32_t>(got[i]), std::bit_cast<uint32_t>(want[i])) << name << ", value " << i;
  }
}

struct GgufReading {
  std::map<std::string, std::vector<float>> got;
  std::map<std::string, Shape> shapes;
  Status status;
};

GgufReading readGguf(const std::string& plan, const std::string& file, size_t chunk, uint64_t pieceRows = 0) {
  GgufReading out;
  GgufStream s(
      "m.gguf", plan,
      [&](const TensorInfo& t) -> Result<uint64_t> {
        if (t.name == "skip") return GgufStream::kPassOver;
        if (t.name == "wrong") return Status(ErrorClass::Weights, "wrong_shape", "wrong");
        if (!pieceRows || t.shape.size() != 2) return GgufStream::kWhole;
        return t.end / uint64_t(t.shape[0]) * pieceRows;
      },
      [&](const TensorInfo& t, uint64_t offset, const std::byte* data, uint64_t size) -> Status {
        std::vector<float>& into = out.got[t.name];
        const size_t each = dtypeBits(t.dtype) / 8, rows = t.shape.size() == 2 ? size_t(t.shape[0]) : 1;
        EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % 64, 0u);
        EXPECT_EQ(into.size() * each, offset);
        if (pieceRows && offset + size < t.end) {
          EXPECT_EQ(size % (t.end / rows * pieceRows), 0u);
        }
        into.resize(into.size() + size / each);
        toFloat(t.dtype, data, size / each, into.data() + offset / each);
        out.shapes[t.name] = t.shape;
        return {};
      });
  out.status = testing::feed(s, file, chunk);
  return out;
}

// The numbers 0, 1, 2, … as F32.
std::string countTo(size_t n) {
  std::string out;
  for (size_t i = 0; i < n; ++i) {
    const float v = float(i);
    out.append(reinterpret_cast<const char*>(&v), 4);
  }
  return out;
}

// A header of 64 bytes, a matrix [6, 2] in F32, something of no use, a bias of 4 in F16. Values: 0, 1, 2, …
const std::string kGgufPlan = R"({"end":200,"alignment":64,"tensors":[
  {"name":"matrix","type":0,"shape":[6,2],"begin":64},
  {"name":"skip","type":0,"shape":[10],"begin":128},{"name":"bias","type":1,"shape":[4],"begin":192}]})";
const std::string kGgufFile = std::string(64, 'h') + countTo(12) + std::string(16, 'p') + std::string(64, 's') +
                              std::string("\0\0\0\x3c\0\x40\0\x42", 8);

TEST(GgufStream, GivesTheSameTensorsForEveryChunkAndPiece) {
  for (size_t chunk = 1; chunk <= kGgufFile.size() + 1; ++chunk) {
    for (uint64_t piece : {0, 1, 2, 4}) {
      const GgufReading r = readGguf(kGgufPlan, kGgufFile, chunk, piece);
      ASSERT_TRUE(r.status.ok()) << chunk << ": " << r.status.message();
      EXPECT_EQ(r.got.size(), 2u);
      EXPECT_EQ(r.got.at("matrix"), (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
      EXPECT_EQ(r.shapes.at("matrix"), (Shape{6, 2}));
      EXPECT_EQ(r.got.at("bias"), (std::vector<float>{0, 1, 2, 3}));
    }
  }
}

TEST(GgufStream, EndsWhereThePlanSays) {
  const auto code = [](const std::string& file) {
    const Status s = readGguf(kGgufPlan, file, 50).status;
    EXPECT_EQ(s.ok() ? "m.gguf" : s.file(), "m.gguf");
    return s.code();
  };
  for (size_t n = 0; n < kGgufFile.size(); ++n) EXPECT_EQ(code(kGgufFile.substr(0, n)), "truncated") << n;
  EXPECT_EQ(code(kGgufFile + std::string(20, '\0')), "") << "part of the last padding";
  EXPECT_EQ(code(kGgufFile + std::string(56, '\0')), "");
  EXPECT_EQ(code(kGgufFile + std::string(57, '\0')), "too_long");
}

// What is delivered of a tensor whose values in the file are 0, 1, 2, …; `what`: the end of its entry.
std::vector<float> delivered(const std::string& what, size_t values, uint64_t piece) {
  const std::string plan = "{\"end\":" + std::to_string(4 * values) +
                           R"(,"alignment":4,"tensors":[{"name":"w","type":0,"begin":0,)" + what + "}]}";
  const GgufReading r = readGguf(plan, countTo(values), 9, piece);
  EXPECT_TRUE(r.status.ok()) << r.status.message();
  return r.status.ok() ? r.got.at("w") : std::vector<float>();
}

TEST(GgufStream, PutsRowsInTheOrderOfTransformers) {
  using Floats = std::vector<float>;
  for (uint64_t piece : {0, 1, 3, 4}) {  // two heads of four rows: halves alternate in the file
    EXPECT_EQ(delivered(R"("shape":[8,1],"rows":"rotary","heads":2)", 8, piece), (Floats{0, 2, 1, 3, 4, 6, 5, 7}))
        << piece;
  }
  EXPECT_EQ(delivered(R"("shape":[8],"rows":"rotary","heads":2)", 8, 0), (Floats{0, 2, 1, 3, 4, 6, 5, 7})) << "a bias";
  // Two groups of two queries, a key and a value, one row each.
  const std::string grouped = R"("shape":[8,1],"rows":"grouped","heads":2,"queries":2)";
  EXPECT_EQ(delivered(grouped, 8, 1), (Floats{0, 1, 4, 6, 2, 3, 5, 7}));
  EXPECT_EQ(delivered(R"("shape":[3,2],"rows":"transposed")", 6, 1), (Floats{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(delivered(R"("shape":[3,1],"add":-1)", 3, 1), (Floats{-1, 0, 1}));
}

TEST(GgufStream, RefusesPlansThatLie) {
  const auto code = [](const std::string& plan) {
    const Status s = readGguf(plan, std::string(100, '\0'), 9).status;
    EXPECT_EQ(s.errorClass(), s.ok() ? ErrorClass::None : ErrorClass::Weights) << s.message();
    return s.code();
  };
  const auto of = [&](const std::string& tensors) {
    return code(R"({"end":100,"alignment":4,"tensors":[)" + tensors + "]}");
  };
  EXPECT_EQ(of(""), "");
  EXPECT_EQ(code(""), "invalid_json");
  EXPECT_EQ(code("{}"), "bad_plan");
  EXPECT_EQ(code(R"({"end":1e30,"alignment":4})"), "bad_plan");
  EXPECT_EQ(code(R"({"end":100,"alignment":0})"), "bad_plan");
  EXPECT_EQ(of("7"), "bad_plan");
  const auto one = [&](const std::string& what) { return of(R"({"name":"w",)" + what + "}"); };
  EXPECT_EQ(one(R"("type":0,"begin":0,"shape":[5,5])"), "");
  EXPECT_EQ(one(R"("type":0,"begin":0,"shape":[5,6])"), "bad_plan") << "behind the end";
  EXPECT_EQ(one(R"("type":4,"begin":0,"shape":[5])"), "bad_plan");
  EXPECT_EQ(one(R"("type":16,"begin":0,"shape":[256])"), "bad_plan") << "IQ2_XXS";
  EXPECT_EQ(one(R"("type":0,"begin":-1,"shape":[5])"), "bad_plan");
  EXPECT_EQ(one(R"("type":0,"begin":0,"shape":[])"), "bad_plan");
  EXPECT_EQ(one(R"("type":0,"begin":0,"shape":[0])"), "bad_plan");
  EXPECT_EQ(one(R"("type":0,"begin":0,"shape":[4294967296,4294967296])"), "bad_plan") << "2^64 values wrap to 0";
  EXPECT_EQ(one(R"("type":0,"begin":0,"shape":[5],"rows":"transposed")"), "bad_plan");
  EXPECT_EQ(one(R"("type":2,"begin":0,"shape":[33])"), "wrong_shape");
  EXPECT_EQ(one(R"("type":2,"begin":0,"shape":[32],"rows":"rotary")"), "wrong_shape") << "single values of blocks";
  EXPECT_EQ(one(R"("type":0,"begin":0,"shape":[6,1],"rows":"rotary","heads":2)"), "wrong_shape");
  EXPECT_EQ(one(R"("type":0,"begin":0,"shape":[6,1],"rows":"grouped","heads":5,"queries":1)"), "wrong_shape");
  EXPECT_EQ(one(R"("type":0,"begin":0,"shape":[6,1],"rows":"rotary","heads":9999999999)"), "wrong_shape");
  EXPECT_EQ(of(R"({"name":"wrong","type":0,"begin":0,"shape":[5]})"), "wrong_shape") << "what the receiver says";
  EXPECT_EQ(of(R"({"name":"a","type":0,"begin":40,"shape":[5]},{"name":"b","type":0,"begin":0,"shape":[5]})"),
            "bad_plan");
  EXPECT_EQ(of(R"({"name":"a","type":0,"begin":0,"shape":[5]},{"name":"b","type":0,"begin":8,"shape":[5]})"),
            "bad_plan");
}

}  // namespace
}  // namespace wasmformers
