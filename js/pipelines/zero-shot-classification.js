// Labels that the model was not trained for. Each becomes a sentence, and a model of natural language inference tells
// whether the text entails it (Yin et al. 2019, arXiv:1909.00161).

import { InputError } from '../errors.js';
import { softmax, topk } from '../tensor/maths.js';
import { checkOptions } from '../utils/options.js';
import { Pipeline, listOf } from './pipeline.js';

/** @typedef {import('../types.js').ZeroShotResult} ZeroShotResult */

export class ZeroShotClassificationPipeline extends Pipeline {
  static task = 'zero-shot-classification';
  static model = 'AutoModelForSequenceClassification';
  static defaultModel = 'typeform/distilbert-base-uncased-mnli';

  /**
   * @param {string | string[]} texts
   * @param {string | string[]} candidate_labels a string is split at commas
   * @param {import('../types.js').ZeroShotOptions} [options]
   * @returns {Promise<ZeroShotResult | ZeroShotResult[]>}
   */
  async _call(texts, candidate_labels, options = {}) {
    checkOptions(options, 'hypothesis_template multi_label signal');
    const { hypothesis_template = 'This example is {}.', multi_label = false, signal } = options,
      [list, many] = listOf(texts);
    const labels =
      typeof candidate_labels === 'string'
        ? candidate_labels
            .split(',')
            .map((l) => l.trim())
            .filter(Boolean)
        : listOf(candidate_labels ?? [])[0];
    if (!labels.length)
      throw new InputError('There are no candidate labels.', { code: 'no_labels', field: 'candidate_labels' });
    for (const label of labels)
      if (typeof label !== 'string')
        throw new InputError(`Labels must be strings, not ${label === null ? 'null' : typeof label}.`, {
          code: 'not_a_string',
          field: 'candidate_labels',
        });
    if (typeof hypothesis_template !== 'string' || !hypothesis_template.includes('{}'))
      throw new InputError('hypothesis_template needs {} where the label goes.', {
        code: 'bad_template',
        field: 'hypothesis_template',
      });

    // Classes by name ("entailment", "ENTAIL", …). Without a name, contradiction is the class at the other end.
    const entries = Object.entries(this.model.config.label2id ?? {}).map(([name, id]) => [
      name.toLowerCase(),
      Number(id),
    ]);
    const classes = Object.keys(this.model.config.id2label ?? {}).length || entries.length || 2;
    const idOf = (/** @type {string} */ start) =>
      /** @type {number | undefined} */ (entries.find(([name]) => String(name).startsWith(start))?.[1]);
    const entailment = idOf('entail') ?? classes - 1;
    const contradiction = idOf('contra') ?? (entailment === 0 ? classes - 1 : 0);

    const premises = list.flatMap((text) => labels.map(() => text));
    const hypotheses = list.flatMap(() => labels.map((label) => hypothesis_template.replaceAll('{}', label)));
    const rows = this.encode(premises, { text_pair: hypotheses, truncation: 'only_first' });
    const logits = await this.outputs(rows, { signal });
    const all = list.map((sequence, i) => {
      const mine = logits.slice(i * labels.length, (i + 1) * labels.length);
      const scores =
        multi_label || labels.length === 1
          ? mine.map((l) => softmax([l[contradiction], l[entailment]])[1])
          : [...softmax(mine.map((l) => l[entailment]))];
      const order = topk(scores, scores.length);
      return { sequence, labels: order.map((j) => labels[j]), scores: order.map((j) => scores[j]) };
    });
    return many ? all : all[0];
  }
}
