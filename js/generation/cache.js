// A conversation's keys and values as a caller holds them, under Transformers.js' name: passed to generate() as
// past_key_values it goes on from there. They lie in Wasm, one text's at a time; whoever uses several in turn has the
// others put aside as bytes (runtime/lm-engine.js). What was lost is computed anew: a cache changes no result.

import { InputError } from '../errors.js';

/** @typedef {import('../runtime/lm-engine.js').LanguageEngine} Engine */

export class DynamicCache {
  /** For the engine: the model that it is of, what is kept outside of Wasm, how many tokens there are. @type {{ engine: Engine | null, bytes: Uint8Array | null, tokens: number, disposed: boolean }} */
  _state;

  /** @param {Uint8Array | null} [saved] what save() gave, for the same model */
  constructor(saved = null) {
    if (saved !== null && !(saved instanceof Uint8Array) && (typeof saved !== 'object' || Object.keys(saved).length)) {
      throw new InputError('A cache begins empty, or with what save() gave; tensors of other engines are not taken.', { code: 'bad_cache', field: 'past_key_values' });
    }
    this._state = { engine: null, bytes: saved instanceof Uint8Array ? saved : null, tokens: 0, disposed: false };
  }

  /** Tokens that it holds. @returns {number} */
  get_seq_length() { return this._state.tokens; }

  /** @returns {Engine} */
  get #engine() {
    const { engine } = this._state;
    if (!engine) throw new InputError('This cache was not used yet.', { code: 'empty_cache', field: 'past_key_values' });
    return engine;
  }
  /** Keeps the first tokens only. @param {number} tokens @returns {Promise<void>} */
  async crop(tokens) { await this.#engine.cropCache(tokens, this); }
  /** As bytes, for new DynamicCache(bytes). @returns {Promise<Uint8Array>} */
  async save() { return this._state.bytes?.slice() ?? this.#engine.saveCache(this); }
  /** It cannot be used any more. */
  async dispose() { Object.assign(this._state, { engine: null, bytes: null, tokens: 0, disposed: true }); }
}

/** @param {unknown} cache what a caller passed @param {Engine} engine @returns {DynamicCache | null} */
export function checkedCache(cache, engine) {
  if (cache === null || cache === undefined) return null;
  const wrong = (/** @type {string} */ message, /** @type {string} */ code) => new InputError(message, { code, field: 'past_key_values' });
  if (!(cache instanceof DynamicCache)) throw wrong('past_key_values must be a DynamicCache: a new one, or what generate() gave.', 'bad_cache');
  if (cache._state.disposed) throw wrong('This cache was disposed of.', 'disposed_cache');
  if (cache._state.engine && cache._state.engine !== engine) throw wrong("This cache is another model's.", 'foreign_cache');
  return cache;
}
