// Which caller's DynamicCache (generation/cache.js) the one cache of a decoder belongs to. Before another caller's text
// is computed, the text of the first is saved as bytes, which its next call restores.

/**
 * @typedef {import('../generation/cache.js').DynamicCache} DynamicCache
 * @typedef {object} CacheStore the decoder's cache
 * @property {() => number} tokens that it holds
 * @property {() => Uint8Array | null | Promise<Uint8Array | null>} save null: there is no memory for the bytes
 * @property {(bytes: Uint8Array) => void | Promise<void>} restore
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
  async bring(cache, { tokens, save, restore }) {
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
  }
}
