// A conversation's keys and values as a caller holds them, under Transformers.js' name. The engine keeps those of one
// text; others wait as bytes (engines/caller-caches.js). What was lost is computed anew, so a cache changes no result.
// Keys and values can be read by name (past_key_values.0.key). A caller may also keep tensors of their own in it by
// name; they are no part of generate()'s.

import { InputError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';

export class DynamicCache {
  /**
   * For the engine. model: the EngineModel that the text was computed with; driver: what crops and saves it; own:
   * whether it has tensors of the caller's.
   * @type {{ model: object | null, driver: import('../engines/engine.js').CacheDriver | null, bytes: Uint8Array |
   *   null, tokens: number, disposed: boolean, own: boolean }}
   */
  _state = { model: null, driver: null, bytes: null, tokens: 0, disposed: false, own: false };

  /** @param {Uint8Array | Record<string, Tensor> | null} [saved] what save() gave, for the same model; or tensors */
  constructor(saved = null) {
    Object.defineProperty(this, '_state', { enumerable: false }); // for … in lists tensors only
    if (saved instanceof Uint8Array) this._state.bytes = saved;
    else if (saved !== null) this.update(saved);
  }
  /**
   * Sets tensors by their names.
   * @param {Record<string, Tensor>} entries "past_key_values.0.key", …
   */
  update(entries) {
    const list = Object.entries(Object(entries));
    if (
      entries !== Object(entries) ||
      !list.every(([name, x]) => x instanceof Tensor && !(name in DynamicCache.prototype))
    )
      throw new InputError('A cache begins empty, with what save() gave, or with tensors by name.', {
        code: 'bad_cache',
        field: 'past_key_values',
      });
    for (const [name, value] of list) {
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
      this._state.own = true;
    }
  }
  /**
   * Tokens that it holds.
   * @returns {number}
   */
  get_seq_length() {
    const { own, tokens } = this._state,
      name = own && Object.keys(this).find((one) => one.startsWith('past_key_values.'));
    return (name && /** @type {any} */ (this)[name].dims.at(-2)) || tokens; // any: the caller's own tensor
  }
  #driver() {
    if (this._state.driver) return this._state.driver;
    throw new InputError('This cache holds nothing.', { code: 'empty_cache', field: 'past_key_values' });
  }
  /**
   * Keeps the first tokens only.
   * @param {number} tokens
   * @returns {Promise<void>}
   */
  async crop(tokens) {
    if (!Number.isInteger(tokens) || tokens < 0)
      throw new InputError(`The cache can be cropped to a number of tokens, not ${tokens}.`, {
        code: 'bad_option',
        field: 'tokens',
      });
    await this.#driver().cropCache(tokens, this);
  }
  /** @returns {Promise<Uint8Array>} */
  async save() {
    const bytes = this._state.bytes?.slice() ?? (await this.#driver().saveCache(this));
    if (bytes) return bytes;
    throw new InputError('This engine cannot save a cache.', { code: 'unsupported', field: 'past_key_values' });
  }
  async dispose() {
    Object.assign(this._state, { model: null, driver: null, bytes: null, tokens: 0, disposed: true });
  }
}
