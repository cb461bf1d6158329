// What generate() gives: sequences with their prompts, scores of steps and log-probabilities, in Transformers' shapes.

import { int64 } from '../tensor/int64.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * @typedef {import('../engines/engine.js').Results} Results
 * @typedef {{ token: number, logprob: number, top: { token: number, logprob: number }[] }} Logprob
 */

/**
 * @param {Int32Array[]} prompts as they were given; shorter ones are padded on the left
 * @param {number[][]} tokens new ones of each row; as many rows for each prompt
 * @param {{ pad_token_id?: number, eos_token_id?: number | number[], num_beams: number }} settings
 * @returns {Tensor} int64 [rows, length], padded on both sides
 */
export function sequencesTensor(prompts, tokens, { pad_token_id, eos_token_id, num_beams }) {
  const [eos = 0] = [eos_token_id ?? 0].flat(),
    pad = pad_token_id ?? eos,
    // With beams a padding token of 0 counts as none in the reference, and EOS replaces it.
    after = num_beams > 1 ? pad || eos : pad,
    rows = tokens.length,
    each = rows / prompts.length,
    width = Math.max(...prompts.map((row) => row.length)),
    total = width + Math.max(0, ...tokens.map((row) => row.length)),
    all = new Int32Array(rows * total).fill(pad);
  tokens.forEach((row, r) => {
    const prompt = prompts[Math.floor(r / each)];
    all.set(prompt, r * total + width - prompt.length);
    all.set(row, r * total + width);
    all.fill(after, r * total + width + row.length, (r + 1) * total);
  });
  return int64(all, [rows, total]);
}

/**
 * With the option logprobs: for each token of a row.
 * @param {Results} results
 * @param {number} row
 * @returns {Logprob[]}
 */
export function logprobsOf({ rows, ids, length, top, picked, topIds, topValues }, row) {
  const steps = picked.length / rows;
  return Array.from({ length: steps }, (_, step) => {
    const i = step * rows + row;
    return {
      token: ids[(row + 1) * length - steps + step],
      logprob: picked[i],
      top: Array.from({ length: top }, (_, k) => ({ token: topIds[i * top + k], logprob: topValues[i * top + k] })),
    };
  });
}

/**
 * A Tensor for each step.
 * @param {Float32Array} all [steps, rows, vocabulary]
 * @param {number} rows
 * @param {number} vocabulary
 */
export function stepTensors(all, rows, vocabulary) {
  const size = rows * vocabulary;
  return Array.from(
    { length: all.length / size },
    (_, step) => new Tensor('float32', all.slice(step * size, (step + 1) * size), [rows, vocabulary]),
  );
}
