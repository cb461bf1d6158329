// A batch of token rows as pipelines use it: not padded, so that rows of similar length can run together, and with
// the look-ups that entities and answers need.

/** @typedef {import('./core.js').Batch} Batch */

export class Rows {
  /**
   * @param {Batch} batch not padded; offsets, words, special and sequences only if details were asked for
   * @param {{ padId: number, padTypeId: number, left: boolean, typeIds: boolean }} padding how inputs() pads, and whether
   *   the model takes token_type_ids
   */
  constructor(batch, padding) {
    this.batch = batch;
    this.padding = padding;
  }

  get count() { return this.batch.rows; }
  /** @param {number} row */
  lengthOf(row) { return this.batch.rowStarts[row + 1] - this.batch.rowStarts[row]; }
  /** Which of the texts a row came from (rows that overflowed share theirs). @param {number} row */
  textOf(row) { return this.batch.rowTexts[row]; }
  /** @param {number} row */
  idsOf(row) { return this.batch.ids.subarray(this.batch.rowStarts[row], this.batch.rowStarts[row + 1]); }
  /** @param {number} row @param {number} i */
  idOf(row, i) { return this.batch.ids[this.batch.rowStarts[row] + i]; }
  /** UTF-16 places in the text that the token came from. @param {number} row @param {number} i @returns {[number, number]} */
  offsetsOf(row, i) {
    const at = 2 * (this.batch.rowStarts[row] + i);
    return [this.batch.offsets[at], this.batch.offsets[at + 1]];
  }
  /** Added by the post-processor? @param {number} row @param {number} i */
  isSpecial(row, i) { return this.batch.special[this.batch.rowStarts[row] + i] === 1; }
  /** 0 the text, 1 its pair, -1 none. @param {number} row @param {number} i */
  sequenceOf(row, i) { return this.batch.sequences[this.batch.rowStarts[row] + i]; }

  /** Places in its text of the whole word that a token belongs to. @param {number} row @param {number} i @returns {[number, number]} */
  wordSpan(row, i) {
    const { words } = this.batch, start = this.batch.rowStarts[row], n = this.lengthOf(row);
    const same = (/** @type {number} */ j) => j >= 0 && j < n && words[start + j] === words[start + i] && this.sequenceOf(row, j) === this.sequenceOf(row, i);
    let from = i, to = i;
    while (words[start + i] >= 0 && same(from - 1)) from--;
    while (words[start + i] >= 0 && same(to + 1)) to++;
    return [this.offsetsOf(row, from)[0], this.offsetsOf(row, to)[1]];
  }

  /** The model's inputs for some rows, padded to the longest of them. @param {number[]} rows */
  inputs(rows) {
    const { ids, typeIds, rowStarts } = this.batch, { padId, padTypeId, left } = this.padding;
    const length = Math.max(1, ...rows.map((r) => this.lengthOf(r))), dims = [rows.length, length];
    const input_ids = new Int32Array(rows.length * length).fill(padId);
    const attention_mask = new Int32Array(rows.length * length);
    const token_type_ids = this.padding.typeIds ? new Int32Array(rows.length * length).fill(padTypeId) : null;
    rows.forEach((row, i) => {
      const n = this.lengthOf(row), at = i * length + (left ? length - n : 0), start = rowStarts[row];
      input_ids.set(ids.subarray(start, start + n), at);
      attention_mask.fill(1, at, at + n);
      token_type_ids?.set(typeIds.subarray(start, start + n), at);
    });
    return {
      input_ids: { data: input_ids, dims },
      attention_mask: { data: attention_mask, dims },
      ...(token_type_ids ? { token_type_ids: { data: token_type_ids, dims } } : {}),
    };
  }
}
