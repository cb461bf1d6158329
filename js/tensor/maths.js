// Functions on arrays of numbers, for pipelines and users: probabilities, similarities, the largest values.

import { InputError } from '../errors.js';

/**
 * Less the maximum: then no exponential is above 1.
 * @param {ArrayLike<number>} x
 */
function shifted(x) {
  const out = Float64Array.from(x),
    max = out.reduce((m, v) => (v > m ? v : m), -Infinity);
  return out.map((v) => v - max);
}
const sum = (/** @type {Float64Array} */ x) => x.reduce((a, b) => a + b, 0);
/**
 * Values in the kind of array that x is: a plain array, a Float32Array; for everything else a Float64Array.
 * @template {ArrayLike<number>} T
 * @param {T} x
 * @param {Float64Array} values
 */
const like = (x, values) =>
  /** @type {import('../types.js').Like<T>} */ (
    Array.isArray(x) ? [...values] : x instanceof Float32Array ? new Float32Array(values) : values
  );

/**
 * @template {ArrayLike<number>} T
 * @param {T} x
 */
export function softmax(x) {
  const powers = shifted(x).map(Math.exp),
    all = sum(powers);
  return like(
    x,
    powers.map((v) => v / all),
  );
}
/**
 * @template {ArrayLike<number>} T
 * @param {T} x
 */
export function log_softmax(x) {
  const out = shifted(x),
    log = Math.log(sum(out.map(Math.exp)));
  return like(
    x,
    out.map((v) => v - log),
  );
}
/** @param {number} x */
export const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/**
 * InputError: vectors of different lengths.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function dot(a, b) {
  if (a.length !== b.length)
    throw new InputError(`Vectors of ${a.length} and ${b.length} values have no product.`, { code: 'shape_mismatch' });
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
/**
 * Cosine of the angle between two vectors.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function cos_sim(a, b) {
  const product = dot(a, b),
    length = Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b));
  return length ? product / length : 0;
}

/**
 * Indices of the k largest values, best first.
 * @param {ArrayLike<number>} x
 * @param {number} k
 */
export function topk(x, k) {
  const order = Uint32Array.from({ length: x.length }, (_, i) => i).sort((a, b) => x[b] - x[a]);
  return [...order.subarray(0, Math.max(0, Math.min(k, x.length)))];
}
