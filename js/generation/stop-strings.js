// Texts that end a row, wherever tokens cut them: each row is decoded as it grows, and only what a stop could still begin in
// is kept. As in transformers' StopStringCriteria the stop stays in the output, with the rest of the token that ended it.

import { InputError } from '../errors.js';
import { Continuation } from './continuation.js';

export class StopStrings {
  /** @type {{ text: Continuation, tail: string }[]} */ #rows;
  /** @type {string[]} */ #stops;
  #longest;

  /**
   * @param {import('./continuation.js').Decoding} tokenizer
   * @param {string | string[]} stops
   * @param {ArrayLike<number>[]} prompts the rows so far: what a stop begins in them does not count, but tokens are decoded behind them
   */
  constructor(tokenizer, stops, prompts) {
    this.#stops = [stops].flat();
    if (this.#stops.some((stop) => typeof stop !== 'string' || !stop)) throw new InputError('stop_strings must be a text or several, none of them empty.', { code: 'bad_option', field: 'stop_strings' });
    this.#longest = Math.max(...this.#stops.map((stop) => stop.length));
    const options = { skip_special_tokens: false, clean_up_tokenization_spaces: false };
    this.#rows = prompts.map((ids) => ({ text: new Continuation(tokenizer, ids, options), tail: '' }));
  }

  /** @param {number} row @param {number} token the row's next @returns {string | null} the stop that this token ended */
  push(row, token) {
    const state = this.#rows[row], fresh = state.text.push(token);
    if (!fresh) return null;
    const text = state.tail + fresh;
    state.tail = this.#longest > 1 ? text.slice(-(this.#longest - 1)) : '';
    let first = null, at = Infinity;
    for (const stop of this.#stops) {
      const found = text.indexOf(stop);
      if (found >= 0 && found < at) [first, at] = [stop, found];
    }
    return first;
  }

  dispose() {
    for (const { text } of this.#rows) text.dispose();
    this.#rows = [];
  }
}
