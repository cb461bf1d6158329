// Attention over a cache of keys and values: the plain kernel against the encoders' attention; then every fast kernel
// against the plain one, over odd sizes, with windows, masks and slopes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "base/buffer.h"
#include "kernels/formats/half.h"
#include "kernels/kernels.h"
#include "random_floats.h"

namespace wasmformers::kernels {
namespace {

void expectClose(const Floats& got, const Floats& want, size_t n, float tolerance, const std::string& what) {
  for (size_t i = 0; i < n; ++i) {
    ASSERT_LE(std::fabs(got[i] - want[i]), tolerance * std::max(1.f, std::fabs(want[i])))
        << what << " at " << i << ": " << got[i] << " instead of " << want[i];
  }
}

const CacheType kTypes[] = {CacheType::F32, CacheType::F16, CacheType::Q8};
const char* name(CacheType t) { return t == CacheType::F32 ? "f32" : t == CacheType::F16 ? "f16" : "q8"; }

// A cache with its memory, filled with values that must never be used.
struct Cache {
  KvLayerView view;
  Buffer keys, values;
  Floats scales;

  Cache(CacheType type, size_t batch, size_t kvHeads, size_t d, size_t capacity) {
    view.type = type, view.batch = batch, view.kvHeads = kvHeads, view.headDim = d, view.capacity = capacity;
    keys = Buffer(view.bytes());
    values = Buffer(view.bytes());
    std::memset(keys.data(), 0x7f, keys.size());  // f32: huge; f16: NaN; int8: 127
    std::memset(values.data(), 0x7f, values.size());
    view.keys = keys.data(), view.values = values.data();
    scales.assign(2 * view.scaleCount() + 64, std::numeric_limits<float>::quiet_NaN());
    view.keyScales = scales.data(), view.valueScales = scales.data() + view.scaleCount();
  }
};

struct Shape {
  size_t batch, heads, kvHeads, d, past, queries;
  std::string text() const {
    return "B" + std::to_string(batch) + " H" + std::to_string(heads) + "/" + std::to_string(kvHeads) + " D" +
           std::to_string(d) + " past " + std::to_string(past) + " T" + std::to_string(queries);
  }
};

// Fills a cache of past + queries positions by two appends and sets up the queries.
struct Case {
  Shape s;
  size_t keys, kStride, qStride, outStride;
  Floats q, k, v, out;
  Cache cache;
  CachedAttentionArgs args;

  Case(const Table& table, CacheType type, Shape shape)
      : s(shape),
        keys(s.past + s.queries),
        kStride(s.kvHeads * s.d + 3),
        qStride(s.heads * s.d + 1),
        outStride(s.heads * s.d + 2),
        q(random(s.batch * s.queries * qStride, 1, 1)),
        k(random(s.batch * keys * kStride, 1, 2)),
        v(random(s.batch * keys * kStride, 1, 3)),
        out(s.batch * s.queries * outStride + 64, -7),
        cache(type, s.batch, s.kvHeads, s.d, keys + 5) {
    append(table, 0, s.past);
    append(table, s.past, s.queries);
    args.q = q.data(), args.out = out.data(), args.qStride = qStride, args.outStride = outStride;
    args.cache = cache.view;
    args.batch = s.batch, args.queries = s.queries, args.past = s.past, args.heads = s.heads;
    args.scale = 0.3f;
  }

  void append(const Table& table, size_t from, size_t tokens) {
    Floats nk(s.batch * tokens * kStride + 64), nv = nk;  // [B, tokens]
    for (size_t b = 0; b < s.batch; ++b) {
      std::copy_n(k.data() + (b * keys + from) * kStride, tokens * kStride, nk.data() + b * tokens * kStride);
      std::copy_n(v.data() + (b * keys + from) * kStride, tokens * kStride, nv.data() + b * tokens * kStride);
    }
    table.cacheAppend({nk.data(), nv.data(), kStride, kStride, cache.view, s.batch, tokens, from});
  }

