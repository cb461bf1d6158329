// pipeline(task, model, options): loads what a task's pipeline declares and joins it.

import { ConfigError, throwIfAborted } from '../errors.js';
import { withTotals } from '../hub/index.js';
import { autoClass } from '../models/model.js';
import { AutoTokenizer } from '../tokenizers/auto-tokenizer.js';
import { withLinkedAbort } from '../utils/abort.js';
import { LOADING, checkOptions } from '../utils/options.js';
import * as classes from './tasks.js';

/** @typedef {import('../models/model.js').ModelOptions} PipelineOptions */

/**
 * Each task's class.
 * @type {Record<string, typeof import('./pipeline.js').Pipeline>}
 */
export const TASKS = Object.fromEntries(Object.values(classes).map((Class) => [Class.task, Class]));

/**
 * How each part of a repository that a pipeline may need is loaded.
 * @type {Record<string, (id: string, options: PipelineOptions) => Promise<any>>}
 */
const PARTS = {
  // config is the model's
  tokenizer: (id, options) => AutoTokenizer.from_pretrained(id, { ...options, subfolder: '', config: null }),
};

/**
 * Loads what a task needs and gives a function for it.
 * @param {string} task
 * @param {string | null} [model] repository id, folder or URL; null: a well-known one for the task
 * @param {PipelineOptions} [options] dtype, revision, progress_callback, signal, …
 * @returns {Promise<any>} the task's pipeline: a callable with task, model, tokenizer, dispose()
 */
export async function pipeline(task, model = null, options = {}) {
  const Class = Object.values(TASKS).find((one) => [one.task, ...one.aliases].includes(task));
  if (!Class) {
    const known = [...Object.keys(TASKS), ...Object.values(TASKS).flatMap(({ aliases }) => aliases)];
    throw new ConfigError(`The task "${task}" is unknown; there are ${known.join(', ')}.`, {
      code: 'unknown_task',
      field: 'task',
    });
  }
  const name = Class.task,
    id = model ?? Class.defaultModel;
  if (typeof id !== 'string')
    throw new ConfigError(`The model must be a repository's id, a folder or a URL, not ${typeof id}.`, {
      code: 'bad_id',
      field: 'model',
    });
  checkOptions(options, LOADING);
  throwIfAborted(options.signal);
  const parts = await withLinkedAbort(options.signal, (signal) => load(Class, id, { ...withTotals(options), signal }));
  options.progress_callback?.({ status: 'ready', task: name, model: id });
  return new Class({ task: name, ...parts });
}

/**
 * The parts that a pipeline declares, by name. Where one fails, what the others had loaded is disposed of.
 * @param {typeof import('./pipeline.js').Pipeline} Class
 * @param {string} id
 * @param {PipelineOptions} options
 * @returns {Promise<any>}
 */
async function load(Class, id, options) {
  const names = ['model', ...Class.needs.filter((need) => Object.hasOwn(PARTS, need))],
    loads = names.map((name) =>
      name === 'model' ? autoClass(Class.model).from_pretrained(id, options) : PARTS[name](id, options),
    );
  try {
    const [values] = await Promise.all([Promise.all(loads), Class.load()]),
      parts = Object.fromEntries(names.map((name, i) => [name, values[i]])),
      { engine } = parts.model;
    if (Class.needs.includes('decoder') && !engine.generate && !engine.decoder)
      throw new ConfigError(`${id} was loaded by an engine that cannot generate with it.`, {
        code: 'no_decoder',
        field: 'model',
      });
    return parts;
  } catch (error) {
    for (const part of loads)
      part.then(
        (/** @type {any} */ loaded) => loaded.dispose(),
        () => {},
      );
    throw error;
  }
}
