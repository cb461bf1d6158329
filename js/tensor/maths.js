// Functions on arrays of numbers, for pipelines and users: probabilities, similarities, the largest values.

/**
 * @param {ArrayLike<number>} x
 * @returns {Float64Array}
 */
export function softmax(x) {
  const out = Float64Array.from(x);
  let max = -Infinity,
    sum = 0;
  for (const v of out) max = v > max ? v : max;
  for (let i = 0; i < out.length; i++) sum += out[i] = Math.exp(out[i] - max);
  for (let i = 0; i < out.length; i++) out[i] /= sum;
  return out;
}
/** @param {ArrayLike<number>} x */
export const log_softmax = (x) => softmax(x).map(Math.log);
/** @param {number} x */
export const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function dot(a, b) {
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
  const length = Math.sqrt(dot(a, a) * dot(b, b));
  return length ? dot(a, b) / length : 0;
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
