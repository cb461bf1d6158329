// Text of ids that continue a prompt. It is decoded behind the prompt, so that the first word keeps its space and a
// character that the prompt began is completed; the prompt's own text is left out.

/**
 * @typedef {{
 *   decodeStream(options: object): { push(ids: any): string, end(): string, dispose(): void },
 * }} Decoding a tokenizer
 */

/**
 * The end of a prompt's text that further ids could still change. It depends on the last ids only, so few are decoded.
 * @param {Decoding} tokenizer
 * @param {any} prompt
 * @param {object} options
 */
function unsettledEnd(tokenizer, prompt, options) {
  for (let count = 16; ; count *= 4) {
    const stream = tokenizer.decodeStream(options),
      settled = stream.push(prompt.slice(-count)),
      end = stream.end();
    stream.dispose();
    if (settled || count >= prompt.length) return end;
  }
}

export class Continuation {
  /** The prompt's text that was not settled by its own ids: what comes first begins with it. */
  #pending;
  #held = '';
  #stream;

  /**
   * @param {Decoding} tokenizer
   * @param {any} prompt its ids
   * @param {object} options of decodeStream()
   */
  constructor(tokenizer, prompt, options) {
    this.#pending = unsettledEnd(tokenizer, prompt, options);
    this.#stream = tokenizer.decodeStream(options);
    this.#stream.push(prompt);
  }

  /**
   * Takes the prompt's pending text off the front.
   * @param {string} text
   * @param {boolean} ends
   */
  #withoutPrompt(text, ends) {
    if (!this.#pending) return text;
    this.#held += text;
    if (this.#held.startsWith(this.#pending)) {
      const rest = this.#held.slice(this.#pending.length);
      this.#pending = '';
      return rest;
    }
    if (!ends && this.#pending.startsWith(this.#held)) return '';
    this.#pending = ''; // the prompt's end has changed by what follows: all of it is new text
    return this.#held.replace(/^\uFFFD+/, '');
  }

  /**
   * The text that these ids settle.
   * @param {any} ids
   * @returns {string}
   */
  push(ids) {
    return this.#withoutPrompt(this.#stream.push(ids), false);
  }
  /**
   * The rest.
   * @returns {string}
   */
  end() {
    const rest = this.#withoutPrompt(this.#stream.end(), true);
    this.dispose();
    return rest;
  }
  dispose() {
    this.#stream.dispose();
  }
}
