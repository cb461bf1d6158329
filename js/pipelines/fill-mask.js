// Words for the mask tokens in a text.

import { InputError } from '../errors.js';
import { softmax, topk } from '../tensor/maths.js';
import { checkOptions, checkWhole } from '../utils/options.js';
import { Pipeline, listOf } from './pipeline.js';

/** @typedef {import('../types.js').Filling} Filling */

const BATCH_LOGITS = 16e6; // 64 MB

export class FillMaskPipeline extends Pipeline {
  static task = 'fill-mask';
  static model = 'AutoModelForMaskedLM';
  static defaultModel = 'distilbert/distilbert-base-uncased';

  /**
   * @param {string | string[]} texts each with at least one mask token
   * @param {import('../types.js').FillMaskOptions} [options]
   * @returns {Promise<any>} Filling[] for a text with one mask, Filling[][] (one list per mask) for one with several;
   *   a list of those for a list of texts
   */
  async _call(texts, options = {}) {
    checkOptions(options, 'top_k targets signal');
    const { targets = null, signal } = options,
      top_k = options.top_k ?? 5;
    checkWhole('top_k', top_k);
    const [list, many] = listOf(texts);
    const { mask_token_id: maskId, mask_token: mask } = this.tokenizer;
    if (maskId === undefined || maskId === null)
      throw new InputError('The tokenizer of this model has no mask token.', { code: 'no_mask_token' });
    const rows = this.encode(list);
    /** @type {number[][]} */
    const masks = list.map((text, row) => {
      const at = [];
      for (let i = 0; i < rows.lengthOf(row); i++) if (rows.idOf(row, i) === maskId) at.push(i);
      if (!at.length)
        throw new InputError(`Text ${row} has no mask; write ${mask} where a word is missing.`, {
          code: 'no_mask',
          field: 'text',
        });
      return at;
    });
    const wanted = targets === null ? null : this.#targetIds(listOf(targets)[0]);
    /** @type {Filling[][][]} */
    const all = [];
    // Each token has as many logits as the vocabulary has tokens, so few tokens run at once.
    const batchTokens = Math.floor(BATCH_LOGITS / (this.model.config.vocab_size || 30000));
    await this.run(
      rows,
      ({ logits: { data, dims } }, at, row) => {
        const ids = rows.idsOf(row);
        all[row] = masks[row].map((place) => {
          const from = (at * dims[1] + place) * dims[2];
          const p = softmax(data.subarray(from, from + dims[2]));
          const best = wanted ? [...wanted].sort((a, b) => p[b] - p[a]).slice(0, top_k) : topk(p, top_k);
          return best.map((token) => {
            const filled = Array.from(ids);
            filled[place] = token;
            // With several masks all special tokens are kept, so that the other masks show (as in Python).
            const sequence = this.tokenizer.decode(filled, { skip_special_tokens: masks[row].length === 1 });
            return { score: p[token], token, token_str: this.tokenizer.decode([token]), sequence };
          });
        });
      },
      { signal, batchTokens },
    );
    const results = all.map((perMask) => (perMask.length === 1 ? perMask[0] : perMask));
    return many ? results : results[0];
  }

  /** @param {string[]} words */
  #targetIds(words) {
    return new Set(
      words.map((word) => {
        if (typeof word !== 'string')
          throw new InputError(`Targets must be strings, not ${word === null ? 'null' : typeof word}.`, {
            code: 'not_a_string',
            field: 'targets',
          });
        const direct = this.tokenizer.convert_tokens_to_ids([word])[0];
        if (direct !== undefined && direct !== null && direct !== this.tokenizer.unk_token_id) return direct;
        const first = this.tokenizer.encode(word, { add_special_tokens: false })[0];
        if (first === undefined)
          throw new InputError(`The target "${word}" has no token.`, { code: 'unknown_target', field: 'targets' });
        return first;
      }),
    );
  }
}
