// Planes of another size, as PyTorch's F.interpolate makes them: nearest, bilinear, bicubic.

import { InputError } from '../errors.js';
import { Tensor } from './tensor.js';

/**
 * For each place of the result along one axis: places of the input and their weights.
 * @param {number} from size of the input
 * @param {number} to size of the result
 * @param {string} mode
 * @param {boolean} corners align_corners
 */
const taps = (from, to, mode, corners) =>
  Array.from({ length: to }, (_, i) => {
    if (mode === 'nearest') return [[Math.floor((i * from) / to), 1]];
    const x = corners ? (to > 1 ? (i * (from - 1)) / (to - 1) : 0) : ((i + 0.5) * from) / to - 0.5,
      first = Math.floor(x),
      t = x - first,
      a = -0.75, // of PyTorch's and ONNX's cubic curve (Keys, 1981)
      near = (/** @type {number} */ d) => ((a + 2) * d - (a + 3)) * d * d + 1,
      far = (/** @type {number} */ d) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a,
      weights = mode === 'bicubic' ? [far(t + 1), near(t), near(1 - t), far(2 - t)] : [1 - t, t],
      begin = first + 1 - weights.length / 2;
    return weights.map((weight, k) => [Math.max(0, Math.min(from - 1, begin + k)), weight]);
  });

/**
 * @param {Tensor} x [.., height, width]
 * @param {number[]} size height and width
 * @param {string} mode
 * @param {boolean} [corners]
 */
export function resized(x, [height, width], mode, corners = false) {
  if (!['nearest', 'bilinear', 'bicubic'].includes(mode))
    throw new InputError(`The mode "${mode}" is unknown; there are nearest, bilinear and bicubic.`, {
      code: 'bad_option',
      field: 'mode',
    });
  const [h, w] = x.dims.slice(-2),
    { data } = x.to('float64'),
    rows = taps(h, height, mode, corners),
    columns = taps(w, width, mode, corners),
    out = [];
  for (let plane = 0; plane < data.length; plane += h * w)
    for (const row of rows)
      for (const column of columns) {
        let sum = 0;
        for (const [y, weight] of row) for (const [c, other] of column) sum += weight * other * data[plane + y * w + c];
        out.push(sum);
      }
  // A bicubic curve goes beyond its values: bytes are clamped, other whole numbers only rounded.
  const { type } = x,
    fitting = type === 'uint8' ? Uint8ClampedArray.from(out) : /^float/.test(type) ? out : out.map(Math.round);
  return new Tensor(type, fitting, [...x.dims.slice(0, -2), height, width]);
}
/**
 * Channels [C, H, W] in another size.
 * @param {Tensor} x
 * @param {[number, number]} size height and width
 */
export const interpolate = (x, size, mode = 'bilinear', align_corners = false) =>
  resized(x, size, mode, align_corners).view(x.dims.at(-3) ?? 1, ...size);
