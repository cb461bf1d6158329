// What the callable tokenizer answers: input_ids and what goes with them, ready for a model; words, characters and
// tokens of each text are looked up when asked for.

import { Tensor } from '../../tensor/tensor.js';

/** @typedef {import('./encoding.js').Encoding} Encoding */

/**
 * int64 without a BigInt per value: the low halves of 64-bit integers that are not negative.
 * @param {ArrayLike<number>} values
 * @param {number[]} dims
 */
export function int64(values, dims) {
  const halves = new Int32Array(values.length * 2);
  for (let i = 0; i < values.length; i++) halves[2 * i] = values[i];
  return new Tensor('int64', new BigInt64Array(halves.buffer), dims);
}

export class BatchEncoding {
  /** @type {() => Encoding[]} */ #detailed;
  /** @type {Encoding[] | null} */ #rows = null;

  /**
   * @param {Record<string, any>} inputs
   * @param {() => Encoding[]} detailed the same batch again with all details, row by row
   */
  constructor(inputs, detailed) {
    this.#detailed = detailed;
    Object.assign(this, inputs);
  }

  /** @returns {Encoding[]} one per row */
  get encodings() {
    return (this.#rows ??= this.#detailed());
  }
  /**
   * Tokens of a row.
   * @param {number} [row]
   */
  tokens(row = 0) {
    return this.encodings[row].tokens;
  }
  /**
   * Word of each token, null where there is none.
   * @param {number} [row]
   * @returns {(number | null)[]}
   */
  word_ids(row = 0) {
    return Array.from(this.encodings[row].word_ids, (w) => (w < 0 ? null : w));
  }
  /**
   * Which text each token is from: 0, 1 or null.
   * @param {number} [row]
   * @returns {(number | null)[]}
   */
  sequence_ids(row = 0) {
    return Array.from(this.encodings[row].sequence_ids, (s) => (s < 0 ? null : s));
  }
  /**
   * @param {number} row
   * @param {number} position
   * @param {number} [sequence]
   */
  char_to_token(row, position, sequence = 0) {
    return this.encodings[row].char_to_token(position, sequence);
  }
  /**
   * @param {number} row
   * @param {number} token
   */
  token_to_chars(row, token) {
    return this.encodings[row].token_to_chars(token);
  }
  /**
   * @param {number} row
   * @param {number} token
   */
  token_to_word(row, token) {
    return this.encodings[row].token_to_word(token);
  }
  /**
   * @param {number} row
   * @param {number} word
   * @param {number} [sequence]
   */
  word_to_tokens(row, word, sequence = 0) {
    return this.encodings[row].word_to_tokens(word, sequence);
  }
  /**
   * @param {number} row
   * @param {number} word
   * @param {number} [sequence]
   */
  word_to_chars(row, word, sequence = 0) {
    return this.encodings[row].word_to_chars(word, sequence);
  }
  /**
   * @param {number} row
   * @param {number} position
   * @param {number} [sequence]
   */
  char_to_word(row, position, sequence = 0) {
    return this.encodings[row].char_to_word(position, sequence);
  }
}
