// The same texts for both: one sentence, and eight of about a hundred tokens.
export const texts = [
  'The quick brown fox jumps over the lazy dog.',
  ...Array.from({ length: 8 }, (_, i) =>
    `the quick brown fox ${i} jumps over the lazy dog and runs away from it `.repeat(6),
  ),
];
/**
 * Minima in ms of one sentence and of the eight.
 * @param {(input: string | string[], options: { pooling: 'mean', normalize: true }) => Promise<unknown>} pipe
 */
export async function steady(pipe) {
  const best = async (/** @type {string | string[]} */ input, /** @type {number} */ times) => {
    let min = Infinity;
    for (let i = 0; i < times; i++) {
      const since = performance.now();
      await pipe(input, { pooling: 'mean', normalize: true });
      min = Math.min(min, performance.now() - since);
    }
    return min;
  };
  return { one: await best(texts[0], 20), eight: await best(texts.slice(1), 8) };
}
