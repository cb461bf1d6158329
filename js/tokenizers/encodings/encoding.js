// One encoded text: typed arrays, one entry per token, and ways between characters, tokens and words.

/**
 * @typedef {import('../../engines/tokenizer.js').WasmTokenizer} WasmTokenizer
 * @typedef {import('../../engines/tokenizer-engine.js').Batch} Batch
 */

export class Encoding {
  #core;
  #batch;
  #begin;
  #padToken;
  /** @type {string[] | null} */
  #tokens = null;
  /** @type {Record<number, Int32Array>} */
  #covers = {};

  /**
   * @param {WasmTokenizer} core
   * @param {Batch} batch
   * @param {number} row
   * @param {string} padToken
   */
  constructor(core, batch, row, padToken) {
    this.#core = core;
    this.#batch = batch;
    this.#padToken = padToken;
    const begin = (this.#begin = batch.rowStarts[row]),
      end = batch.rowStarts[row + 1];
    this.ids = batch.ids.subarray(begin, end);
    this.type_ids = batch.typeIds.subarray(begin, end);
    this.attention_mask = batch.attentionMask.subarray(begin, end);
    /** 1: added by the tokenizer. */
    this.special_tokens_mask = batch.special.subarray(begin, end);
    /** Begin and end of every token in its text, in UTF-16 units: [b0, e0, b1, e1, …]. */
    this.offsets = batch.offsets.subarray(begin * 2, end * 2);
    /** Index of the word, -1 where there is none. */
    this.word_ids = batch.words.subarray(begin, end);
    /** 0: the text, 1: its pair, -1: neither. */
    this.sequence_ids = batch.sequences.subarray(begin, end);
    /**
     * What truncation cut off, in encodings of their own.
     * @type {Encoding[]}
     */
    this.overflowing = [];
  }

  get length() {
    return this.ids.length;
  }

  /**
   * The tokens' texts.
   * @returns {string[]}
   */
  get tokens() {
    return (this.#tokens ??= Array.from(this.ids, (id, i) => {
      if (!this.attention_mask[i]) return this.#padToken;
      return this.#batch.surfaces.get(this.#begin + i) ?? this.#core.vocabulary.tokens[id] ?? '';
    }));
  }

  /**
   * The token that covers a character, or null.
   * @param {number} position
   * @param {number} [sequence] 1: of the pair
   */
  char_to_token(position, sequence = 0) {
    const token = (this.#covers[sequence] ??= this.#cover(sequence))[position];
    return token === undefined || token < 0 ? null : token;
  }
  /**
   * The first token over each character, made when asked for.
   * @param {number} sequence
   * @returns {Int32Array}
   */
  #cover(sequence) {
    let end = 0;
    for (let i = 0; i < this.length; i++)
      if (this.sequence_ids[i] === sequence) end = Math.max(end, this.offsets[2 * i + 1]);
    const cover = new Int32Array(end).fill(-1);
    for (let i = this.length - 1; i >= 0; i--)
      if (this.sequence_ids[i] === sequence) cover.fill(i, this.offsets[2 * i], this.offsets[2 * i + 1]);
    return cover;
  }
  /**
   * Begin and end of a token in its text, or null.
   * @param {number} i
   * @returns {[number, number] | null}
   */
  token_to_chars(i) {
    return this.sequence_ids[i] >= 0 ? [this.offsets[2 * i], this.offsets[2 * i + 1]] : null;
  }
  /** @param {number} i */
  token_to_word(i) {
    return this.word_ids[i] >= 0 ? this.word_ids[i] : null;
  }
  /**
   * First and one past the last token of a word, or null.
   * @param {number} word
   * @param {number} [sequence]
   * @returns {[number, number] | null}
   */
  word_to_tokens(word, sequence = 0) {
    let begin = -1,
      end = -1;
    for (let i = 0; i < this.length; i++) {
      if (this.word_ids[i] !== word || this.sequence_ids[i] !== sequence) continue;
      if (begin < 0) begin = i;
      end = i + 1;
    }
    return begin < 0 ? null : [begin, end];
  }
  /**
   * @param {number} word
   * @param {number} [sequence]
   * @returns {[number, number] | null}
   */
  word_to_chars(word, sequence = 0) {
    const range = this.word_to_tokens(word, sequence);
    return range && [this.offsets[2 * range[0]], this.offsets[2 * range[1] - 1]];
  }
  /**
   * @param {number} position
   * @param {number} [sequence]
   */
  char_to_word(position, sequence = 0) {
    const token = this.char_to_token(position, sequence);
    return token === null ? null : this.token_to_word(token);
  }
}

/**
 * The encodings of a batch's texts. Rows of overflow belong to their text's encoding.
 * @param {WasmTokenizer} core
 * @param {Batch} batch
 * @param {string} padToken
 * @returns {Encoding[]}
 */
export function encodingsOf(core, batch, padToken) {
  /** @type {Encoding[]} */
  const out = [];
  for (let row = 0; row < batch.rows; row++) {
    const encoding = new Encoding(core, batch, row, padToken),
      text = batch.rowTexts[row];
    if (text < out.length) out[text].overflowing.push(encoding);
    else out.push(encoding);
  }
  return out;
}
