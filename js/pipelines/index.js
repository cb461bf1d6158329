// pipeline(task, model, options): the table of tasks, and the one function that joins model and tokenizer.

import { ConfigError, throwIfAborted } from '../errors.js';
import { withTotals } from '../hub/index.js';
import {
  AutoModel,
  AutoModelForCausalLM,
  AutoModelForMaskedLM,
  AutoModelForQuestionAnswering,
  AutoModelForSequenceClassification,
  AutoModelForTokenClassification,
} from '../models/index.js';
import { AutoTokenizer } from '../tokenizers/auto-tokenizer.js';
import { withLinkedAbort } from '../utils/abort.js';
import { DEFAULT_MODELS } from './default-models.js';
import { FeatureExtractionPipeline } from './feature-extraction.js';
import { FillMaskPipeline } from './fill-mask.js';
import { Pipeline, TextGenerationPipeline } from './pipeline.js';
import { QuestionAnsweringPipeline } from './question-answering.js';
import { TextClassificationPipeline } from './text-classification.js';
import { TextRankingPipeline } from './text-ranking.js';
import { TokenClassificationPipeline } from './token-classification.js';
import { ZeroShotClassificationPipeline } from './zero-shot-classification.js';

const TASKS = {
  'feature-extraction': { pipeline: FeatureExtractionPipeline, model: AutoModel },
  'fill-mask': { pipeline: FillMaskPipeline, model: AutoModelForMaskedLM },
  'question-answering': { pipeline: QuestionAnsweringPipeline, model: AutoModelForQuestionAnswering },
  'text-classification': { pipeline: TextClassificationPipeline, model: AutoModelForSequenceClassification },
  // Loaded when it is asked for: a page that embeds needs none of it.
  'text-generation': {
    pipeline: null,
    load: async () => (await import('./text-generation.js')).Writer,
    model: AutoModelForCausalLM,
  },
  'text-ranking': { pipeline: TextRankingPipeline, model: AutoModelForSequenceClassification },
  'token-classification': { pipeline: TokenClassificationPipeline, model: AutoModelForTokenClassification },
  'zero-shot-classification': { pipeline: ZeroShotClassificationPipeline, model: AutoModelForSequenceClassification },
};
/** @type {Record<string, keyof typeof TASKS>} */
const ALIASES = {
  embeddings: 'feature-extraction',
  ner: 'token-classification',
  'sentiment-analysis': 'text-classification',
};

/**
 * @typedef {typeof TASKS} Tasks
 * @typedef {keyof Tasks} Task
 * @typedef {import('../models/model.js').ModelOptions} PipelineOptions
 */

/**
 * Loads what a task needs and gives a function for it.
 * @template {Task | 'embeddings' | 'ner' | 'sentiment-analysis'} T
 * @param {T} task
 * @param {string | null} [model] repository id, folder or URL; null: a well-known one for the task
 * @param {PipelineOptions} [options] dtype fp32 | q8 | auto, revision, progress_callback, signal, …
 * @returns {Promise<any>} the task's pipeline: a callable with task, model, tokenizer, dispose()
 */
export async function pipeline(task, model = null, options = {}) {
  const name = Object.hasOwn(ALIASES, task) ? ALIASES[task] : /** @type {Task} */ (task);
  if (!Object.hasOwn(TASKS, name)) {
    throw new ConfigError(
      `The task "${task}" is unknown; there are ${[...Object.keys(TASKS), ...Object.keys(ALIASES)].join(', ')}.`,
      { code: 'unknown_task', field: 'task' },
    );
  }
  const id = model ?? DEFAULT_MODELS[name];
  if (typeof id !== 'string')
    throw new ConfigError(`The model must be a repository's id, a folder or a URL, not ${typeof id}.`, {
      code: 'bad_id',
      field: 'model',
    });
  throwIfAborted(options.signal);
  // One fails: what the other had begun is stopped, what it had opened is let go.
  const {
    model: Model,
    pipeline: Ready,
    load,
  } = /** @type {{ model: any, pipeline: any, load?: () => Promise<any> }} */ (TASKS[name]);
  const [loadedModel, loadedTokenizer, Class] = await withLinkedAbort(options.signal, async (signal) => {
    const inner = { ...withTotals(options), signal };
    const both = [Model.from_pretrained(id, inner), AutoTokenizer.from_pretrained(id, { ...inner, subfolder: '' })];
    return Promise.all([...both, Ready ?? load?.()]).catch(async (error) => {
      for (const each of both)
        each.then(
          (/** @type {any} */ part) => part.dispose(),
          () => {},
        );
      throw error;
    });
  });
  const parts = { task: name, model: loadedModel, tokenizer: loadedTokenizer };
  parts.tokenizer.limitTo?.(parts.model.config);
  options.progress_callback?.({ status: 'ready', task: name, model: id });
  return new Class(parts);
}

export {
  Pipeline,
  FeatureExtractionPipeline,
  FillMaskPipeline,
  QuestionAnsweringPipeline,
  TextClassificationPipeline,
  TextGenerationPipeline,
  TextRankingPipeline,
  TokenClassificationPipeline,
  ZeroShotClassificationPipeline,
};
