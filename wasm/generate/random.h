// The random numbers of sampling: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
// generators", 2021), filled by splitmix64. Every row has a stream of its own, so that its tokens do not depend on when
// other rows end.
#pragma once

#include <cstdint>

namespace wasmformers::generate {

class Random {
 public:
  Random(uint64_t seed, uint64_t stream) {
    uint64_t x = seed;
    const uint64_t mixed = splitmix(x) ^ stream * 0xd1342543de82ef95;
    x = mixed;
    for (uint64_t& s : state_) s = splitmix(x);
  }

  uint64_t next() {
    const uint64_t result = rotate(state_[1] * 5, 7) * 9, t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  /// Uniform in [0, 1).
  double uniform() { return double(next() >> 11) * 0x1p-53; }

 private:
  static uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }
  static uint64_t splitmix(uint64_t& x) {
    uint64_t z = x += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  uint64_t state_[4];
};

}  // namespace wasmformers::generate
