// Tensors of 64-bit integers from plain numbers, as models take ids.

import { Tensor } from './tensor.js';

/**
 * Makes no BigInt per value: writes the low halves of 64-bit integers.
 * @param {ArrayLike<number>} values not negative
 * @param {number[]} dims
 */
export function int64(values, dims) {
  const halves = new Int32Array(values.length * 2);
  for (let i = 0; i < values.length; i++) halves[2 * i] = values[i];
  return new Tensor('int64', new BigInt64Array(halves.buffer), dims);
}
