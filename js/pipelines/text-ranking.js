// Texts ranked by how well they answer a query. A cross-encoder reads query and text together.

import { InputError } from '../errors.js';
import { sigmoid, topk } from '../tensor/maths.js';
import { checkOptions, checkWhole } from '../utils/options.js';
import { Pipeline } from './pipeline.js';

/** @typedef {import('../types.js').RankingOptions} RankingOptions */

export class TextRankingPipeline extends Pipeline {
  static task = 'text-ranking';
  static model = 'AutoModelForSequenceClassification';
  static defaultModel = 'cross-encoder/ms-marco-MiniLM-L6-v2';

  /**
   * @param {string | { text: string, text_pair: string }[]} query or pairs of query and text, which are scored one
   *   by one
   * @param {string[] | RankingOptions} [documents] the options, where pairs are given
   * @param {RankingOptions} [options]
   * @returns {Promise<import('../types.js').Ranked[]>} best first; for pairs in their own order, without texts
   */
  async _call(query, documents, options = {}) {
    checkOptions(Array.isArray(query) ? documents : options, 'top_k return_documents normalize signal');
    if (Array.isArray(query)) {
      const { normalize, signal } = /** @type {RankingOptions} */ (documents ?? {});
      const scores = await this.#scores(
        query.map((p) => p?.text),
        query.map((p) => p?.text_pair),
        normalize,
        signal,
      );
      return scores.map((score, index) => ({ index, score }));
    }
    const { top_k, return_documents = true, normalize, signal } = options;
    checkWhole('top_k', top_k ?? 1);
    if (typeof query !== 'string')
      throw new InputError('The query must be a string.', { code: 'not_a_string', field: 'query' });
    if (!Array.isArray(documents))
      throw new InputError('The documents must be a list of strings.', { code: 'not_a_list', field: 'documents' });
    const scores = await this.#scores(
      documents.map(() => query),
      documents,
      normalize,
      signal,
    );
    return topk(scores, top_k ?? scores.length).map((index) => ({
      index,
      score: scores[index],
      ...(return_documents ? { text: documents[index] } : {}),
    }));
  }

  /**
   * @param {string[]} queries
   * @param {string[]} texts
   * @param {boolean | undefined} normalize
   * @param {AbortSignal | undefined} signal
   */
  async #scores(queries, texts, normalize, signal) {
    const { config } = this.model;
    const raw = /Identity/.test(
      config.sentence_transformers?.activation_fn ?? config.sbert_ce_default_activation_function ?? '',
    );
    const rows = this.encode(queries, { text_pair: texts, truncation: 'longest_first' });
    const logits = await this.outputs(rows, { signal });
    // One output is the score itself; of two, the second is the class "relevant".
    return logits
      .map((l) => (l.length === 1 ? l[0] : l[l.length - 1] - l[0]))
      .map((x) => ((normalize ?? !raw) ? sigmoid(x) : x));
  }
}
