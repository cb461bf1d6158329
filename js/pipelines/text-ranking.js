// Texts in the order of how well they answer a query: a cross-encoder reads query and text together.

import { InputError } from '../errors.js';
import { sigmoid } from '../utils/maths.js';
import { Pipeline } from './pipeline.js';

/** @typedef {{ index: number, score: number, text?: string }} Ranked index: place in the list that was given */

export class TextRankingPipeline extends Pipeline {
  /**
   * @param {string} query
   * @param {string[]} documents
   * @param {{ top_k?: number, return_documents?: boolean, normalize?: boolean, signal?: AbortSignal }} [options]
   *   normalize: scores through a sigmoid (default unless the model was trained for raw scores)
   * @returns {Promise<Ranked[]>} best first
   */
  async _call(query, documents, { top_k, return_documents = true, normalize, signal } = {}) {
    if (typeof query !== 'string') throw new InputError('The query must be a string.', { code: 'not_a_string', field: 'query' });
    if (!Array.isArray(documents)) throw new InputError('The documents must be a list of strings.', { code: 'not_a_list', field: 'documents' });
    const { config } = this.model;
    const raw = /Identity/.test(config.sentence_transformers?.activation_fn ?? config.sbert_ce_default_activation_function ?? '');
    const squash = normalize ?? !raw;
    const rows = this.encode(documents.map(() => query), { text_pair: documents, truncation: 'longest_first' });
    const logits = await this.outputs(rows, { signal });
    return logits
      // One output is the score itself; of two, the second is the class "relevant".
      .map((l, index) => ({ index, score: l.length === 1 ? l[0] : l[l.length - 1] - l[0] }))
      .sort((a, b) => b.score - a.score)
      .slice(0, top_k ?? documents.length)
      .map(({ index, score }) => ({ index, score: squash ? sigmoid(score) : score, ...(return_documents ? { text: documents[index] } : {}) }));
  }
}
