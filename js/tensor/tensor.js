// Tensors: typed arrays with a shape, row-major. Names and results are Transformers.js'; every method is synchronous.
// They are for small work around a model. A model's own work is done by the engine.

import { InputError } from '../errors.js';

/**
 * @typedef {'float32'|'float64'|'int8'|'uint8'|'int16'|'uint16'|'int32'|'uint32'|'int64'|'uint64'|'bool'|'string'}
 *   DataType
 * @typedef {Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array
 *   | BigInt64Array | BigUint64Array | string[]} DataArray
 */

/** @type {Record<string, any>} any: constructors with different signatures */
export const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
  string: Array,
};

const BIG = new Set(['int64', 'uint64']);
/** @param {number | bigint} v */
const toBig = (v) => (typeof v === 'bigint' ? v : BigInt(Math.trunc(v)));

export const product = (/** @type {number[]} */ dims) => dims.reduce((a, b) => a * b, 1);

/**
 * @param {number} dim
 * @param {number} rank
 */
export function axis(dim, rank) {
  const d = dim < 0 ? dim + rank : dim;
  if (!Number.isInteger(d) || d < 0 || d >= rank)
    throw new InputError(`There is no dimension ${dim} in a tensor of ${rank} dimensions.`, { code: 'bad_dimension' });
  return d;
}

export class Tensor {
  /**
   * @param {DataType} type
   * @param {any} data typed array of that type, or an array of numbers (bigints for 64-bit integers). any: checked here
   * @param {number[]} dims
   */
  constructor(type, data, dims) {
    const Type = ARRAYS[type];
    if (!Type) throw new InputError(`The tensor type "${type}" is unknown.`, { code: 'unknown_type' });
    /** @type {DataType} */
    this.type = type;
    /** @type {any} any: its kind depends on the tensor's type */
    this.data = data instanceof Type ? data : BIG.has(type) ? Type.from(data, toBig) : Type.from(data);
    /** @type {number[]} */
    this.dims = [...dims];
    if (product(this.dims) !== this.data.length || !this.dims.every((d) => Number.isInteger(d) && d >= 0)) {
      throw new InputError(`A tensor of shape [${dims}] needs ${product(this.dims)} values, not ${this.data.length}.`, {
        code: 'shape_mismatch',
      });
    }
  }

  get size() {
    return this.data.length;
  }
  get location() {
    return 'cpu';
  }
  dispose() {}

  /** The value of a tensor that has exactly one. */
  item() {
    if (this.size !== 1)
      throw new InputError(`item() needs a tensor of one value, this one has ${this.size}.`, { code: 'not_scalar' });
    return this.data[0];
  }
  /**
   * Nested arrays.
   * @returns {any} any: as deep as the tensor has dimensions
   */
  tolist() {
    /**
     * @param {number} d
     * @param {number} at
     * @returns {any} any: the same
     */
    const nest = (d, at) => {
      if (d === this.dims.length) return this.data[at];
      const step = product(this.dims.slice(d + 1));
      return Array.from({ length: this.dims[d] }, (_, i) => nest(d + 1, at + i * step));
    };
    return nest(0, 0);
  }
  clone() {
    return new Tensor(this.type, this.data.slice(), this.dims);
  }
  /** @param {DataType} type */
  to(type) {
    if (type === this.type) return this;
    if (!ARRAYS[type]) throw new InputError(`The tensor type "${type}" is unknown.`, { code: 'unknown_type' });
    const data = BIG.has(type)
      ? this.data
      : type === 'string'
        ? Array.from(this.data, String)
        : ARRAYS[type].from(this.data, Number);
    return new Tensor(type, data, this.dims);
  }
  /** @param {...number} dims one may be -1 */
  view(...dims) {
    const open = dims.indexOf(-1);
    const filled =
      open < 0 ? dims : dims.map((d, i) => (i === open ? this.size / product(dims.filter((x) => x !== -1)) : d));
    return new Tensor(this.type, this.data, filled);
  }
  /** @param {...number} dims */
  reshape(...dims) {
    return this.view(...dims);
  }
  flatten(start = 0, end = -1) {
    const r = this.dims.length,
      s = axis(start, r),
      e = axis(end, r);
    return this.view(...this.dims.slice(0, s), product(this.dims.slice(s, e + 1)), ...this.dims.slice(e + 1));
  }
  /** @param {number | number[] | null} [dim] */
  squeeze(dim = null) {
    const gone = dim === null ? null : (Array.isArray(dim) ? dim : [dim]).map((d) => axis(d, this.dims.length));
    return new Tensor(
      this.type,
      this.data,
      this.dims.filter((d, i) => d !== 1 || (gone && !gone.includes(i))),
    );
  }
  unsqueeze(dim = 0) {
    const d = axis(dim, this.dims.length + 1);
    return new Tensor(this.type, this.data, [...this.dims.slice(0, d), 1, ...this.dims.slice(d)]);
  }

