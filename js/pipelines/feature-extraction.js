// Embeddings: the model's hidden states, pooled to a vector per text where asked for.

import { InputError } from '../errors.js';
import { Tensor, quantize_embeddings } from '../utils/tensor.js';
import { Pipeline, listOf } from './pipeline.js';

/**
 * @typedef {'none' | 'mean' | 'cls' | 'first_token' | 'eos' | 'last_token' | 'max'} Pooling
 * @typedef {{
 *   pooling?: Pooling, normalize?: boolean, dimensions?: number, quantize?: boolean,
 *   precision?: 'float32' | 'int8' | 'uint8' | 'binary' | 'ubinary', signal?: AbortSignal,
 * }} FeatureExtractionOptions
 */

/** Hidden states of one text, [T, H], to one vector. @type {Record<string, (x: Float32Array, t: number, h: number) => Float32Array>} */
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

/** 8-bit embeddings of unit vectors: ±1 becomes ±127 (int8) or 0…255 (uint8), one scale for all, so that they compare. @param {Tensor} x @param {'int8' | 'uint8'} precision */
function toBytes(x, precision) {
  const int8 = precision === 'int8';
  const data = (int8 ? Int8Array : Uint8Array).from(x.data, (/** @type {number} */ v) => Math.max(int8 ? -127 : 0, Math.min(int8 ? 127 : 255, Math.round(int8 ? v * 127 : (v + 1) * 127.5))));
  return new Tensor(precision, data, x.dims);
}

export class FeatureExtractionPipeline extends Pipeline {
  /**
   * @param {string | string[]} texts
   * @param {FeatureExtractionOptions} [options] pooling 'none' (default) gives [B, T, H], zeros behind shorter texts;
   *   every other one [B, H] over the text's own tokens. dimensions cuts the vector (Matryoshka models) before it is
   *   normalized. quantize or precision: binary and ubinary give a bit, int8 and uint8 (of normalized vectors) a byte each.
   * @returns {Promise<Tensor>}
   */
  async _call(texts, { pooling = 'none', normalize = false, dimensions, quantize = false, precision = quantize ? 'binary' : 'float32', signal } = {}) {
    const [list] = listOf(texts);
    if (pooling !== 'none' && !Object.hasOwn(POOL, pooling)) {
      throw new InputError(`The pooling "${pooling}" is unknown; there are none, ${Object.keys(POOL).join(', ')}.`, { code: 'unknown_pooling', field: 'pooling' });
    }
    if (!['float32', 'int8', 'uint8', 'binary', 'ubinary'].includes(precision)) {
      throw new InputError(`The precision "${precision}" is unknown.`, { code: 'unknown_precision', field: 'precision' });
    }
    const rows = this.encode(list), lengths = list.map((_, i) => rows.lengthOf(i));
    const hidden = await this.outputs(rows, { signal }, 'last_hidden_state');
    const h = list.length ? hidden[0].length / lengths[0] : this.model.config.hidden_size ?? this.model.config.dim ?? 0;
    const size = dimensions ?? h;
    if (!Number.isInteger(size) || size < 1 || (h && size > h)) {
      throw new InputError(`dimensions is ${dimensions}; the model's vectors have ${h}.`, { code: 'bad_dimensions', field: 'dimensions' });
    }

    if (pooling === 'none') {
      const longest = Math.max(0, ...lengths), out = new Float32Array(list.length * longest * h);
      hidden.forEach((x, i) => out.set(x, i * longest * h));
      const tensor = new Tensor('float32', out, [list.length, longest, h]);
      return normalize ? tensor.normalize(2, -1) : tensor;
    }
    const out = new Float32Array(list.length * size);
    hidden.forEach((x, i) => {
      const v = POOL[pooling](x, lengths[i], h).subarray(0, size);
      if (normalize || precision.endsWith('int8')) toUnitLength(v);
      out.set(v, i * size);
    });
    const tensor = new Tensor('float32', out, [list.length, size]);
    if (precision === 'binary' || precision === 'ubinary') return quantize_embeddings(tensor, precision);
    return precision === 'float32' ? tensor : toBytes(tensor, /** @type {'int8' | 'uint8'} */ (precision));
  }
}
