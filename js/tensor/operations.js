// topk, slice, rfft and interpolate_4d (more-functions.js), loaded with the first call. It imports nothing: what it
// needs of the library comes as the first argument, so that a bundler's chunk of it waits for no other.

/**
 * @typedef {import('./tensor.js').Tensor} Tensor
 *
 * @typedef {object} Library
 * @property {typeof import('../errors.js').InputError} InputError
 * @property {typeof import('./tensor.js').Tensor} Tensor
 * @property {typeof import('./tensor.js').axis} axis
 * @property {typeof import('./resample.js').resized} resized
 */

const product = (/** @type {number[]} */ dims) => dims.reduce((a, b) => a * b, 1);

/**
 * @param {Library} library
 * @param {string} message
 * @param {string} field
 */
const wrong = ({ InputError }, message, field) => new InputError(message, { code: 'bad_option', field });

/**
 * Places of the k largest values of a row, best first; NaN counts as the largest, as in PyTorch.
 * @param {ArrayLike<number | bigint>} row
 * @param {number} k
 */
function largest(row, k) {
  const no = Number.isNaN,
    above = (/** @type {number | bigint} */ a, /** @type {number | bigint} */ b) => a > b || (no(a) && !no(b));
  return Array.from(row, (_, i) => i)
    .sort((a, b) => (above(row[a], row[b]) ? -1 : above(row[b], row[a]) ? 1 : a - b))
    .slice(0, k);
}

/**
 * The k largest values along the last dimension, best first, and their places (int64). null: all. Of an array of
 * numbers an array of the same kind, and an array of places.
 * @param {Library} library
 * @param {any} x any: a Tensor, or an array of numbers
 * @param {number | null} [k]
 */
export function topk(library, x, k = null) {
  if (k !== null && !(Number.isInteger(k) && k >= 0)) throw wrong(library, `topk takes a whole number, not ${k}.`, 'k');
  const { Tensor } = library;
  if (!(x instanceof Tensor)) {
    const places = largest(x, k ?? Infinity);
    return Array.isArray(x)
      ? [places.map((i) => x[i]), places]
      : [x.constructor.from(places, (/** @type {number} */ i) => x[i]), Int32Array.from(places)];
  }
  const { type, data, dims } = x,
    width = dims.at(-1) ?? 1,
    count = Math.min(k ?? width, width),
    before = dims.slice(0, -1),
    rows = product(before),
    all = Array.from({ length: rows }, (_, row) =>
      largest(data.slice(row * width, (row + 1) * width), count).map((place) => row * width + place),
    ).flat(),
    to = dims.length ? [...before, count] : [];
  return [
    new Tensor(
      type,
      all.map((i) => data[i]),
      to,
    ),
    new Tensor(
      'int64',
      all.map((i) => i % width),
      to,
    ),
  ];
}

/**
 * Places that Python's slice(start, end, step) takes of n.
 * @param {number} n
 * @param {number} start
 * @param {number} end
 * @param {number} step
 */
function placesOf(n, start, end, step) {
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1],
    bound = (/** @type {number} */ at) => Math.max(low, Math.min(high, at < 0 ? at + n : at)),
    from = bound(start),
    count = Math.max(0, Math.ceil((bound(end) - from) / step));
  return Array.from({ length: count }, (_, i) => from + i * step);
}

/**
 * Ranges of some axes, with steps, as ONNX and numpy take them: negative numbers count from the end.
 * @param {Library} library
 * @param {Tensor} x
 * @param {number[]} starts
 * @param {number[]} ends not included
 * @param {number[]} [axes] none: the first ones
 * @param {number[]} [steps] none: 1
 */
