// See grid.h.
// Optimize: size
#include "weights/quantized/grid.h"

#include <algorithm>

namespace wasmformers::weights::quantized {

void unpackBits(const std::byte* words, size_t step, size_t bits, size_t count, uint8_t* out) {
  uint64_t have = 0;
  const uint64_t mask = (1u << bits) - 1;
  for (size_t i = 0, left = 0; i < count; ++i, left -= bits, have >>= bits) {
    if (left < bits) {
      have |= uint64_t(wordAt(words)) << left;
      words += step;
      left += 32;
    }
    out[i] = uint8_t(have & mask);
  }
}

void Grid::codesOf(size_t r, uint8_t* out) const {
  switch (order) {
    case Order::Words: return unpackBits(codes + rowBytes * r, wordBytes, bits, k, out);
    case Order::Bytes: {
      const uint8_t flip = isSigned ? 0x80 : 0;
      const std::byte* from = codes + k * r;
      for (size_t c = 0; c < k; ++c) out[c] = uint8_t(from[c]) ^ flip;
      return;
    }
    case Order::AwqColumns: {
      const unsigned shift = awqShift(r);
      const std::byte* from = codes + r / 8 * 4;
      for (size_t c = 0; c < k; ++c) out[c] = wordAt(from + wordBytes * c) >> shift & 15;
      return;
    }
    case Order::HighNibbles: {
      const uint64_t first = uint64_t(r) * k;
      for (size_t c = 0; c < k; ++c) {
        const auto both = uint8_t(codes[size_t((first + c) / 2)]);
        out[c] = (first + c) % 2 ? both & 15 : both >> 4;
      }
    }
  }
}

void Grid::decode(size_t r, uint8_t* scratch, float* out) const {
  codesOf(r, scratch);
  const uint64_t start = uint64_t(r) * k;
  const size_t first = flat ? size_t(start / groupSize) : r / rowsPerScale * groups;
  const float* const s = scales.as<float>() + first;
  const float* const z = zeros.ok() ? zeros.as<float>() + first : nullptr;
  const float* const values = table.as<float>();
  if (const uint32_t* const of = groupOf.as<uint32_t>()) {
    for (size_t c = 0; c < k; ++c) out[c] = s[of[c]] * (float(scratch[c]) - (z ? z[of[c]] : zero));
    return;
  }
  size_t end = groupSize - (flat ? size_t(start % groupSize) : 0);
  for (size_t c = 0, g = 0; c < k; ++g, end += groupSize) {
    const float scale = s[g], less = z ? z[g] : zero;
    const size_t last = std::min(end, k);
    if (values) {
      for (; c < last; ++c) out[c] = scale * values[scratch[c]];
    } else {
      for (; c < last; ++c) out[c] = scale * (float(scratch[c]) - less);
    }
  }
}

Result<bool> Grid::rows(size_t from, size_t count, Room& room, kernels::GridRows& out) const {
  if (table.ok() || (flat && k % groupSize)) return false;
  const size_t perRow = flat ? k / groupSize : groups;
  WF_ASSIGN(room.q, allocate(count * k, "rows of a weight matrix"));
  WF_ASSIGN(room.scales, allocate(count * perRow * sizeof(float), "the scales of a weight matrix"));
  WF_ASSIGN(room.zeros, allocate(count * perRow * sizeof(float), "the zero points of a weight matrix"));
  const float half = float(1u << (bits - 1));
  bool symmetric = true;
  for (size_t r = 0; r < count; ++r) {
    uint8_t* const q = room.q.as<uint8_t>() + r * k;
    codesOf(from + r, q);
    for (size_t c = 0; c < k; ++c) q[c] = uint8_t(q[c] - (1u << (bits - 1)));
    const size_t first = (from + r) / rowsPerScale * perRow;
    for (size_t g = 0; g < perRow; ++g) {
      const float z = (zeros.ok() ? zeros.as<float>()[first + g] : zero) - half;
      room.scales.as<float>()[r * perRow + g] = scales.as<float>()[first + g];
      room.zeros.as<float>()[r * perRow + g] = z;
      symmetric = symmetric && z == 0;
    }
  }
  out = {count,
         k,
         bits,
         groupSize,
         perRow,
         room.q.as<int8_t>(),
         room.scales.as<float>(),
         symmetric ? nullptr : room.zeros.as<float>(),
         groupOf.as<uint32_t>()};
  return true;
}

}  // namespace wasmformers::weights::quantized