  /**
   * Part of the tensor. For each dimension: null takes all, a number takes that index and removes the dimension,
   * [from, to] takes a range (negative: counted from the end; null: to the end).
   * @param {...(number | [number | null, number | null] | null)} ranges
   */
  slice(...ranges) {
    const starts = /** @type {number[]} */ ([]),
      lengths = /** @type {number[]} */ ([]),
      dims = /** @type {number[]} */ ([]);
    this.dims.forEach((size, d) => {
      const range = ranges[d] ?? null;
      if (typeof range === 'number') {
        const at = range < 0 ? range + size : range;
        if (!(at >= 0 && at < size))
          throw new InputError(`Index ${range} is outside of dimension ${d} of size ${size}.`, {
            code: 'out_of_range',
          });
        starts.push(at);
        lengths.push(1);
        return;
      }
      let [from, to] = range ?? [0, size];
      from ??= 0;
      to ??= size;
      from = Math.max(0, Math.min(size, from < 0 ? from + size : from));
      to = Math.max(from, Math.min(size, to < 0 ? to + size : to));
      starts.push(from);
      lengths.push(to - from);
      dims.push(to - from);
    });
    const strides = this.dims.map((_, d) => product(this.dims.slice(d + 1)));
    // After the last dimension that is cut, the values are contiguous.
    let last = lengths.length - 1;
    while (last > 0 && lengths[last] === this.dims[last]) last--;
    /** @type {any[]} any: typed arrays of the tensor's type */
    const pieces = [];
    /**
     * @param {number} d
     * @param {number} at
     */
    const walk = (d, at) => {
      if (d < last) for (let i = 0; i < lengths[d]; i++) walk(d + 1, at + (starts[d] + i) * strides[d]);
      else
        pieces.push(
          this.data.slice(
            at + (starts[d] ?? 0) * (strides[d] ?? 1),
            at + (starts[d] ?? 0) * (strides[d] ?? 1) + (lengths[d] ?? 1) * (strides[d] ?? 1),
          ),
        );
    };
    walk(0, 0);
    if (pieces.length === 1) return new Tensor(this.type, pieces[0], dims);
    const out = new ARRAYS[this.type](product(lengths));
    let n = 0;
    for (const piece of pieces) for (let i = 0; i < piece.length; i++) out[n++] = piece[i];
    return new Tensor(this.type, out, dims);
  }

  /** @param {...number} order */
  permute(...order) {
    const axes = order.flat().map((d) => axis(d, this.dims.length));
    if (new Set(axes).size !== this.dims.length || axes.length !== this.dims.length)
      throw new InputError(`permute takes each dimension of [${this.dims}] once, not ${order}.`, {
        code: 'bad_dimension',
      });
    const dims = axes.map((d) => this.dims[d]),
      strides = this.dims.map((_, d) => product(this.dims.slice(d + 1)));
    const out = new ARRAYS[this.type](this.size);
    const index = dims.map(() => 0);
    for (let i = 0; i < out.length; i++) {
      let at = 0;
      for (let d = 0; d < axes.length; d++) at += index[d] * strides[axes[d]];
      out[i] = this.data[at];
      for (let d = axes.length - 1; d >= 0 && ++index[d] === dims[d]; d--) index[d] = 0;
    }
    return new Tensor(this.type, out, dims);
  }
  /** @param {...number} order */
  transpose(...order) {
    return this.permute(...order);
  }