export function slice(library, x, starts, ends, axes = starts.map((_, i) => i), steps = starts.map(() => 1)) {
  if ([ends, axes, steps].some(({ length }) => length !== starts.length))
    throw wrong(library, 'slice takes as many ends, axes and steps as starts.', 'ends');
  if (steps.includes(0)) throw wrong(library, 'A step of slice cannot be 0.', 'steps');
  const { type, data, dims } = x,
    places = dims.map((n) => Array.from({ length: n }, (_, i) => i));
  starts.forEach((start, i) => {
    const d = library.axis(axes[i], dims.length);
    places[d] = placesOf(dims[d], start, ends[i], steps[i]);
  });
  let at = [0];
  places.forEach((own, d) => {
    const stride = product(dims.slice(d + 1));
    at = at.flatMap((base) => own.map((place) => base + place * stride));
  });
  return new library.Tensor(
    type,
    at.map((i) => data[i]),
    places.map((own) => own.length),
  );
}

/**
 * The discrete Fourier transform by the smallest factor of n (Cooley and Tukey, 1965).
 * @param {Float64Array} re
 * @param {Float64Array} im
 * @returns {[Float64Array, Float64Array]}
 */
function transform(re, im) {
  const n = re.length,
    out = /** @type {[Float64Array, Float64Array]} */ ([new Float64Array(n), new Float64Array(n)]);
  if (n === 1) return [re, im];
  let p = 2;
  while (n % p && p * p <= n) p++;
  if (n % p) p = n;
  const m = n / p,
    every = (/** @type {Float64Array} */ x, /** @type {number} */ r) => x.filter((_, i) => i % p === r),
    parts = Array.from({ length: p }, (_, r) => transform(every(re, r), every(im, r)));
  for (let k = 0; k < n; k++) {
    for (let r = 0; r < p; r++) {
      const angle = (-2 * Math.PI * ((k * r) % n)) / n,
        [a, b] = [parts[r][0][k % m], parts[r][1][k % m]];
      out[0][k] += a * Math.cos(angle) - b * Math.sin(angle);
      out[1][k] += a * Math.sin(angle) + b * Math.cos(angle);
    }
  }
  return out;
}

/**
 * The Fourier transform of real numbers along a dimension: [.., n, ..] → [.., n / 2 + 1, .., 2], real and imaginary.
 * @param {Library} library
 * @param {Tensor} x
 * @param {Tensor | number} [dim] the last
 */
export function rfft({ Tensor, axis }, x, dim = -1) {
  const { data, dims, type } = x,
    at = axis(Number(dim instanceof Tensor ? dim.item() : dim), dims.length),
    n = dims[at],
    half = Math.floor(n / 2) + 1,
    inner = product(dims.slice(at + 1)),
    outer = product(dims.slice(0, at)),
    out = new Float64Array(outer * half * inner * 2);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const row = Float64Array.from({ length: n }, (_, j) => Number(data[(o * n + j) * inner + i])),
        [re, im] = transform(row, new Float64Array(n));
      for (let k = 0; k < half; k++) out.set([re[k], im[k]], ((o * half + k) * inner + i) * 2);
    }
  }
  const to = dims.map((d, i) => (i === at ? half : d));
  return new Tensor(type === 'float64' ? type : 'float32', out, [...to, 2]);
}

/**
 * Planes [B, C, H, W] in another size.
 * @param {Library} library
 * @param {Tensor} x
 * @param {{ size?: number[] | null, mode?: string }} [options] size: [H, W], or with the sizes before them
 */
export function interpolate_4d(library, x, { size = null, mode = 'bilinear' } = {}) {
  if (x.dims.length !== 4)
    throw new library.InputError(`interpolate_4d takes a tensor of 4 dimensions, not [${x.dims}].`, {
      code: 'shape_mismatch',
    });
  const before = size?.slice(0, -2) ?? [];
  if (!size || size.length < 2 || size.length > 4 || before.some((n, i) => n !== x.dims[i + 2 - before.length]))
    throw wrong(library, `interpolate_4d takes size as [height, width], not [${size}] of [${x.dims}].`, 'size');
  return library.resized(x, size.slice(-2), mode);
}
