// Labels for whole texts. Scores are a softmax over the labels, sigmoids where a text may have several labels, the raw
// number where the model is a regression.

import { InputError } from '../errors.js';
import { sigmoid, softmax, topk } from '../tensor/maths.js';
import { checkOptions, checkWhole } from '../utils/options.js';
import { Pipeline, listOf } from './pipeline.js';

/** @typedef {import('../types.js').Classification} Classification */

/**
 * Logits of one text to scores, by problem_type or as asked for.
 * @param {Float32Array} logits
 * @param {string | undefined} how
 * @param {string | undefined} problem
 */
export function scores(logits, how, problem) {
  how ??=
    problem === 'regression'
      ? 'none'
      : problem === 'multi_label_classification' || logits.length === 1
        ? 'sigmoid'
        : 'softmax';
  if (how === 'softmax') return softmax(logits);
  if (how === 'sigmoid') return Float64Array.from(logits, sigmoid);
  if (how === 'none') return Float64Array.from(logits);
  throw new InputError(`function_to_apply is "${how}"; there are softmax, sigmoid and none.`, {
    code: 'unknown_function',
    field: 'function_to_apply',
  });
}

export class TextClassificationPipeline extends Pipeline {
  static task = 'text-classification';
  static aliases = ['sentiment-analysis'];
  static model = 'AutoModelForSequenceClassification';
  static defaultModel = 'distilbert/distilbert-base-uncased-finetuned-sst-2-english';

  /**
   * @param {string | string[]} texts
   * @param {import('../types.js').TextClassificationOptions} [options]
   * @returns {Promise<Classification[] | Classification[][]>} top_k 1: one {label, score} per text in a flat list;
   *   otherwise a list per text (just that list for a single text)
   */
  async _call(texts, options = {}) {
    checkOptions(options, 'text_pair top_k function_to_apply signal');
    const { text_pair, top_k = 1, function_to_apply, signal } = options;
    checkWhole('top_k', top_k ?? 1);
    const [list, many] = listOf(texts);
    const rows = this.encode(list, (text_pair ?? null) === null ? {} : { text_pair: listOf(text_pair)[0] });
    const all = (await this.outputs(rows, { signal })).map((logits) => {
      const s = scores(logits, function_to_apply, this.model.config.problem_type);
      return topk(s, top_k ?? s.length).map((i) => ({ label: this.label(i), score: s[i] }));
    });
    return top_k === 1 ? all.flat() : many ? all : all[0];
  }
}
