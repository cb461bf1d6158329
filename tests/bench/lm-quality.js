// What a dtype costs a language model: perplexity of a text, Kullback-Leibler divergence of the next token's
// distribution from that in fp32, and how often the likeliest token is the same. In this Node's variant.
//   npm run bench:quality -- <model folder or id> <text file> [dtypes, fp32 first: fp32,q8,q4] [windows] [tokens each]
import fs from 'node:fs/promises';
import path from 'node:path';
import { AutoModelForCausalLM, AutoTokenizer } from '../../js/index.js';

const [model, file, dtypes = 'fp32,q8,q4', windows = '6', length = '256'] = process.argv.slice(2);
if (!model || !file) {
  console.error('npm run bench:quality -- <model> <text file> [fp32,q8,q4] [windows] [tokens each]');
  process.exit(2);
}
const COMPARED = 4; // windows whose distributions are kept: 50 MB each at 49,000 tokens of vocabulary

const tokenizer = await AutoTokenizer.from_pretrained(await located(model));
const rows = cut(tokenizer.encode(await fs.readFile(file, 'utf8'), { add_special_tokens: false }));
console.log(`${model}, ${path.basename(file)}, ${rows.length} windows of ${rows[0].length} tokens, ${process.version}`);
console.log('| dtype | perplexity | against the first | KL divergence | same token | weights, MB |');
console.log('|---|---|---|---|---|---|');
/** @type {{ losses: number[], distributions: Float32Array[] } | null} */
let first = null;
for (const dtype of /** @type {import('../../js/types.js').DtypeOption[]} */ (dtypes.split(','))) {
  const { losses, distributions, bytes } = await measured(dtype);
  const base = first ?? (first = { losses, distributions });
  const differences = losses.map((loss, i) => loss - base.losses[i]);
  const { divergence, same } = compared(base.distributions, distributions, losses.length / rows.length + 1);
  console.log(
    `| ${dtype} | ${Math.exp(mean(losses)).toFixed(3)} | ${percent(Math.expm1(mean(differences)))} ± ${percent(
      deviation(differences) / Math.sqrt(differences.length),
    )} | ${percent(divergence, 3)} | ${percent(same, 1)} | ${(bytes / 1e6).toFixed(1)} |`,
  );
}

/** @param {string} name */
async function located(name) {
  return (await fs.stat(name).catch(() => null)) ? path.resolve(name) : name;
}

/**
 * Windows at equal distances, each after the token that texts begin with.
 * @param {number[]} ids
 */
function cut(ids) {
  const begin = tokenizer.bos_token_id == null ? [] : [Number(tokenizer.bos_token_id)],
    count = Number(windows),
    size = Number(length) - begin.length;
  if (ids.length < count * size) throw new Error(`${file} has ${ids.length} tokens; ${count * size} are needed`);
  const step = Math.floor(ids.length / count);
  return Array.from({ length: count }, (_, i) => [...begin, ...ids.slice(i * step, i * step + size)]);
}

/** @param {import('../../js/types.js').DtypeOption} dtype */
async function measured(dtype) {
  const writer = await AutoModelForCausalLM.from_pretrained(await located(model), { dtype });
  /** @type {number[]} */
  const losses = [];
  const distributions = [];
  for (const [i, ids] of rows.entries()) {
    const { logits } = await writer({ input_ids: [ids] });
    const logs = logProbabilities(/** @type {Float32Array} */ (logits.data), logits.dims[2]);
    for (let t = 0; t + 1 < ids.length; t++) losses.push(-logs[t * logits.dims[2] + ids[t + 1]]);
    if (i < COMPARED) distributions.push(logs);
  }
  const bytes = writer.stats.bytesNeeded;
  await writer.dispose();
  return { losses, distributions, bytes };
}

/**
 * @param {Float32Array} logits
 * @param {number} vocabulary
 */
function logProbabilities(logits, vocabulary) {
  const out = new Float32Array(logits.length);
  for (let at = 0; at < logits.length; at += vocabulary) {
    const row = logits.subarray(at, at + vocabulary);
    let most = -Infinity;
    for (const v of row) if (v > most) most = v;
    let sum = 0;
    for (const v of row) sum += Math.exp(v - most);
    const all = most + Math.log(sum);
    row.forEach((v, j) => {
      out[at + j] = v - all;
    });
  }
  return out;
}

/**
 * @param {Float32Array[]} base log probabilities, window by window
 * @param {Float32Array[]} other
 * @param {number} tokens of a window
 */
function compared(base, other, tokens) {
  let divergence = 0,
    same = 0;
  for (const [w, want] of base.entries()) {
    const got = other[w],
      vocabulary = want.length / tokens;
    for (let at = 0; at < want.length; at += vocabulary) {
      let best = at,
        mine = at;
      for (let j = at; j < at + vocabulary; j++) {
        divergence += Math.exp(want[j]) * (want[j] - got[j]);
        if (want[j] > want[best]) best = j;
        if (got[j] > got[mine]) mine = j;
      }
      same += Number(best === mine);
    }
  }
  return { divergence: divergence / (base.length * tokens), same: same / (base.length * tokens) };
}

/** @param {number[]} x */
function mean(x) {
  return x.reduce((sum, v) => sum + v, 0) / x.length;
}

/** @param {number[]} x */
function deviation(x) {
  const middle = mean(x);
  return Math.sqrt(mean(x.map((v) => (v - middle) ** 2)));
}

/**
 * @param {number} share
 * @param {number} [digits]
 */
function percent(share, digits = 2) {
  return `${(100 * share).toFixed(digits)} %`;
}
