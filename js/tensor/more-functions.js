// Functions on tensors that few pages need, by Transformers.js' names. What is asynchronous there is so here, and
// loaded with its first call (operations.js).

import { InputError } from '../errors.js';
import { random } from './random.js';
import { interpolate, resized } from './resample.js';
import { Tensor, axis, product } from './tensor.js';

export { interpolate };

/** @type {import('./operations.js').Library} */
const LIBRARY = { InputError, Tensor, axis, resized };
const later =
  (/** @type {'topk' | 'slice' | 'rfft' | 'interpolate_4d'} */ name) =>
  async (/** @type {any[]} any: declared in types.d.ts */ ...args) =>
    /** @type {Record<string, Function>} */ (await import('./operations.js'))[name](LIBRARY, ...args);

export const topk = /* @__PURE__ */ later('topk');
export const slice = /* @__PURE__ */ later('slice');
export const rfft = /* @__PURE__ */ later('rfft');
export const interpolate_4d = /* @__PURE__ */ later('interpolate_4d');

const filled = (/** @type {number[]} */ dims, /** @type {() => number} */ next) =>
  new Tensor('float32', Float32Array.from({ length: product(dims) }, next), dims);
/** @param {number[]} dims */
export const rand = (dims) => filled(dims, () => random.random());
/** @param {number[]} dims */
export const randn = (dims) => filled(dims, () => random.gauss());
