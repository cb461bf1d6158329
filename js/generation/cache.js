// A conversation's keys and values as a caller holds them, under Transformers.js' name. The engine keeps those of one
// text; others wait as bytes (engines/caller-caches.js). What was lost is computed anew, so a cache changes no result.

import { InputError } from '../errors.js';

export class DynamicCache {
  /** @param {Uint8Array | null} [saved] what save() gave, for the same model */
  constructor(saved = null) {
    const bytes = saved instanceof Uint8Array ? saved : null;
    if (!bytes && saved !== null && Object.keys(Object(saved)).length + Number(saved !== Object(saved))) {
      throw new InputError('A cache begins empty or with what save() gave.', {
        code: 'bad_cache',
        field: 'past_key_values',
      });
    }
    /**
     * For the engine. model: the EngineModel that the text was computed with; driver: what crops and saves it.
     * @type {{ model: object | null, driver: import('../engines/engine.js').CacheDriver | null, bytes: Uint8Array |
     *   null, tokens: number, disposed: boolean }}
     */
    this._state = { model: null, driver: null, bytes, tokens: 0, disposed: false };
  }
  /**
   * Tokens that it holds.
   * @returns {number}
   */
  get_seq_length() {
    return this._state.tokens;
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
    this._state = { model: null, driver: null, bytes: null, tokens: 0, disposed: true };
  }
}
