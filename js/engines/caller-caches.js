// Which caller's DynamicCache (generation/cache.js) the one cache of a decoder belongs to. Before another caller's text
// is computed, the text of the first is saved as bytes, which its next call restores.

import { InputError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * @typedef {import('../generation/cache.js').DynamicCache} DynamicCache
 * @typedef {object} CacheStore the decoder's cache
 * @property {() => number} tokens that it holds
 * @property {() => Uint8Array | null | Promise<Uint8Array | null>} save null: there is no memory for the bytes
 * @property {(bytes: Uint8Array) => void | Promise<void>} restore
 * @property {number} [layers] that read() knows
 * @property {(tensor: number) => { data: Uint8Array, dims: ArrayLike<number> }} [read] the keys of layer tensor / 2,
 *   for an odd number its values: the bytes of f32 [rows, heads, tokens, head size]
 */

export class CallerCaches {
  /**
   * The cache whose text the decoder holds.
   * @type {WeakRef<DynamicCache> | null}
   */
  #current = null;
  #model;
  #driver;

  /**
   * @param {object} model the EngineModel that the caches belong to
   * @param {import('./engine.js').CacheDriver} driver what crops and saves them
   */
  constructor(model, driver) {
    this.#model = model;
    this.#driver = driver;
  }

  /** The decoder holds another text now. */
  forget() {
    this.#current = null;
  }

  /**
   * Makes a caller's cache the current one.
   * @param {DynamicCache | null} cache null: a call without one
   * @param {CacheStore} store
   */
  async bring(cache, store) {
    const { tokens, save, restore } = store;
    const other = this.#current?.deref();
    if (cache && other === cache) return;
    if (cache && other?._state.model === this.#model && tokens()) other._state.bytes = await save();
    this.#current = cache ? new WeakRef(cache) : null;
    if (!cache) return;
    const { bytes } = cache._state;
    if (bytes) await restore(bytes);
    Object.assign(cache._state, {
      model: this.#model,
      driver: this.#driver,
      bytes: null,
      tokens: bytes ? tokens() : cache._state.tokens,
    });
    this.#name(cache, store);
  }

  /**
   * Gives a cache's tensors the names that they have in Transformers.js. Each is read when it is asked for, from the
   * decoder that holds the text then.
   * @param {DynamicCache} cache
   * @param {CacheStore} store
   */
  #name(cache, { layers = 0, read }) {
    for (let i = 0; read && i < 2 * layers; i++) {
      const name = `past_key_values.${i >> 1}.${i % 2 ? 'value' : 'key'}`;
      Object.defineProperty(cache, name, {
        configurable: true,
        enumerable: true,
        get: () => {
          if (cache._state.disposed) return undefined;
          if (this.#current?.deref() !== cache)
            throw new InputError(
              "Another text took this cache's place. await cache.crop(cache.get_seq_length()) brings it back.",
              { code: 'cache_away', field: name },
            );
          const { data, dims } = read(i);
          return new Tensor('float32', new Float32Array(data.buffer), Array.from(dims));
        },
      });
    }
  }
}
