// Random numbers as Python's `random` makes them, number for number from the same seed: the Mersenne Twister MT19937
// (Matsumoto and Nishimura, 1998) with init_by_array, and what CPython's Lib/random.py makes of its words.

const N = 624;

/** Its functions may be taken out of it. */
class Random {
  /** @param {number | null} [seed] a whole number; none: another sequence each time */
  constructor(seed) {
    const s = new Uint32Array(N);
    let at = N,
      spare = NaN;
    const word = () => {
      for (let k = 0; at === N && k < N; k++) {
        const y = (s[k] & 0x80000000) | (s[(k + 1) % N] & 0x7fffffff);
        s[k] = s[(k + 397) % N] ^ (y >>> 1) ^ (y & 1 && 0x9908b0df);
      }
      at %= N;
      let y = s[at++];
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      return (y ^ (y >>> 18)) >>> 0;
    };
    this.seed = (/** @type {number | null | undefined} */ seed) => {
      const key = [];
      let left = Math.floor(Math.abs(seed ?? crypto.getRandomValues(new Uint32Array(1))[0]));
      do key.push(left % 2 ** 32);
      while ((left = Math.floor(left / 2 ** 32)) > 0);
      s[0] = 19650218;
      const mixed = (/** @type {number} */ i) => s[i - 1] ^ (s[i - 1] >>> 30);
      for (let i = 1; i < N; i++) s[i] = Math.imul(1812433253, mixed(i)) + i;
      for (let k = 0, i = 1; k < 2 * N - 1; k++) {
        const j = k % key.length;
        s[i] =
          k < N ? (s[i] ^ Math.imul(mixed(i), 1664525)) + key[j] + j : (s[i] ^ Math.imul(mixed(i), 1566083941)) - i;
        if (++i < N) continue;
        s[0] = s[N - 1];
        i = 1;
      }
      s[0] = 2 ** 31;
      at = N;
      spare = NaN;
    };
    /** From 0 on, below 1. */
    this.random = () => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53;
    /** Of a normal distribution. */
    this.gauss = (mu = 0, sigma = 1) => {
      let z = spare;
      spare = NaN;
      if (Number.isNaN(z)) {
        const angle = this.random() * 2 * Math.PI,
          radius = Math.sqrt(-2 * Math.log(1 - this.random()));
        z = Math.cos(angle) * radius;
        spare = Math.sin(angle) * radius;
      }
      return mu + z * sigma;
    };
    /** In place. */
    this.shuffle = (/** @type {unknown[]} */ list) => {
      for (let i = list.length - 1; i > 0; i--) {
        let j;
        do j = word() >>> Math.clz32(i + 1);
        while (j > i);
        [list[i], list[j]] = [list[j], list[i]];
      }
    };
    /**
     * One of the population, each as often as its weight says.
     * @template T
     * @param {ArrayLike<T>} population
     * @param {ArrayLike<number>} weights
     */
    this.choices = (population, weights) => {
      let sum = 0;
      const sums = Array.from(weights, (weight) => (sum += weight)),
        x = this.random() * sum,
        found = sums.findIndex((s) => x < s);
      return population[found < 0 ? sums.length - 1 : found];
    };
    this.seed(seed);
  }
}

/** One for all; `Random` makes others. */
export const random = /* @__PURE__ */ Object.assign(new Random(), { Random });
