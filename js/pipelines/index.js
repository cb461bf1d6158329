// pipeline(task, model, options): loads what a task's pipeline declares and joins it.

import { ConfigError, throwIfAborted } from '../errors.js';
import { sharing, withTotals } from '../hub/index.js';
import { AUTO_CLASSES } from '../models/catalog.js';
import { autoClass } from '../models/model.js';
import { AutoTokenizer } from '../tokenizers/auto-tokenizer.js';
import { withLinkedAbort } from '../utils/abort.js';
import { LOADING, checkOptions } from '../utils/options.js';
import { Pipeline } from './pipeline.js';
import * as classes from './tasks.js';

/** @typedef {import('../models/model.js').ModelOptions} PipelineOptions */

/**
 * Each task's class.
 * @type {Record<string, typeof Pipeline>}
 */
export const TASKS = Object.fromEntries(Object.values(classes).map((Class) => [Class.task, Class]));

/**
 * How each part of a repository that a pipeline may need is loaded.
 * @type {Record<string, (id: string, options: PipelineOptions) => Promise<any>>}
 */
const PARTS = {
  // config is the model's. A GGUF file has the tokenizer in it.
  tokenizer: (id, { gguf, subfolder, ...options }) =>
    AutoTokenizer.from_pretrained(id, { ...options, gguf, subfolder: gguf ? subfolder : '', config: null }),
};

const namesOf = (/** @type {typeof Pipeline} */ { task, aliases }) => [task, ...aliases];
/**
 * @param {string} task or an alias
 * @returns {typeof Pipeline} ConfigError: none has that name
 */
export function taskClass(task) {
  const Class = Object.values(TASKS).find((one) => namesOf(one).includes(task));
  if (Class) return Class;
  const known = [...Object.keys(TASKS), ...Object.values(TASKS).flatMap(({ aliases }) => aliases)];
  throw new ConfigError(`The task "${task}" is unknown; there are ${known.join(', ')}.`, {
    code: 'unknown_task',
    field: 'task',
  });
}

/**
 * Makes a task of a caller's class known to pipeline(). Its static fields say what it needs (pipeline.js). The class of
 * the same task before it is replaced.
 * @param {typeof Pipeline} Class
 */
export function registerPipeline(Class) {
  const taken = (/** @type {typeof Pipeline} */ one) =>
    one.task !== Class.task && namesOf(one).some((name) => namesOf(Class).includes(name));
  const field = !(Class?.prototype instanceof Pipeline)
    ? 'Class'
    : !Class.task || Object.values(TASKS).some(taken)
      ? 'task'
      : Object.hasOwn(AUTO_CLASSES, Class.model)
        ? ''
        : 'model';
  if (field)
    throw new ConfigError(
      'A pipeline is a subclass of Pipeline with a static task that no other has; its static model is an Auto class.',
      { code: 'bad_pipeline', field },
    );
  TASKS[Class.task] = Class;
}

/**
 * Loads what a task needs and gives a function for it.
 * @param {string} task
 * @param {string | null} [model] repository id, folder or URL; null: a well-known one for the task
 * @param {PipelineOptions} [options] dtype, revision, progress_callback, signal, …
 * @returns {Promise<any>} the task's pipeline: a callable with task, model, tokenizer, dispose()
 */
export async function pipeline(task, model = null, options = {}) {
  const Class = taskClass(task),
    name = Class.task,
    id = model ?? Class.defaultModel;
  if (typeof id !== 'string')
    throw new ConfigError(`The model must be a repository's id, a folder or a URL, not ${typeof id}.`, {
      code: 'bad_id',
      field: 'model',
    });
  checkOptions(options, LOADING);
  throwIfAborted(options.signal);
  const parts = await sharing(withTotals(options), (all) =>
    withLinkedAbort(options.signal, (signal) => load(Class, id, { ...all, signal })),
  );
  options.progress_callback?.({ status: 'ready', task: name, model: id });
  return new Class({ task: name, ...parts });
}

/**
 * The parts that a pipeline declares, by name. Where one fails, what the others had loaded is disposed of.
 * @param {typeof Pipeline} Class
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