  const Floats& run(const Table& table) {
    Arena arena;
    const Arena::Mark before = arena.mark();
    table.cachedAttention(arena, args);
    const Arena::Mark after = arena.mark();
    EXPECT_TRUE(before.block == after.block && before.used == after.used) << "scratch memory is freed";
    return out;
  }
};

TEST(Half, EveryHalfRoundTripsAndFloatsRoundToTheNearest) {
  for (uint32_t h = 0; h < 0x7c00; ++h) {
    ASSERT_EQ(toHalf(fromHalf(uint16_t(h))), h);
    ASSERT_EQ(toHalf(fromHalf(uint16_t(h | 0x8000))), h | 0x8000);
    if (h + 1 == 0x7c00) continue;
    const float a = fromHalf(uint16_t(h)), b = fromHalf(uint16_t(h + 1)), middle = a + (b - a) / 2;
    ASSERT_EQ(toHalf(middle), h % 2 ? h + 1 : h) << "ties to even";
    ASSERT_EQ(toHalf(std::nextafterf(middle, 0)), h);
    ASSERT_EQ(toHalf(std::nextafterf(middle, 1e9f)), h + 1);
  }
  for (float beyond :
       {65504.f, 65520.f, 1e30f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_EQ(fromHalf(toHalf(beyond)), 65504.f);
  }
  EXPECT_EQ(fromHalf(toHalf(-1e30f)), -65504.f);
}

// With all keys appended at once, and a cache of f32, it equals the encoders' attention with a causal mask.
TEST(CachedAttention, IsAttentionWithACausalMask) {
  for (size_t t : {1, 2, 5, 9, 33}) {
    for (int64_t left : {-1, 0, 3}) {
      Case c(fast(), CacheType::F32, {2, 6, 3, 12, 0, t});
      c.args.left = left;
      AttentionArgs a;
      Floats want = c.out;
      a.q = c.q.data(), a.k = c.k.data(), a.v = c.v.data(), a.out = want.data();
      a.qStride = c.qStride, a.kStride = a.vStride = c.kStride, a.outStride = c.outStride;
      a.batch = 2, a.queries = a.keys = t, a.heads = 6, a.kvHeads = 3, a.headDim = 12, a.scale = 0.3f, a.left = left,
      a.right = 0;
      Arena arena;
      reference().attention(arena, a);
      expectClose(c.run(reference()), want, want.size() - 64, 1e-6f, "plain T" + std::to_string(t));
      expectClose(c.run(fast()), want, want.size() - 64, 3e-6f, "fast T" + std::to_string(t));
    }
  }
}

// Tokens one by one give the same as all at once.
TEST(CachedAttention, StepsAgreeWithOnePass) {
  for (CacheType type : kTypes) {
    Case whole(fast(), type, {2, 4, 2, 16, 0, 11});
    const Floats want = whole.run(fast());
    for (size_t t = 0; t < 11; ++t) {
      Floats q(2 * whole.qStride + 64), out(2 * whole.outStride + 64);
      for (size_t b = 0; b < 2; ++b)
        std::copy_n(whole.q.data() + (b * 11 + t) * whole.qStride, whole.qStride, q.data() + b * whole.qStride);
      CachedAttentionArgs a = whole.args;
      a.q = q.data(), a.out = out.data(), a.past = t, a.queries = 1;
      Arena arena;
      fast().cachedAttention(arena, a);
      for (size_t b = 0; b < 2; ++b) {
        for (size_t i = 0; i < 4 * 16; ++i)
          ASSERT_NEAR(out[b * whole.outStride + i], want[(b * 11 + t) * whole.outStride + i], 2e-4f)
              << name(type) << " token " << t;
      }
    }
  }
}

TEST(CachedAttention, SmallerTypesAreNear) {
  Case exact(fast(), CacheType::F32, {1, 2, 1, 64, 40, 1});
  const Floats want = exact.run(fast());
  for (auto [type, tolerance] : {std::pair{CacheType::F16, 2e-3f}, {CacheType::Q8, 4e-2f}}) {
    Case c(fast(), type, {1, 2, 1, 64, 40, 1});
    expectClose(c.run(fast()), want, 2 * 64, tolerance, name(type));
  }
}

TEST(CachedAttention, FastAgreesWithPlain) {
  const Shape shapes[] = {{1, 1, 1, 1, 0, 1},    {1, 3, 1, 64, 511, 1},  {2, 9, 3, 64, 20, 1}, {1, 4, 4, 7, 13, 1},
                          {1, 8, 1, 128, 33, 1}, {3, 4, 2, 20, 5, 2},    {1, 6, 2, 32, 10, 3}, {2, 2, 1, 8, 0, 13},
                          {1, 9, 3, 64, 30, 70}, {1, 5, 5, 80, 3, 17},   {1, 71, 1, 64, 9, 1}, {2, 7, 7, 33, 300, 4},
                          {1, 2, 2, 256, 6, 5},  {1, 16, 2, 64, 700, 8}, {1, 4, 2, 96, 0, 40}, {1, 12, 4, 16, 257, 6}};
  for (CacheType type : kTypes) {
    for (const Shape& s : shapes) {
      for (int variant = 0; variant < 6; ++variant) {
        Case c(fast(), type, s);
        const std::string what = std::string(name(type)) + " " + s.text() + " variant " + std::to_string(variant);
        std::vector<uint8_t> mask(s.batch * (c.keys + 3), 1);
        for (size_t b = 0; b < s.batch; ++b) {
          for (size_t i = 0; i < c.keys; ++i) {
            // Variant 1: left padding of another length for each sequence. Variant 3: gaps.
            if (variant == 1 && i < (b + 1) * c.keys / 4) mask[b * (c.keys + 3) + i] = 0;
            if (variant == 3 && i % 3 == b % 3) mask[b * (c.keys + 3) + i] = 0;
          }
        }
        if (variant == 1 || variant == 3) c.args.keyMask = mask.data(), c.args.maskStride = c.keys + 3;
        if (variant == 2 || variant == 3) c.args.left = int64_t(c.keys / 3);
        Floats slopes = random(s.heads, 0.2f, 9);
        for (float& slope : slopes) slope = std::fabs(slope);  // distant keys weigh less, as in every model
        if (variant == 4) c.args.slopes = slopes.data();
        if (variant == 5) c.args.softcap = 1.5f, c.args.left = 4;
        c.run(reference());
        const Floats want = c.out;
        std::fill(c.out.begin(), c.out.end(), -7.f);
        expectClose(c.run(fast()), want, want.size() - 64, 5e-6f, what);
      }
    }
  }
}

// Keys and queries are computed in groups: tests every remainder of keys, with the numbers of queries per key that
// models have.
TEST(CachedAttention, EveryRemainderAgreesWithPlain) {
  for (CacheType type : kTypes) {
    for (size_t group : {1, 2, 3, 4, 5, 7}) {
      for (size_t past = 0; past < 14; ++past) {
        for (int64_t left : {-1, 2}) {
          Case c(fast(), type, {1, 2 * group, 2, past % 2 ? 24u : 8u, past, 1 + past % 3});
          c.args.left = left;
          const Floats want = c.run(reference());
          std::fill(c.out.begin(), c.out.end(), -7.f);
          expectClose(c.run(fast()), want, want.size() - 64, 5e-6f,
                      std::string(name(type)) + " " + c.s.text() + " left " + std::to_string(left));
        }
      }
    }
  }
}

// More keys than are converted to f32 for a prompt.
TEST(CachedAttention, LongPromptsAgreeWithPlain) {
  for (CacheType type : kTypes) {
    Case c(fast(), type, {1, 1, 1, 256, 2050, 13});
    const Floats want = c.run(reference());
    std::fill(c.out.begin(), c.out.end(), -7.f);
    expectClose(c.run(fast()), want, want.size() - 64, 1e-5f, name(type));  // sums of 2063
  }
}

TEST(CachedAttention, AppendedRowsEqualThePlainKernels) {
  for (CacheType type : kTypes) {
    for (size_t d : {1, 3, 8, 20, 64}) {
      Cache got(type, 2, 3, d, 9), want(type, 2, 3, d, 9);
      const size_t stride = 3 * d + 1;
      Floats k = random(2 * 4 * stride, 3), v = random(2 * 4 * stride, 1e-3f, 2);
      std::fill_n(k.data(), d, 0.f);
      k[stride] = 1e6f;
      v[stride] = -1e-20f;
      fast().cacheAppend({k.data(), v.data(), stride, stride, got.view, 2, 4, 3});
      reference().cacheAppend({k.data(), v.data(), stride, stride, want.view, 2, 4, 3});
      EXPECT_EQ(std::memcmp(got.keys.data(), want.keys.data(), got.view.bytes()), 0) << name(type) << " " << d;
      EXPECT_EQ(std::memcmp(got.values.data(), want.values.data(), got.view.bytes()), 0) << name(type) << " " << d;
      EXPECT_EQ(std::memcmp(got.scales.data(), want.scales.data(), got.scales.size() * 4), 0) << name(type) << " " << d;
    }
  }
}

TEST(CachedAttention, AQueryThatSeesNothingGivesZeros) {
  for (CacheType type : kTypes) {
    for (size_t past : {0, 6}) {
      for (size_t queries : {1, 7}) {
        Case c(fast(), type, {2, 4, 2, 8, past, queries});
        std::vector<uint8_t> mask(2 * c.keys, 0);
        std::fill(mask.begin() + long(c.keys), mask.end(), uint8_t(1));
        c.args.keyMask = mask.data(), c.args.maskStride = c.keys;
        for (const Table* table : {&reference(), &fast()}) {
          std::fill(c.out.begin(), c.out.end(), -7.f);
          c.run(*table);
          for (size_t t = 0; t < queries; ++t) {
            for (size_t i = 0; i < 4 * 8; ++i) {
              EXPECT_EQ(c.out[t * c.outStride + i], 0);
              EXPECT_NE(c.out[(queries + t) * c.outStride + i], 0);
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace wasmformers::kernels
