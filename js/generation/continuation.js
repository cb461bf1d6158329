// Text of ids that go on with others: decoded behind the prompt, so that the first word keeps its space and a character
// that the prompt began is ended, and given without the prompt.

/**
 * @typedef {{
 *   decode(ids: any, options: object): string,
 *   decodeStream(options: object): import('../tokenizers/decode-stream.js').DecodeStream,
 * }} Decoding a tokenizer
 */

export class Continuation {
  /** What the prompt's own text has that its ids alone did not settle: the first text to come begins with it. */
  #pending = '';
  #held = '';
  #stream;

  /**
   * @param {Decoding} tokenizer
   * @param {any} prompt its ids
   * @param {object} options of decodeStream()
   */
  constructor(tokenizer, prompt, options) {
    this.#stream = tokenizer.decodeStream(options);
    const settled = this.#stream.push(prompt),
      whole = tokenizer.decode(prompt, options);
    if (whole.startsWith(settled)) this.#pending = whole.slice(settled.length);
  }

  /**
   * @param {string} text
   * @param {boolean} ends
   */
  #behind(text, ends) {
    if (!this.#pending) return text;
    this.#held += text;
    if (this.#held.startsWith(this.#pending)) {
      const rest = this.#held.slice(this.#pending.length);
      this.#pending = '';
      return rest;
    }
    if (!ends && this.#pending.startsWith(this.#held)) return '';
    this.#pending = ''; // the prompt's end reads differently with what follows: what came is shown as it is
    return this.#held.replace(/^\uFFFD+/, '');
  }

  /**
   * The text that these ids settle.
   * @param {any} ids
   * @returns {string}
   */
  push(ids) {
    return this.#behind(this.#stream.push(ids), false);
  }
  /**
   * The rest.
   * @returns {string}
   */
  end() {
    const rest = this.#behind(this.#stream.end(), true);
    this.dispose();
    return rest;
  }
  dispose() {
    this.#stream.dispose();
  }
}
