// Tensors as the package gives them out: plain typed arrays with a shape. The names and results are Transformers.js';
// everything is synchronous and row-major. Heavy work belongs to the engine; these are for what surrounds it.

import { InputError } from '../errors.js';

/**
 * @typedef {'float32'|'float64'|'int8'|'uint8'|'int16'|'uint16'|'int32'|'uint32'|'int64'|'uint64'|'bool'|'string'} DataType
 * @typedef {Float32Array|Float64Array|Int8Array|Uint8Array|Int16Array|Uint16Array|Int32Array|Uint32Array|BigInt64Array|BigUint64Array|any[]} DataArray
 */

/** @type {Record<string, any>} */
const ARRAYS = {
  float32: Float32Array, float64: Float64Array, int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array,
  int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array, bool: Uint8Array, string: Array,
};

const product = (/** @type {number[]} */ dims) => dims.reduce((a, b) => a * b, 1);

/** @param {number} dim @param {number} rank */
function axis(dim, rank) {
  const d = dim < 0 ? dim + rank : dim;
  if (!Number.isInteger(d) || d < 0 || d >= rank) throw new InputError(`There is no dimension ${dim} in a tensor of ${rank} dimensions.`, { code: 'bad_dimension' });
  return d;
}

export class Tensor {
  /**
   * @param {DataType} type
   * @param {any} data typed array of that type, or an array of numbers (bigints for 64-bit integers)
   * @param {number[]} dims
   */
  constructor(type, data, dims) {
    const Type = ARRAYS[type];
    if (!Type) throw new InputError(`The tensor type "${type}" is unknown.`, { code: 'unknown_type' });
    /** @type {DataType} */
    this.type = type;
    /** @type {any} */
    this.data = data instanceof Type || (type === 'bool' && data instanceof Uint8Array) ? data : Type.from(data);
    /** @type {number[]} */
    this.dims = [...dims];
    if (product(this.dims) !== this.data.length) {
      throw new InputError(`A tensor of shape [${dims}] needs ${product(this.dims)} values, not ${this.data.length}.`, { code: 'shape_mismatch' });
    }
  }

  get size() { return this.data.length; }
  get location() { return 'cpu'; }
  dispose() {}

  /** The one value of a tensor that has just one. */
  item() {
    if (this.size !== 1) throw new InputError(`item() needs a tensor of one value, this one has ${this.size}.`, { code: 'not_scalar' });
    return this.data[0];
  }
  /** Nested arrays. @returns {any} */
  tolist() {
    /** @param {number} d @param {number} at @returns {any} */
    const nest = (d, at) => {
      if (d === this.dims.length) return this.data[at];
      const step = product(this.dims.slice(d + 1));
      return Array.from({ length: this.dims[d] }, (_, i) => nest(d + 1, at + i * step));
    };
    return nest(0, 0);
  }
  clone() { return new Tensor(this.type, this.data.slice(), this.dims); }
  /** @param {DataType} type */
  to(type) {
    if (type === this.type) return this;
    const big = type.endsWith('64') && type !== 'float64', from = typeof this.data[0] === 'bigint';
    const convert = big && !from ? (/** @type {any} */ v) => BigInt(Math.trunc(v)) : !big && from ? Number : (/** @type {any} */ v) => v;
    return new Tensor(type, ARRAYS[type].from(this.data, convert), this.dims);
  }
  /** @param {...number} dims one may be -1 */
  view(...dims) {
    const open = dims.indexOf(-1);
    const filled = open < 0 ? dims : dims.map((d, i) => (i === open ? this.size / product(dims.filter((x) => x !== -1)) : d));
    return new Tensor(this.type, this.data, filled);
  }
  /** @param {...number} dims */
  reshape(...dims) { return this.view(...dims); }
  flatten(start = 0, end = -1) {
    const r = this.dims.length, s = axis(start, r), e = axis(end, r);
    return this.view(...this.dims.slice(0, s), product(this.dims.slice(s, e + 1)), ...this.dims.slice(e + 1));
  }
  /** @param {number | number[] | null} [dim] */
  squeeze(dim = null) {
    const gone = dim === null ? null : (Array.isArray(dim) ? dim : [dim]).map((d) => axis(d, this.dims.length));
    return new Tensor(this.type, this.data, this.dims.filter((d, i) => d !== 1 || (gone && !gone.includes(i))));
  }
  unsqueeze(dim = 0) {
    const d = axis(dim, this.dims.length + 1);
    return new Tensor(this.type, this.data, [...this.dims.slice(0, d), 1, ...this.dims.slice(d)]);
  }

