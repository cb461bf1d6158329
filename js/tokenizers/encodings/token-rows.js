// Encoded texts of a pipeline: rows of tokens, each of its own length. They are padded when some of them become the
// inputs of a forward pass. Ids stay 32-bit.

/**
 * @typedef {import('../../engines/tokenizer-engine.js').Batch} Batch
 * @typedef {{ data: Int32Array, dims: number[] }} Input
 */

export class TokenRows {
  #batch;
  #padId;
  #padTypeId;
  #padLeft;
  #typeIds;

  /**
   * @param {Batch} batch
   * @param {{ padId: number, padTypeId: number, padLeft: boolean }} padding
   * @param {boolean} typeIds whether the model takes token_type_ids
   */
  constructor(batch, { padId, padTypeId, padLeft }, typeIds) {
    this.#batch = batch;
    this.#padId = padId;
    this.#padTypeId = padTypeId;
    this.#padLeft = padLeft;
    this.#typeIds = typeIds;
  }

  /** Number of rows: one per text, and one per piece of overflow. */
  get count() {
    return this.#batch.rows;
  }
  /**
   * Index of the text that a row comes from.
   * @param {number} row
   */
  textOf(row) {
    return this.#batch.rowTexts[row];
  }
  /** @param {number} row */
  lengthOf(row) {
    return this.#batch.rowStarts[row + 1] - this.#batch.rowStarts[row];
  }
  /** @param {number} row */
  idsOf(row) {
    return this.#batch.ids.subarray(this.#batch.rowStarts[row], this.#batch.rowStarts[row + 1]);
  }
  /**
   * @param {number} row
   * @param {number} i
   */
  idOf(row, i) {
    return this.#batch.ids[this.#batch.rowStarts[row] + i];
  }

  // The following need an encoding with details.
  /**
   * @param {number} row
   * @param {number} i
   */
  isSpecial(row, i) {
    return this.#batch.special[this.#batch.rowStarts[row] + i] === 1;
  }
  /**
   * Begin and end in the text.
   * @param {number} row
   * @param {number} i
   * @returns {[number, number]}
   */
  offsetsOf(row, i) {
    const at = 2 * (this.#batch.rowStarts[row] + i);
    return [this.#batch.offsets[at], this.#batch.offsets[at + 1]];
  }
  /**
   * 0: the text, 1: its pair, -1: neither.
   * @param {number} row
   * @param {number} i
   */
  sequenceOf(row, i) {
    return this.#batch.sequences[this.#batch.rowStarts[row] + i];
  }
  /**
   * Begin and end of the word that a token belongs to.
   * @param {number} row
   * @param {number} i
   * @returns {[number, number]}
   */
  wordSpan(row, i) {
    const { rowStarts, words, sequences, offsets } = this.#batch;
    const at = rowStarts[row] + i,
      word = words[at],
      sequence = sequences[at];
    let from = at,
      to = at;
    if (word >= 0) {
      while (from > rowStarts[row] && words[from - 1] === word && sequences[from - 1] === sequence) from--;
      while (to + 1 < rowStarts[row + 1] && words[to + 1] === word && sequences[to + 1] === sequence) to++;
    }
    return [offsets[2 * from], offsets[2 * to + 1]];
  }

  /**
   * Model inputs of some rows, padded to the longest of them.
   * @param {number[]} rows
   * @returns {Record<string, Input>} input_ids, attention_mask and, where the model takes them, token_type_ids:
   *   [rows, longest]
   */
  inputs(rows) {
    const { rowStarts, ids, typeIds } = this.#batch;
    const longest = rows.reduce((n, row) => Math.max(n, this.lengthOf(row)), 0),
      dims = [rows.length, longest];
    const input_ids = new Int32Array(rows.length * longest).fill(this.#padId);
    const attention_mask = new Int32Array(rows.length * longest);
    const token_type_ids = this.#typeIds ? new Int32Array(rows.length * longest).fill(this.#padTypeId) : null;
    rows.forEach((row, i) => {
      const from = rowStarts[row],
        to = rowStarts[row + 1];
      const at = i * longest + (this.#padLeft ? longest - (to - from) : 0);
      input_ids.set(ids.subarray(from, to), at);
      attention_mask.fill(1, at, at + to - from);
      token_type_ids?.set(typeIds.subarray(from, to), at);
    });
    /** @type {Record<string, Input>} */
    const inputs = { input_ids: { data: input_ids, dims }, attention_mask: { data: attention_mask, dims } };
    if (token_type_ids) inputs.token_type_ids = { data: token_type_ids, dims };
    return inputs;
  }

  /**
   * Whether an output of this shape has an entry per token: [B, T, …] has, [B, labels] has not.
   * @param {number[]} dims
   */
  isPerToken(dims) {
    return dims.length > 2;
  }
}