  /** @param {(value: any, index: number) => any} f any: number or bigint, by the tensor's type */
  map(f) {
    return new Tensor(this.type, this.data.map(f), this.dims);
  }
  /**
   * Combines element by element with a number, or with a tensor that broadcasts.
   * @param {number | bigint | Tensor} other
   * @param {(a: any, b: any) => any} f any: number or bigint, by the tensor's type
   */
  #with(other, f) {
    if (!(other instanceof Tensor)) return this.map((v) => f(v, other));
    if (other.size === this.size && other.dims.length === this.dims.length)
      return this.map((v, i) => f(v, other.data[i]));
    const rank = Math.max(this.dims.length, other.dims.length);
    const pad = (/** @type {number[]} */ d) => [...Array(rank - d.length).fill(1), ...d];
    const a = pad(this.dims),
      b = pad(other.dims);
    const dims = a.map((n, d) => {
      if (n !== b[d] && n !== 1 && b[d] !== 1)
        throw new InputError(`Shapes [${this.dims}] and [${other.dims}] do not broadcast.`, { code: 'shape_mismatch' });
      return n === 1 ? b[d] : n;
    });
    const stride = (/** @type {number[]} */ d) => d.map((n, i) => (n === 1 ? 0 : product(d.slice(i + 1))));
    const sa = stride(a),
      sb = stride(b),
      out = new ARRAYS[this.type](product(dims));
    for (let i = 0; i < out.length; i++) {
      let rest = i,
        x = 0,
        y = 0;
      for (let d = rank - 1; d >= 0; d--) {
        const at = rest % dims[d];
        rest = (rest - at) / dims[d];
        x += at * sa[d];
        y += at * sb[d];
      }
      out[i] = f(this.data[x], other.data[y]);
    }
    return new Tensor(this.type, out, dims);
  }
  /** @param {number | bigint | Tensor} other */ add(other) {
    return this.#with(other, (a, b) => a + b);
  }
  /** @param {number | bigint | Tensor} other */ sub(other) {
    return this.#with(other, (a, b) => a - b);
  }
  /** @param {number | bigint | Tensor} other */ mul(other) {
    return this.#with(other, (a, b) => a * b);
  }
  /** @param {number | bigint | Tensor} other */ div(other) {
    return this.#with(other, (a, b) => a / b);
  }
  neg() {
    return this.map((v) => -v);
  }
  sigmoid() {
    return this.map((v) => 1 / (1 + Math.exp(-v)));
  }
  round() {
    return this.map(Math.round);
  }
  /**
   * @param {number} low
   * @param {number} high
   */
  clamp(low, high) {
    return this.map((v) => Math.min(Math.max(v, low), high));
  }
  /** @param {number} x */
  gt(x) {
    return new Tensor(
      'bool',
      Array.from(this.data, (v) => (v > x ? 1 : 0)),
      this.dims,
    );
  }
  /** @param {number} x */
  lt(x) {
    return new Tensor(
      'bool',
      Array.from(this.data, (v) => (v < x ? 1 : 0)),
      this.dims,
    );
  }

  /**
   * Reduces one dimension, or all of them.
   * @param {number | null} dim
   * @param {boolean} keepdim
   * @param {(values: Float64Array) => number} f
   */
  #fold(dim, keepdim, f) {
    if (dim === null) return new Tensor(this.type, [f(Float64Array.from(this.data, Number))], []);
    const d = axis(dim, this.dims.length),
      n = this.dims[d],
      inner = product(this.dims.slice(d + 1)),
      outer = product(this.dims.slice(0, d));
    const out = new ARRAYS[this.type](outer * inner),
      values = new Float64Array(n);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        for (let j = 0; j < n; j++) values[j] = Number(this.data[(o * n + j) * inner + i]);
        const v = f(values);
        out[o * inner + i] = typeof out[0] === 'bigint' ? BigInt(v) : v;
      }
    }
    return new Tensor(
      this.type,
      out,
      this.dims.flatMap((n, i) => (i !== d ? n : keepdim ? 1 : [])),
    );
  }
  /** @param {number | null} dim */
  sum(dim = null, keepdim = false) {
    return this.#fold(dim, keepdim, (v) => v.reduce((a, b) => a + b, 0));
  }
  /** @param {number | null} dim */
  mean(dim = null, keepdim = false) {
    return this.#fold(dim, keepdim, (v) => v.reduce((a, b) => a + b, 0) / v.length);
  }
  /** @param {number | null} dim */
  max(dim = null, keepdim = false) {
    return this.#fold(dim, keepdim, (v) => v.reduce((a, b) => Math.max(a, b), -Infinity));
  }
  /** @param {number | null} dim */
  min(dim = null, keepdim = false) {
    return this.#fold(dim, keepdim, (v) => v.reduce((a, b) => Math.min(a, b), Infinity));
  }
  /**
   * @param {number} p
   * @param {number | null} dim
   */
  norm(p = 2, dim = null, keepdim = false) {
    return this.#fold(dim, keepdim, (v) => v.reduce((a, b) => a + Math.abs(b) ** p, 0) ** (1 / p));
  }
  /** @param {number | null} dim */
  argmax(dim = null, keepdim = false) {
    return this.#fold(dim, keepdim, (v) => v.reduce((best, x, i) => (x > v[best] ? i : best), 0)).to('int64');
  }
  /** @param {number | null} dim */
  argmin(dim = null, keepdim = false) {
    return this.#fold(dim, keepdim, (v) => v.reduce((best, x, i) => (x < v[best] ? i : best), 0)).to('int64');
  }
  /** Scales the vectors along `dim` to length 1. */
  normalize(p = 2, dim = 1) {
    const length = this.norm(p, dim, true).map((v) => Math.max(v, 1e-12));
    return this.div(length);
  }
  /** @param {number} dim */
  softmax(dim = -1) {
    const e = this.sub(this.max(dim, true)).map(Math.exp);
    return e.div(e.sum(dim, true));
  }

  /** @param {number} [dim] */
  log_softmax(dim = -1) {
    const shifted = this.sub(this.max(dim, true));
    return shifted.sub(shifted.map(Math.exp).sum(dim, true).map(Math.log));
  }
  /** @param {number | bigint | Tensor} other */
  remainder(other) {
    return this.#with(other, (a, b) => ((a % b) + b) % b);
  }
  /**
   * Repeats the tensor along each dimension: [2, H].repeat(3, 1) is [6, H].
   * @param {...number} times one per dimension; further ones add dimensions in front
   */
  repeat(...times) {
    if (times.length < this.dims.length)
      throw new InputError('repeat() needs a number for each dimension.', { code: 'bad_dimension' });
    const old = [...Array(times.length - this.dims.length).fill(1), ...this.dims],
      dims = old.map((n, d) => n * times[d]);
    const out = new ARRAYS[this.type](product(dims));
    for (let i = 0; i < out.length; i++) {
      let rest = i,
        at = 0,
        stride = 1;
      for (let d = dims.length - 1; d >= 0; d--) {
        at += ((rest % dims[d]) % old[d]) * stride;
        stride *= old[d];
        rest = Math.floor(rest / dims[d]);
      }
      out[i] = this.data[at];
    }
    return new Tensor(this.type, out, dims);
  }
  /** @param {...number} times */
  tile(...times) {
    return this.repeat(...Array(Math.max(0, this.dims.length - times.length)).fill(1), ...times);
  }
  /** Steps in values from one index to the next of each dimension. */
  stride() {
    return this.dims.map((_, d) => product(this.dims.slice(d + 1)));
  }

  *[Symbol.iterator]() {
    for (let i = 0; i < (this.dims[0] ?? 0); i++) yield this.dims.length > 1 ? part(this, i) : this.data[i];
  }
}

