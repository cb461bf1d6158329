// Texts that end a row, wherever tokens cut them: each row is decoded as it grows, and only what a stop could still begin in
// is kept. As in transformers' StopStringCriteria the stop stays in the output, with the rest of the token that ended it.

import { InputError } from '../errors.js';
import { Continuation } from './continuation.js';

/** Tokens that are decoded in front of a text, so that it begins as it does in the whole. */
const FRONT = 16;

export class StopStrings {
  /** @type {{ text: Continuation, tail: string }[]} */ #rows;
  /** @type {string[]} */ #stops;
  #longest; #tokenizer;

  /**
   * @param {import('./continuation.js').Decoding} tokenizer
   * @param {string | string[]} stops
   * @param {ArrayLike<number>[]} prompts the rows so far: what a stop begins in them does not count, but tokens are decoded behind them
   */
  constructor(tokenizer, stops, prompts) {
    this.#tokenizer = tokenizer;
    this.#stops = [stops].flat();
    if (this.#stops.some((stop) => typeof stop !== 'string' || !stop)) throw new InputError('stop_strings must be a text or several, none of them empty.', { code: 'bad_option', field: 'stop_strings' });
    this.#longest = Math.max(...this.#stops.map((stop) => stop.length));
    this.#rows = prompts.map((ids) => ({ text: this.#behind(ids), tail: '' }));
  }

  /** @param {ArrayLike<number>} ids */
  #behind(ids) { return new Continuation(this.#tokenizer, ids, { skip_special_tokens: false, clean_up_tokenization_spaces: false }); }

  /** @param {number} row @param {number} token the row's next @returns {string | null} the stop that this token ended */
  push(row, token) {
    const state = this.#rows[row], fresh = state.text.push(token);
    if (!fresh) return null;
    const text = state.tail + fresh;
    state.tail = this.#tailOf(text);
    return this.#firstIn(text);
  }

  /** Whether the last of a prompt's new tokens ends a stop: for texts that come and go, as beams do. @param {Int32Array} prompt @param {Int32Array} tokens @returns {string | null} */
  endedBy(prompt, tokens) {
    // What a stop may lie in (a character has four bytes, each perhaps a token), and some text in front of it.
    const last = tokens.length - 1, from = Math.max(0, last - 4 * this.#longest), before = from ? tokens.subarray(Math.max(0, from - FRONT), from) : prompt.subarray(-FRONT);
    const text = this.#behind(before);
    try {
      const tail = this.#tailOf(text.push(tokens.subarray(from, last))), fresh = text.push(tokens[last]);
      return fresh ? this.#firstIn(tail + fresh) : null;
    } finally {
      text.dispose();
    }
  }

  /** What a stop may begin in. @param {string} text */
  #tailOf(text) { return this.#longest > 1 ? text.slice(-(this.#longest - 1)) : ''; }

  /** @param {string} text @returns {string | null} */
  #firstIn(text) {
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
