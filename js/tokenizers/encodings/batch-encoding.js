// What a called tokenizer answers: input_ids and what goes with them, ready for a model. Words, characters and tokens
// of each text are looked up when asked for.

import { InputError } from '../../errors.js';
import { int64 } from '../../tensor/int64.js';

/**
 * @typedef {import('./encoding.js').Encoding} Encoding
 * @typedef {import('../../engines/tokenizer-engine.js').Batch} Batch
 *
 * @typedef {object} ReturnOptions
 * @property {boolean} [return_tensor] false: arrays of numbers instead of int64 tensors
 * @property {boolean | null} [return_token_type_ids] null: where the tokenizer's files say so
 * @property {boolean} [return_offsets_mapping]
 * @property {boolean} [return_special_tokens_mask]
 * @property {boolean} [return_attention_mask]
 * @property {boolean} [return_overflowing_tokens]
 * @property {boolean} [return_length] length: tokens of each row
 */

/**
 * Flat values cut into rows, and each row into its tokens' values.
 * @param {ArrayLike<number>} values
 * @param {Uint32Array} rowStarts
 * @param {number} width values of a token
 * @returns {(number[] | number[][])[]}
 */
function nested(values, rowStarts, width) {
  return Array.from(rowStarts.subarray(1), (end, row) => {
    const list = Array.prototype.slice.call(values, rowStarts[row] * width, end * width);
    if (width === 1) return list;
    return Array.from({ length: list.length / width }, (_, i) => list.slice(i * width, (i + 1) * width));
  });
}

/**
 * @param {Batch} batch
 * @param {boolean} single a text was given, not a list: without tensors its answer is a list less deep
 * @param {boolean} typeIds whether the tokenizer's files ask for token_type_ids
 * @param {ReturnOptions} options
 * @param {() => Encoding[]} detailed the same batch with all details, row by row
 */
export function batchEncoding(batch, single, typeIds, options, detailed) {
  const { return_tensor = true, return_attention_mask = true, return_overflowing_tokens, return_length } = options;
  const { rows, rowStarts, rowTexts } = batch,
    length = rowStarts[1];
  /** @type {Record<string, [ArrayLike<number>, number]>} name → values and how many a token has */
  const columns = { input_ids: [batch.ids, 1] };
  if (return_attention_mask) columns.attention_mask = [batch.attentionMask, 1];
  if (options.return_token_type_ids ?? typeIds) columns.token_type_ids = [batch.typeIds, 1];
  if (options.return_offsets_mapping) columns.offset_mapping = [batch.offsets, 2];
  if (options.return_special_tokens_mask) columns.special_tokens_mask = [batch.special, 1];

  /** @type {Record<string, unknown>} */
  const out = {};
  if (return_tensor) {
    if (rowStarts.some((start, r) => r > 0 && start !== r * length)) {
      throw new InputError(
        'The texts have different numbers of tokens: ask for padding (and truncation), or for return_tensor: false.',
        { code: 'ragged_batch', field: 'padding' },
      );
    }
    for (const [name, [values, width]] of Object.entries(columns))
      out[name] = int64(values, width === 1 ? [rows, length] : [rows, length, width]);
    if (return_overflowing_tokens) out.overflow_to_sample_mapping = int64(rowTexts, [rows]);
    if (return_length) out.length = int64(new Int32Array(rows).fill(length), [rows]);
  } else {
    for (const [name, [values, width]] of Object.entries(columns)) {
      const lists = nested(values, rowStarts, width);
      out[name] = single && !return_overflowing_tokens ? lists[0] : lists;
    }
    if (return_overflowing_tokens) out.overflow_to_sample_mapping = Array.from(rowTexts);
    if (return_length) out.length = Array.from({ length: rows }, (_, r) => rowStarts[r + 1] - rowStarts[r]);
  }
  return new BatchEncoding(out, detailed);
}

export class BatchEncoding {
  /** @type {() => Encoding[]} */ #detailed;
  /** @type {Encoding[] | null} */ #rows = null;

  /**
   * @param {Record<string, unknown>} inputs
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
