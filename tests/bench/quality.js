// What 8 bits cost: MiniLM's embeddings of the STS-B development set in q8 against fp32. Mean and worst cosine over
// all sentences, and Spearman's correlation of the pairs' cosines with the human scores (× 100), in this Node's
// variant.
//   node tests/bench/quality.js [how many pairs]       prints one JSON line
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { pipeline } from '../../js/index.js';

export const MODEL = 'sentence-transformers/all-MiniLM-L6-v2';

/** @returns {{ a: string, b: string, score: number }[]} */
export function readPairs() {
  const text = readFileSync(new URL('../fixtures/sts/stsb-en-dev.csv', import.meta.url), 'utf8');
  return text
    .trim()
    .split(/\r?\n/)
    .map((line) => {
      const [a, b, score] = [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((m) =>
        m[1].replace(/^"|"$/g, '').replaceAll('""', '"'),
      );
      return { a, b, score: Number(score) };
    });
}

const dot = (/** @type {Float32Array} */ x, /** @type {Float32Array} */ y) => x.reduce((s, v, i) => s + v * y[i], 0);

/**
 * Ranks with ties averaged.
 * @param {number[]} x
 */
function ranks(x) {
  const order = x.map((_, i) => i).sort((i, j) => x[i] - x[j]),
    out = new Array(x.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && x[order[to + 1]] === x[order[from]]) to++;
    for (let i = from; i <= to; i++) out[order[i]] = (from + to) / 2;
    from = to + 1;
  }
  return out;
}
/**
 * @param {number[]} x
 * @param {number[]} y
 */
export function spearman(x, y) {
  const a = ranks(x),
    b = ranks(y),
    mean = (a.length - 1) / 2;
  let ab = 0,
    aa = 0,
    bb = 0;
  a.forEach((v, i) => {
    ab += (v - mean) * (b[i] - mean);
    aa += (v - mean) ** 2;
    bb += (b[i] - mean) ** 2;
  });
  return ab / Math.sqrt(aa * bb);
}

/** @param {number} [count] of pairs */
export async function quality(count = Infinity) {
  const pairs = readPairs().slice(0, count),
    texts = pairs.flatMap((p) => [p.a, p.b]);
  /** @type {Record<string, Float32Array[]>} */
  const vectors = {};
  let variant = '',
    int8Dot = '';
  for (const dtype of /** @type {const} */ (['fp32', 'q8'])) {
    const extractor = await pipeline('feature-extraction', MODEL, { dtype });
    const { data, dims } = await extractor(texts, { pooling: 'mean', normalize: true });
    vectors[dtype] = texts.map((_, i) => /** @type {Float32Array} */ (data).subarray(i * dims[1], (i + 1) * dims[1]));
    ({ variant, int8Dot } = extractor.model.stats);
    await extractor.dispose();
  }
  const cosines = vectors.q8.map((v, i) => dot(v, vectors.fp32[i]));
  const correlation = (/** @type {string} */ dtype) =>
    100 *
    spearman(
      pairs.map((_, i) => dot(vectors[dtype][2 * i], vectors[dtype][2 * i + 1])),
      pairs.map((p) => p.score),
    );
  return {
    node: process.version,
    variant,
    int8Dot,
    pairs: pairs.length,
    meanCosine: cosines.reduce((s, c) => s + c, 0) / cosines.length,
    worstCosine: Math.min(...cosines),
    spearmanFp32: correlation('fp32'),
    spearmanQ8: correlation('q8'),
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(JSON.stringify(await quality(Number(process.argv[2]) || Infinity)));
}
