// Functions that make, join, pool and normalize tensors, by Transformers.js' names.

import { InputError } from '../errors.js';
import { ARRAYS, Tensor, axis, product } from './tensor.js';

/**
 * InputError: no tensor, or shapes that do not fit.
 * @param {Tensor[]} tensors
 */
export function cat(tensors, dim = 0) {
  const [first] = tensors;
  if (!first) throw new InputError('There is no tensor to join.', { code: 'no_tensors', field: 'tensors' });
  const d = axis(dim, first.dims.length);
  const dims = first.dims.map((n, i) => (i === d ? tensors.reduce((s, t) => s + t.dims[d], 0) : n));
  const inner = product(first.dims.slice(d + 1)),
    outer = product(first.dims.slice(0, d));
  const out = new ARRAYS[first.type](product(dims));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const t of tensors) {
      if (t.dims.length !== dims.length || t.dims.some((n, i) => i !== d && n !== dims[i]))
        throw new InputError(`Shapes [${first.dims}] and [${t.dims}] cannot be joined along ${dim}.`, {
          code: 'shape_mismatch',
        });
      const n = t.dims[d] * inner;
      for (let i = 0; i < n; i++) out[at++] = t.data[o * n + i];
    }
  }
  return new Tensor(first.type, out, dims);
}
/** @param {Tensor[]} tensors */
export const stack = (tensors, dim = 0) =>
  cat(
    tensors.map((t) => t.unsqueeze(dim)),
    dim,
  );

const TYPE_OF = /** @type {Record<string, import('./tensor.js').DataType>} */ ({
  number: 'float32',
  bigint: 'int64',
  boolean: 'bool',
});
/**
 * A number makes a float32 tensor, a bigint int64, true or false bool.
 * @param {number[]} dims
 * @param {number | bigint | boolean} value
 */
export function full(dims, value) {
  const type = TYPE_OF[typeof value];
  if (!type)
    throw new InputError(`A tensor is filled with a number or a truth value, not ${typeof value}.`, {
      code: 'bad_value',
    });
  return new Tensor(type, new ARRAYS[type](product(dims)).fill(value), dims);
}
/** @param {number[]} dims */
export const ones = (dims) => full(dims, 1n);
/** @param {number[]} dims */
export const zeros = (dims) => full(dims, 0n);
/**
 * @param {Tensor} x
 * @param {number | bigint | boolean} value
 */
export const full_like = (x, value) => full(x.dims, value);
/** @param {Tensor} x */
export const ones_like = (x) => ones(x.dims);
/** @param {Tensor} x */
export const zeros_like = (x) => zeros(x.dims);

/**
 * @param {Tensor} x
 * @param {number[]} axes
 */
export const permute = (x, axes) => x.permute(...axes);
/**
 * @param {Tensor} x
 * @param {number | null} [dim]
 */
export const mean = (x, dim = null, keepdim = false) => x.mean(dim, keepdim);
/**
 * Standard deviation (n - correction) and mean.
 * @param {Tensor} x
 * @param {number | null} [dim]
 * @returns {[Tensor, Tensor]}
 */
export function std_mean(x, dim = null, correction = 1, keepdim = false) {
  const n = dim === null ? x.size : x.dims[axis(dim, x.dims.length)];
  const square = x
    .sub(x.mean(dim, dim !== null))
    .map((v) => v * v)
    .sum(dim, keepdim);
  return [square.map((v) => Math.sqrt(v / (n - correction))), x.mean(dim, keepdim)];
}
/**
 * [M, K] × [K, N].
 * @param {Tensor} a
 * @param {Tensor} b
 */
export function matmul(a, b) {
  const [m, k] = a.dims,
    [k2, n] = b.dims;
  if (a.dims.length !== 2 || b.dims.length !== 2 || k !== k2)
    throw new InputError(`Shapes [${a.dims}] and [${b.dims}] cannot be multiplied.`, { code: 'shape_mismatch' });
  const out = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let x = 0; x < k; x++) sum += a.data[i * k + x] * b.data[x * n + j];
      out[i * n + j] = sum;
    }
  }
  return new Tensor('float32', out, [m, n]);
}

/**
 * Mean over the tokens where the mask is 1: [B, T, H] with mask [B, T] → [B, H].
 * @param {Tensor} hidden
 * @param {Tensor | { data: ArrayLike<number | bigint> }} mask
 */
export function mean_pooling(hidden, mask) {
  const [b, t, h] = hidden.dims,
    out = new Float32Array(b * h),
    { data } = hidden;
  for (let i = 0; i < b; i++) {
    let count = 0;
    for (let j = 0; j < t; j++) {
      if (!Number(mask.data[i * t + j])) continue;
      count++;
      const from = (i * t + j) * h;
      for (let k = 0; k < h; k++) out[i * h + k] += data[from + k];
    }
    for (let k = 0; k < h; k++) out[i * h + k] /= count || 1;
  }
  return new Tensor('float32', out, [b, h]);
}

/**
 * @param {Tensor} x [N, H]
 * @param {number[]} shape [H]
 */
export function layer_norm(x, shape, { eps = 1e-5 } = {}) {
  const h = shape[0];
  if (x.dims.at(-1) !== h)
    throw new InputError(`layer_norm over ${h} values does not fit the shape [${x.dims}].`, { code: 'shape_mismatch' });
  const out = new Float32Array(x.size);
  for (let i = 0; i < x.size; i += h) {
    let mean = 0,
      variance = 0;
    for (let k = 0; k < h; k++) mean += x.data[i + k] / h;
    for (let k = 0; k < h; k++) variance += (x.data[i + k] - mean) ** 2 / h;
    for (let k = 0; k < h; k++) out[i + k] = (x.data[i + k] - mean) / Math.sqrt(variance + eps);
  }
  return new Tensor('float32', out, x.dims);
}

/**
 * One bit per value, its sign: [B, H] → [B, H/8], most significant bit first.
 * @param {Tensor} x
 * @param {'binary' | 'ubinary'} precision
 */
export function quantize_embeddings(x, precision) {
  const [b, h] = x.dims;
  if (x.dims.length !== 2 || h % 8)
    throw new InputError(`Binary embeddings need the shape [batch, a multiple of 8], not [${x.dims}].`, {
      code: 'shape_mismatch',
    });
  if (precision !== 'binary' && precision !== 'ubinary')
    throw new InputError(`The precision "${precision}" is unknown; there are binary and ubinary.`, {
      code: 'unknown_precision',
      field: 'precision',
    });
  const signed = precision === 'binary',
    out = new (signed ? Int8Array : Uint8Array)((b * h) / 8);
  for (let i = 0; i < out.length; i++) {
    let byte = 0;
    for (let j = 0; j < 8; j++) byte |= (x.data[i * 8 + j] > 0 ? 1 : 0) << (7 - j);
    out[i] = signed ? byte - 128 : byte;
  }
  return new Tensor(signed ? 'int8' : 'uint8', out, [b, h / 8]);
}
