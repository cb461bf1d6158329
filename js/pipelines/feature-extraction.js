// Embeddings: the model's hidden states, or one pooled vector per text.

import { InputError } from '../errors.js';
import { quantize_embeddings } from '../tensor/tensor-functions.js';
import { Tensor } from '../tensor/tensor.js';
import { checkOptions } from '../utils/options.js';
import { Pipeline, listOf } from './pipeline.js';

/**
 * Hidden states of one text, [T, H], to one vector.
 * @type {Record<string, (x: Float32Array, t: number, h: number) => Float32Array>}
 */
const POOL = {
  mean(x, t, h) {
    const out = new Float32Array(h);
    for (let i = 0; i < t; i++) for (let k = 0; k < h; k++) out[k] += x[i * h + k];
    return out.map((v) => v / t);
  },
  max(x, t, h) {
    const out = x.slice(0, h);
    for (let i = 1; i < t; i++) for (let k = 0; k < h; k++) if (x[i * h + k] > out[k]) out[k] = x[i * h + k];
    return out;
  },
  cls: (x, t, h) => x.slice(0, h),
  last_token: (x, t, h) => x.slice((t - 1) * h, t * h),
};
POOL.first_token = POOL.cls;
POOL.eos = POOL.last_token;

/** @param {Float32Array} v */
function toUnitLength(v) {
  let sum = 0;
  for (const x of v) sum += x * x;
  const scale = 1 / Math.max(Math.sqrt(sum), 1e-12);
  for (let i = 0; i < v.length; i++) v[i] *= scale;
}

/**
 * 8-bit embeddings of unit vectors: ±1 becomes ±127 (int8) or 0…255 (uint8). One scale for all makes them comparable.
 * @param {Tensor} x
 * @param {'int8' | 'uint8'} precision
 */
function toBytes(x, precision) {
  const signed = precision === 'int8',
    out = signed ? new Int8Array(x.size) : new Uint8ClampedArray(x.size);
  for (let i = 0; i < out.length; i++) out[i] = Math.round(signed ? x.data[i] * 127 : (x.data[i] + 1) * 127.5);
  return new Tensor(precision, signed ? out : new Uint8Array(out.buffer), x.dims);
}

export class FeatureExtractionPipeline extends Pipeline {
  static task = 'feature-extraction';
  static aliases = ['embeddings'];
  static defaultModel = 'sentence-transformers/all-MiniLM-L6-v2';

  /**
   * @param {string | string[]} texts
   * @param {import('../types.js').FeatureExtractionOptions} [options]
   * @returns {Promise<Tensor>}
   */
  async _call(texts, options = {}) {
    checkOptions(options, 'pooling normalize dimensions quantize precision signal');
    const {
      pooling = 'none',
      normalize = false,
      dimensions,
      quantize = false,
      precision = quantize ? 'binary' : 'float32',
      signal,
    } = options;
    const [list] = listOf(texts);
    if (pooling !== 'none' && !Object.hasOwn(POOL, pooling)) {
      throw new InputError(`The pooling "${pooling}" is unknown; there are none, ${Object.keys(POOL).join(', ')}.`, {
        code: 'unknown_pooling',
        field: 'pooling',
      });
    }
    if (!['float32', 'int8', 'uint8', 'binary', 'ubinary'].includes(precision)) {
      throw new InputError(`The precision "${precision}" is unknown.`, {
        code: 'unknown_precision',
        field: 'precision',
      });
    }
    if (dimensions !== undefined && !(Number.isInteger(dimensions) && dimensions > 0)) throw badDimensions(dimensions);
    const { config } = this.model;
    const rows = this.encode(list),
      longest = list.reduce((n, _, i) => Math.max(n, rows.lengthOf(i)), 0);
    let h = config.hidden_size ?? config.dim ?? 0,
      size = dimensions ?? h;
    /** @type {Float32Array} */
    let out = new Float32Array(0);
    await this.run(
      rows,
      ({ last_hidden_state: { data, dims } }, at, row) => {
        const t = rows.lengthOf(row),
          from = at * dims[1] * dims[2];
        const own = data.subarray(from, from + t * dims[2]);
        if (!out.length) {
          // the first batch tells the sizes
          h = dims[2];
          size = dimensions ?? h;
          if (size > h) throw badDimensions(dimensions, h);
          out = new Float32Array(list.length * (pooling === 'none' ? longest * h : size));
        }
        if (pooling === 'none') {
          out.set(own, row * longest * h);
          return;
        }
        const vector = POOL[pooling](own, t, h).subarray(0, size);
        if (normalize || precision.endsWith('int8')) toUnitLength(vector);
        out.set(vector, row * size);
      },
      { signal },
    );

    if (pooling === 'none') {
      const tensor = new Tensor('float32', out, [list.length, longest, h]);
      return normalize ? tensor.normalize(2, -1) : tensor;
    }
    const tensor = new Tensor('float32', out, [list.length, size]);
    if (precision === 'binary' || precision === 'ubinary') return quantize_embeddings(tensor, precision);
    return precision === 'int8' || precision === 'uint8' ? toBytes(tensor, precision) : tensor;
  }
}

/**
 * @param {unknown} dimensions
 * @param {number} [h]
 */
const badDimensions = (dimensions, h) =>
  new InputError(
    `dimensions is ${dimensions}; it must be a whole number from 1 on` +
      (h ? `, and this model's vectors have ${h}.` : '.'),
    { code: 'bad_dimensions', field: 'dimensions' },
  );