  /**
   * Part of the tensor: per dimension null (all), a number (that one, the dimension goes) or [from, to] (negative: from
   * the end; null: to the end).
   * @param {...(number | [number | null, number | null] | null)} ranges
   */
  slice(...ranges) {
    /** @type {number[]} */
    const starts = [], lengths = [], dims = [];
    this.dims.forEach((size, d) => {
      const range = ranges[d] ?? null;
      if (typeof range === 'number') {
        const at = range < 0 ? range + size : range;
        if (!(at >= 0 && at < size)) throw new InputError(`Index ${range} is outside of dimension ${d} of size ${size}.`, { code: 'out_of_range' });
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
    const out = new ARRAYS[this.type](product(lengths));
    let n = 0;
    const strides = this.dims.map((_, d) => product(this.dims.slice(d + 1)));
    /** @param {number} d @param {number} at */
    const copy = (d, at) => {
      for (let i = 0; i < lengths[d]; i++) {
        const here = at + (starts[d] + i) * strides[d];
        if (d === lengths.length - 1) out[n++] = this.data[here];
        else copy(d + 1, here);
      }
    };
    if (lengths.length && !lengths.includes(0)) copy(0, 0);
    else if (!lengths.length) out[0] = this.data[0];
    return new Tensor(this.type, out, dims);
  }

  /** @param {...number} order */
  permute(...order) {
    const axes = order.flat().map((d) => axis(d, this.dims.length));
    const dims = axes.map((d) => this.dims[d]), strides = this.dims.map((_, d) => product(this.dims.slice(d + 1)));
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
  transpose(...order) { return this.permute(...order); }

  /** @param {(value: any, index: number) => any} f */
  map(f) { return new Tensor(this.type, this.data.map(f), this.dims); }
  /** Element by element, with a number or a tensor that broadcasts. @param {number | bigint | Tensor} other @param {(a: any, b: any) => any} f */
  #with(other, f) {
    if (!(other instanceof Tensor)) return this.map((v) => f(v, other));
    if (other.size === this.size && other.dims.length === this.dims.length) return this.map((v, i) => f(v, other.data[i]));
    const rank = Math.max(this.dims.length, other.dims.length);
    const pad = (/** @type {number[]} */ d) => [...Array(rank - d.length).fill(1), ...d];
    const a = pad(this.dims), b = pad(other.dims);
    const dims = a.map((n, d) => {
      if (n !== b[d] && n !== 1 && b[d] !== 1) throw new InputError(`Shapes [${this.dims}] and [${other.dims}] do not broadcast.`, { code: 'shape_mismatch' });
      return n === 1 ? b[d] : n;
    });
    const stride = (/** @type {number[]} */ d) => d.map((n, i) => (n === 1 ? 0 : product(d.slice(i + 1))));
    const sa = stride(a), sb = stride(b), out = new ARRAYS[this.type](product(dims));
    for (let i = 0; i < out.length; i++) {
      let rest = i, x = 0, y = 0;
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
  /** @param {number | bigint | Tensor} other */ add(other) { return this.#with(other, (a, b) => a + b); }
  /** @param {number | bigint | Tensor} other */ sub(other) { return this.#with(other, (a, b) => a - b); }
  /** @param {number | bigint | Tensor} other */ mul(other) { return this.#with(other, (a, b) => a * b); }
  /** @param {number | bigint | Tensor} other */ div(other) { return this.#with(other, (a, b) => a / b); }
  neg() { return this.map((v) => -v); }
  sigmoid() { return this.map((v) => 1 / (1 + Math.exp(-v))); }
  round() { return this.map(Math.round); }
  /** @param {number} low @param {number} high */ clamp(low, high) { return this.map((v) => Math.min(Math.max(v, low), high)); }
  /** @param {number} x */ gt(x) { return new Tensor('bool', Array.from(this.data, (v) => (v > x ? 1 : 0)), this.dims); }
  /** @param {number} x */ lt(x) { return new Tensor('bool', Array.from(this.data, (v) => (v < x ? 1 : 0)), this.dims); }

  /** Folds one dimension, or all of them. @param {number | null} dim @param {boolean} keepdim @param {(values: Float64Array) => number} f */
  #fold(dim, keepdim, f) {
    if (dim === null) return new Tensor(this.type, [f(Float64Array.from(this.data, Number))], []);
    const d = axis(dim, this.dims.length), n = this.dims[d], inner = product(this.dims.slice(d + 1)), outer = product(this.dims.slice(0, d));
    const out = new ARRAYS[this.type](outer * inner), values = new Float64Array(n);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        for (let j = 0; j < n; j++) values[j] = Number(this.data[(o * n + j) * inner + i]);
        const v = f(values);
        out[o * inner + i] = typeof out[0] === 'bigint' ? BigInt(v) : v;
      }
    }
    return new Tensor(this.type, out, keepdim ? this.dims.with?.(d, 1) ?? Object.assign([...this.dims], { [d]: 1 }) : this.dims.filter((_, i) => i !== d));
  }
  /** @param {number | null} dim */ sum(dim = null, keepdim = false) { return this.#fold(dim, keepdim, (v) => v.reduce((a, b) => a + b, 0)); }
  /** @param {number | null} dim */ mean(dim = null, keepdim = false) { return this.#fold(dim, keepdim, (v) => v.reduce((a, b) => a + b, 0) / v.length); }
  /** @param {number | null} dim */ max(dim = null, keepdim = false) { return this.#fold(dim, keepdim, (v) => v.reduce((a, b) => Math.max(a, b), -Infinity)); }
  /** @param {number | null} dim */ min(dim = null, keepdim = false) { return this.#fold(dim, keepdim, (v) => v.reduce((a, b) => Math.min(a, b), Infinity)); }
  /** @param {number} p @param {number | null} dim */ norm(p = 2, dim = null, keepdim = false) { return this.#fold(dim, keepdim, (v) => v.reduce((a, b) => a + Math.abs(b) ** p, 0) ** (1 / p)); }
  /** @param {number | null} dim */ argmax(dim = null, keepdim = false) { return this.#fold(dim, keepdim, (v) => v.reduce((best, x, i) => (x > v[best] ? i : best), 0)).to('int64'); }
  /** @param {number | null} dim */ argmin(dim = null, keepdim = false) { return this.#fold(dim, keepdim, (v) => v.reduce((best, x, i) => (x < v[best] ? i : best), 0)).to('int64'); }
  /** Vectors along `dim` of length 1. */
  normalize(p = 2, dim = 1) {
    const length = this.norm(p, dim, true).map((v) => Math.max(v, 1e-12));
    return this.div(length);
  }
  /** @param {number} dim */
  softmax(dim = -1) {
    const e = this.sub(this.max(dim, true)).map(Math.exp);
    return e.div(e.sum(dim, true));
  }

  *[Symbol.iterator]() {
    for (let i = 0; i < (this.dims[0] ?? 0); i++) yield this.dims.length > 1 ? this.slice(i) : this.data[i];
  }
}

/** @param {Tensor[]} tensors */
export function cat(tensors, dim = 0) {
  const first = tensors[0], d = axis(dim, first.dims.length);
  const dims = first.dims.map((n, i) => (i === d ? tensors.reduce((s, t) => s + t.dims[d], 0) : n));
  const inner = product(first.dims.slice(d + 1)), outer = product(first.dims.slice(0, d));
  const out = new ARRAYS[first.type](product(dims));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const t of tensors) {
      if (t.dims.length !== dims.length || t.dims.some((n, i) => i !== d && n !== dims[i])) throw new InputError(`Shapes [${first.dims}] and [${t.dims}] cannot be joined along ${dim}.`, { code: 'shape_mismatch' });
      const n = t.dims[d] * inner;
      for (let i = 0; i < n; i++) out[at++] = t.data[o * n + i];
    }
  }
  return new Tensor(first.type, out, dims);
}
/** @param {Tensor[]} tensors */
export const stack = (tensors, dim = 0) => cat(tensors.map((t) => t.unsqueeze(dim)), dim);

/** @param {number[]} dims @param {any} value */
export const full = (dims, value) => new Tensor(typeof value === 'bigint' ? 'int64' : 'float32', new (typeof value === 'bigint' ? BigInt64Array : Float32Array)(product(dims)).fill(/** @type {never} */ (value)), dims);
/** @param {number[]} dims */ export const ones = (dims) => full(dims, 1n);
/** @param {number[]} dims */ export const zeros = (dims) => full(dims, 0n);

/** Means over the tokens that the mask shows: [B, T, H] with mask [B, T] → [B, H]. @param {Tensor} hidden @param {Tensor | { data: ArrayLike<number | bigint> }} mask */
export function mean_pooling(hidden, mask) {
  const [b, t, h] = hidden.dims, out = new Float32Array(b * h), { data } = hidden;
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

/** @param {Tensor} x [N, H] @param {number[]} shape [H] */
export function layer_norm(x, shape, { eps = 1e-5 } = {}) {
  const h = shape[0];
  if (x.dims.at(-1) !== h) throw new InputError(`layer_norm over ${h} values does not fit the shape [${x.dims}].`, { code: 'shape_mismatch' });
  const out = new Float32Array(x.size);
  for (let i = 0; i < x.size; i += h) {
    let mean = 0, variance = 0;
    for (let k = 0; k < h; k++) mean += x.data[i + k] / h;
    for (let k = 0; k < h; k++) variance += (x.data[i + k] - mean) ** 2 / h;
    for (let k = 0; k < h; k++) out[i + k] = (x.data[i + k] - mean) / Math.sqrt(variance + eps);
  }
  return new Tensor('float32', out, x.dims);
}

/** One bit per value: [B, H] → [B, H/8], the sign of each, most significant first. @param {Tensor} x @param {'binary' | 'ubinary'} precision */
export function quantize_embeddings(x, precision) {
  const [b, h] = x.dims;
  if (x.dims.length !== 2 || h % 8) throw new InputError(`Binary embeddings need the shape [batch, a multiple of 8], not [${x.dims}].`, { code: 'shape_mismatch' });
  if (precision !== 'binary' && precision !== 'ubinary') throw new InputError(`The precision "${precision}" is unknown; there are binary and ubinary.`, { code: 'unknown_precision', field: 'precision' });
  const signed = precision === 'binary', out = new (signed ? Int8Array : Uint8Array)((b * h) / 8);
  for (let i = 0; i < out.length; i++) {
    let byte = 0;
    for (let j = 0; j < 8; j++) byte |= (x.data[i * 8 + j] > 0 ? 1 : 0) << (7 - j);
    out[i] = signed ? byte - 128 : byte;
  }
  return new Tensor(signed ? 'int8' : 'uint8', out, [b, h / 8]);
}
