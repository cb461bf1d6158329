// Stop texts: a row ends with the token that completes one, wherever tokens cut it and even if the prompt began it
// (transformers' StopStringCriteria). The stop text stays in the output, with the rest of its last token. Texts are
// compared as bytes, one character of a string each, since a token may end within a letter.

import { InputError } from '../errors.js';

/**
 * @typedef {{ encode(text: string, options: object): number[], decode(ids: number[], options: object): string,
 *   convert_ids_to_tokens(ids: number[]): string[] }} Vocabulary a tokenizer
 */

/** Tokens are decoded behind this text, so that each gives what it gives within a text. */
const FRONT = 'abcdef';
const WHOLE = { skip_special_tokens: false, clean_up_tokenization_spaces: false };

/**
 * The byte of each letter of byte-level tokenizers, the inverse of GPT-2's bytes_to_unicode. Printable bytes are their
 * own letters.
 */
const BYTE_OF = new Map();
for (let byte = 0, next = 256; byte < 256; byte++) {
  const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  BYTE_OF.set(String.fromCharCode(printable ? byte : next++), byte);
}
const utf8 = (/** @type {string} */ text) => String.fromCharCode(...new TextEncoder().encode(text));

export class StopStrings {
  /**
   * The end of each row, as far back as a stop text may have begun.
   * @type {string[]}
   */
  #tails;
  /** @type {string[]} */ #stops;
  /** @type {Map<number, string>} */ #pieces = new Map();
  #longest;
  #tokenizer;
  /** @type {number[]} */ #front;

  /**
   * @param {Vocabulary} tokenizer
   * @param {string | string[]} stops
   * @param {ArrayLike<number>[]} prompts the rows so far
   */
  constructor(tokenizer, stops, prompts) {
    this.#tokenizer = tokenizer;
    const texts = [stops].flat();
    if (texts.some((stop) => typeof stop !== 'string' || !stop))
      throw new InputError('stop_strings must be a text or several, none of them empty.', {
        code: 'bad_option',
        field: 'stop_strings',
      });
    this.#stops = texts.map(utf8);
    this.#longest = Math.max(...this.#stops.map((stop) => stop.length));
    this.#front = tokenizer.encode(FRONT, { add_special_tokens: false });
    this.#tails = prompts.map((ids) => this.#tailOf(ids));
  }

  /**
   * The bytes that a token adds to a text.
   * @param {number} id
   */
  #piece(id) {
    let piece = this.#pieces.get(id);
    if (piece !== undefined) return piece;
    const text = this.#tokenizer.decode([...this.#front, id], WHOLE),
      at = text.indexOf(FRONT);
    piece = utf8(at < 0 ? this.#tokenizer.decode([id], WHOLE) : text.slice(at + FRONT.length));
    if (text.includes('\uFFFD')) {
      // A part of a character: its name in the vocabulary tells the bytes.
      const [token] = this.#tokenizer.convert_ids_to_tokens([id]),
        hex = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
      if (hex) piece = String.fromCharCode(parseInt(hex[1], 16));
      else if ([...token].every((letter) => BYTE_OF.has(letter)))
        piece = String.fromCharCode(...Array.from(token, (letter) => BYTE_OF.get(letter)));
    }
    this.#pieces.set(id, piece);
    return piece;
  }

  /**
   * The end of these tokens, as far back as a stop text may have begun.
   * @param {ArrayLike<number>} ids
   * @param {string} [behind] what comes after them
   */
  #tailOf(ids, behind = '') {
    let tail = behind;
    for (let i = ids.length - 1; i >= 0 && tail.length < this.#longest - 1; i--) tail = this.#piece(ids[i]) + tail;
    return tail;
  }

  /**
   * @param {string} tail
   * @param {string} piece
   */
  #ends(tail, piece) {
    const text = tail + piece;
    return this.#stops.some((stop) => piece !== '' && text.includes(stop, tail.length - stop.length + 1));
  }

  /**
   * @param {number} row
   * @param {number} token the row's next
   * @returns {boolean} whether it ends the row
   */
  push(row, token) {
    const piece = this.#piece(token),
      tail = this.#tails[row];
    this.#tails[row] = (tail + piece).slice(-this.#longest);
    return this.#ends(tail, piece);
  }

  /**
   * Whether the last of a prompt's new tokens ends the text; keeps no state, for beams.
   * @param {Int32Array} prompt
   * @param {Int32Array} tokens
   */
  endedBy(prompt, tokens) {
    const last = tokens.length - 1;
    return this.#ends(this.#tailOf(prompt, this.#tailOf(tokens.subarray(0, last))), this.#piece(tokens[last]));
  }
}
