// What is measured, for Node and for the browser: every subject does the same work on the same lines, in turn; minima.
// The first pass is kept too: no cache knows a word yet, and the machine code is still being made.

/**
 * @typedef {Record<string, ((() => Untyped) | undefined)>} Work figure → one run of it; may return a promise
 * @typedef {Record<string, Record<string, { best: number, first: number, runs: number }>>} Times subject → figure → ms
 */

/**
 * @param {Record<string, Work>} subjects
 * @param {number} seconds for all of it; every figure gets at least three runs, one where a run takes longer than a
 *   second
 * @returns {Promise<Times>}
 */
export async function inTurn(subjects, seconds) {
  /** @type {Times} */
  const times = {};
  for (const name of Object.keys(subjects)) times[name] = {};
  const figures = [...new Set(Object.values(subjects).flatMap((work) => Object.keys(work)))];
  for (const figure of figures) {
    const end = performance.now() + (seconds * 1000) / figures.length;
    for (let round = 0; round < 3 || performance.now() < end; round++) {
      for (const [name, work] of Object.entries(subjects)) {
        const run = work[figure],
          known = times[name][figure];
        if (!run || (known && known.best > 1000)) continue;
        const since = performance.now();
        await run();
        const ms = performance.now() - since;
        times[name][figure] = known
          ? { best: Math.min(known.best, ms), first: known.first, runs: known.runs + 1 }
          : { best: ms, first: ms, runs: 1 };
      }
    }
  }
  return times;
}

/**
 * Ours: strings in, typed arrays out.
 * @param {Untyped} tokenizer
 * @param {string[]} lines
 * @returns {Work}
 */
export function ours(tokenizer, lines) {
  const plain = { padding: false, truncation: false };
  const { ids, starts } = tokenizer.encodeIds(lines, plain);
  const lists = lines.map((_, i) => ids.slice(starts[i], starts[i + 1]));
  return {
    ids: () => tokenizer.encodeIds(lines, plain),
    'ids, a call for each line': () => {
      for (const line of lines) tokenizer.encodeIds([line], plain);
    },
    offsets: () =>
      tokenizer
        .encodeBatch(lines, plain)
        .reduce((/** @type {number} */ n, /** @type {Untyped} */ e) => n + e.offsets.length, 0),
    decode: () => tokenizer.decodeBatch(lists),
  };
}

/**
 * @huggingface/tokenizers; it has no offsets.
 * @param {Untyped} tokenizer
 * @param {string[]} lines
 * @returns {Work}
 */
export function javascript(tokenizer, lines) {
  const lists = lines.map((line) => tokenizer.encode(line).ids);
  return {
    ids: () => {
      for (const line of lines) tokenizer.encode(line).ids;
    },
    decode: () => {
      for (const ids of lists) if (ids.length) tokenizer.decode(ids);
    },
  };
}

/**
 * How many lines have other ids.
 * @param {string[]} lines
 * @param {(line: string) => ArrayLike<number>} a
 * @param {(line: string) => ArrayLike<number>} b
 */
export function differing(lines, a, b) {
  let n = 0;
  for (const line of lines) {
    const x = a(line),
      y = b(line);
    if (x.length !== y.length || Array.from(x).some((id, i) => id !== y[i])) n++;
  }
  return n;
}
