// Words for the masks in a text.

import { InputError } from '../errors.js';
import { softmax, topk } from '../utils/maths.js';
import { Pipeline, listOf } from './pipeline.js';

/** @typedef {{ score: number, token: number, token_str: string, sequence: string }} Filling */

export class FillMaskPipeline extends Pipeline {
  /**
   * @param {string | string[]} texts each with at least one mask token
   * @param {{ top_k?: number, targets?: string | string[], signal?: AbortSignal }} [options] targets: only these words are scored
   * @returns {Promise<any>} Filling[] for a text with one mask, Filling[][] (one list per mask) for one with several;
   *   a list of those for a list of texts
   */
  async _call(texts, { top_k = 5, targets, signal } = {}) {
    const [list, many] = listOf(texts);
    const { mask_token_id: maskId, mask_token: mask } = this.tokenizer;
    if (maskId === undefined || maskId === null) throw new InputError('The tokenizer of this model has no mask token.', { code: 'no_mask_token' });
    const rows = this.encode(list);
    /** @type {number[][]} */
    const masks = list.map((text, row) => {
      const at = [];
      for (let i = 0; i < rows.lengthOf(row); i++) if (rows.idOf(row, i) === maskId) at.push(i);
      if (!at.length) throw new InputError(`Text ${row} has no mask; write ${mask} where a word is missing.`, { code: 'no_mask', field: 'text' });
      return at;
    });
    const wanted = targets === undefined ? null : this.#targetIds(listOf(targets)[0]);
    const logits = await this.outputs(rows, { signal });
    const all = list.map((_, row) => {
      const ids = rows.idsOf(row), vocabulary = logits[row].length / ids.length;
      const perMask = masks[row].map((at) => {
        const p = softmax(logits[row].subarray(at * vocabulary, (at + 1) * vocabulary));
        const best = wanted ? [...wanted].sort((a, b) => p[b] - p[a]).slice(0, top_k) : topk(p, top_k);
        return best.map((token) => {
          const filled = Array.from(ids);
          filled[at] = token;
          // Other masks stay to be seen, everything else special goes.
          const shown = filled.filter((id) => id === maskId || !this.tokenizer.all_special_ids.includes(id));
          return { score: p[token], token, token_str: this.tokenizer.decode([token]), sequence: this.tokenizer.decode(shown) };
        });
      });
      return perMask.length === 1 ? perMask[0] : perMask;
    });
    return many ? all : all[0];
  }

  /** @param {string[]} words */
  #targetIds(words) {
    return new Set(words.map((word) => {
      const direct = this.tokenizer.convert_tokens_to_ids([word])[0];
      if (direct !== undefined && direct !== null && direct !== this.tokenizer.unk_token_id) return direct;
      const first = this.tokenizer.encode(word, { add_special_tokens: false })[0];
      if (first === undefined) throw new InputError(`The target "${word}" has no token.`, { code: 'unknown_target', field: 'targets' });
      return first;
    }));
  }
}
