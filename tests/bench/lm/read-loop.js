// How fast one thread of Wasm reads memory: sums 128 MB with v128 loads into eight accumulators. Decoding reads each
// weight once per token, so this is its bound. The module is assembled here byte by byte (WebAssembly core
// specification 2.0, chapter 5) and needs no compiler.

const MB = 1 << 20,
  SIZE = 128 * MB,
  LANES = 8;

/**
 * LEB128.
 * @param {number} n
 */
function leb(n) {
  const bytes = [];
  for (;;) {
    const low = n & 0x7f;
    n >>= 7;
    if ((n === 0 && !(low & 0x40)) || (n === -1 && low & 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}
/**
 * Unsigned LEB128.
 * @param {number} n
 * @returns {number[]}
 */
const uleb = (n) => (n < 128 ? [n] : [(n & 0x7f) | 0x80, ...uleb(n >>> 7)]);
const section = (/** @type {number} */ id, /** @type {number[]} */ body) => [id, ...uleb(body.length), ...body];
const name = (/** @type {string} */ text) => [text.length, ...new TextEncoder().encode(text)];

/** (at: i32, end: i32) → i32: the sum of all 32-bit words, with `at` raised by 128 bytes a turn. */
function assemble() {
  const get = (/** @type {number} */ local) => [0x20, local],
    set = (/** @type {number} */ local) => [0x21, local];
  const simd = (/** @type {number} */ op) => [0xfd, ...uleb(op)];
  const I32X4_ADD = 0xae,
    V128_LOAD = 0x00,
    EXTRACT = 0x1b;
  const body = [0x03, 0x40]; // loop
  for (let i = 0; i < LANES; i++)
    body.push(...get(2 + i), ...get(0), ...simd(V128_LOAD), 4, ...uleb(16 * i), ...simd(I32X4_ADD), ...set(2 + i));
  // at += 128; again while at < end
  body.push(...get(0), 0x41, ...leb(16 * LANES), 0x6a, 0x22, 0, ...get(1), 0x49, 0x0d, 0, 0x0b);
  for (let i = 1; i < LANES; i++) body.push(...get(2), ...get(2 + i), ...simd(I32X4_ADD), ...set(2));
  for (let lane = 0; lane < 4; lane++) body.push(...get(2), ...simd(EXTRACT), lane, ...(lane ? [0x6a] : []));
  body.push(0x0b);
  const code = [1, ...uleb(LANES), 0x7b, ...body]; // eight locals v128
  return Uint8Array.from([
    0x00,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...uleb(SIZE / 65536)]),
    ...section(7, [2, ...name('sum'), 0, 0, ...name('memory'), 2, 0]),
    ...section(10, [1, ...uleb(code.length), ...code]),
  ]);
}

/** @type {Awaited<ReturnType<typeof prepare>> | undefined} */
let loop;

/**
 * Bytes per second of the best pass over the 128 MB within `ms`. Shorter stretches would be inexact: a page's clock has
 * steps of 0.1 ms.
 * @param {number} ms
 */
export async function readLoop(ms) {
  const { sum } = (loop ??= await prepare());
  let best = Infinity;
  for (const end = performance.now() + ms; performance.now() < end; ) {
    const since = performance.now();
    sum(0, SIZE);
    best = Math.min(best, performance.now() - since);
  }
  return (SIZE / best) * 1e3;
}

async function prepare() {
  const { instance } = await WebAssembly.instantiate(assemble());
  const made = /** @type {{ sum: (at: number, end: number) => number, memory: WebAssembly.Memory }} */ (
    /** @type {unknown} */ (instance.exports)
  );
  // The system maps pages that were never written to one page of zeros: write them.
  const words = new Uint32Array(made.memory.buffer);
  for (let i = 0; i < words.length; i++) words[i] = i;
  if (made.sum(0, SIZE) !== (((words.length / 2) * (words.length - 1)) | 0))
    throw new Error('the read loop adds wrongly');
  for (let i = 0; i < 20_000; i++) made.sum(0, 16384); // until it is optimized
  return made;
}
