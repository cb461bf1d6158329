// A conversation's keys and values as a caller holds them, under Transformers.js' name. They lie in Wasm, one
// text's at a time; others are put aside as bytes (engines/wasm/decoder.js). What was lost is computed anew: a
// cache changes no result.

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
     * For the engine.
     * @type {{ engine: import('../engines/wasm/decoder.js').LanguageEngine | null, bytes: Uint8Array | null,
     *   tokens: number, disposed: boolean }}
     */
    this._state = { engine: null, bytes, tokens: 0, disposed: false };
  }
  /**
   * Tokens that it holds.
   * @returns {number}
   */
  get_seq_length() {
    return this._state.tokens;
  }
  #engine() {
    if (this._state.engine) return this._state.engine;
    throw new InputError('This cache holds nothing.', { code: 'empty_cache', field: 'past_key_values' });
  }
  /**
   * Keeps the first tokens only.
   * @param {number} tokens
   * @returns {Promise<void>}
   */
  async crop(tokens) {
    await this.#engine().cropCache(tokens, this);
  }
  /** @returns {Promise<Uint8Array>} */
  async save() {
    return this._state.bytes?.slice() ?? this.#engine().saveCache(this);
  }
  async dispose() {
    this._state = { engine: null, bytes: null, tokens: 0, disposed: true };
  }
}
