// A decoder by the contract (js/engines/engine.js) without a model: a token's score is a hash of all tokens of the row
// but padding, of the row's condition, and of the token. It checks what its driver asks for, so that a wrong row, a
// wrong crop or a wrong condition shows in the text.
import assert from 'node:assert/strict';

/**
 * @typedef {import('../../../js/engines/engine.js').Decoder} Decoder
 * @typedef {import('../../../js/engines/engine.js').DecoderPass} DecoderPass
 * @typedef {{ ids: number[], mask: number[], condition: string }} Row
 */

const mix = (/** @type {number} */ h) => {
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
};

/** @implements {Decoder} */
export class FakeDecoder {
  /** @type {Row[]} */ #rows = [];
  /** @type {string[] | null} */ conditions = null;
  /** Tokens that passes have run, of all rows. */ tokens = 0;
  /** Names of the calls. */ calls = /** @type {string[]} */ ([]);

  /** @param {{ vocabulary?: number, context?: number, saves?: boolean, scale?: number }} [options] */
  constructor({ vocabulary = 43, context = 0, saves = true, scale = 6 } = {}) {
    this.vocabulary = vocabulary;
    this.context = context;
    this.saves = saves;
    this.scale = scale;
  }
  get length() {
    return this.#rows[0]?.ids.length ?? 0;
  }

  /** @param {DecoderPass} pass */
  async prefill(pass) {
    this.calls.push('prefill');
    this.#rows = Array.from({ length: pass.rows }, (_, r) => ({
      ids: [],
      mask: [],
      condition: this.conditions?.[pass.prompts ? pass.prompts[r] : r] ?? '',
    }));
    return this.#run(pass);
  }
  /** @param {DecoderPass} pass */
  async step(pass) {
    this.calls.push('step');
    assert.equal(pass.rows, this.#rows.length, 'as many rows as the cache has');
    assert.ok(this.length > 0, 'step() goes on with something');
    return this.#run(pass);
  }
  /** @param {DecoderPass} pass */
  async #run({ ids, mask, rows, length }) {
    assert.ok(ids instanceof Int32Array && ids.length === rows * length && length > 0);
    assert.ok(mask === null || (mask instanceof Uint8Array && mask.length === ids.length));
    await null;
    this.tokens += ids.length;
    this.#rows.forEach((row, r) => {
      row.ids.push(...ids.subarray(r * length, (r + 1) * length));
      row.mask.push(...(mask?.subarray(r * length, (r + 1) * length) ?? new Array(length).fill(1)));
    });
    return Float32Array.from({ length: rows * this.vocabulary }, (_, i) => {
      const row = this.#rows[Math.floor(i / this.vocabulary)];
      let h = 17;
      for (const letter of row.condition) h = mix(h * 31 + letter.charCodeAt(0));
      row.ids.forEach((id, at) => {
        if (row.mask[at]) h = mix(h * 31 + id);
      });
      return ((mix(h + (i % this.vocabulary)) >>> 8) / 2 ** 24) * this.scale;
    });
  }

  /** @param {ArrayLike<number>} from */
  async reorder(from) {
    this.calls.push('reorder');
    this.#rows = Array.from(from, (row) => {
      assert.ok(row < this.#rows.length, 'a row that is there');
      return structuredClone(this.#rows[row]);
    });
  }
  /** @param {number} tokens */
  async crop(tokens) {
    this.calls.push('crop');
    for (const row of this.#rows) {
      row.ids.length = Math.min(row.ids.length, tokens);
      row.mask.length = row.ids.length;
    }
  }
  async save() {
    return this.saves ? new TextEncoder().encode(JSON.stringify(this.#rows)) : null;
  }
  /** @param {Uint8Array} bytes */
  async restore(bytes) {
    this.#rows = JSON.parse(new TextDecoder().decode(bytes));
  }
}