/**
 * Row i as a view of the tensor's memory, where that is possible.
 * @param {Tensor} tensor
 * @param {number} i
 */
function part({ type, data, dims: [, ...dims] }, i) {
  const size = product(dims),
    cut = data.subarray && dims.length ? 'subarray' : 'slice';
  return new Tensor(type, data[cut](i * size, (i + 1) * size), dims);
}

// A method whose name ends in "_" changes the tensor itself, as in PyTorch.
const prototype = /** @type {any} any: methods are added */ (Tensor.prototype);
for (const name of [
  'add',
  'sub',
  'mul',
  'div',
  'neg',
  'map',
  'sigmoid',
  'round',
  'clamp',
  'remainder',
  'normalize',
  'squeeze',
  'unsqueeze',
  'flatten',
]) {
  prototype[name + '_'] = function (/** @type {unknown[]} */ ...args) {
    const { type, data, dims } = this[name](...args);
    return Object.assign(this, { type, data, dims });
  };
}

// tensor[i] is the i-th part along the first dimension. Only names that no tensor has reach this handler.
Object.setPrototypeOf(
  prototype,
  new Proxy(Object.prototype, {
    get(target, key, tensor) {
      if (typeof key !== 'string' || !/^\d+$/.test(key)) return Reflect.get(target, key, tensor);
      return Number(key) < (tensor.dims[0] ?? 0) ? part(tensor, Number(key)) : undefined;
    },
  }),
);
