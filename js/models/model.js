// Models as users hold them: from_pretrained by a repository's id, called with named tensors, giving named tensors. All
// classes by their names in Transformers are made here from the table of models (catalog.js), each when it is first
// asked for.

import { ConfigError, InputError, throwIfAborted } from '../errors.js';
import { chooseEngine, warmUp } from '../engines/index.js';
import { getJSON, getText, missing, withTotals } from '../hub/index.js';
import { withLinkedAbort } from '../utils/abort.js';
import { Callable } from '../utils/callable.js';
import { AUTO_CLASSES, FAMILIES, GENERATES, autoFor, headFor } from './catalog.js';
import { fromArrays } from './inputs.js';

/**
 * @typedef {import('../engines/engine.js').ModelOptions} ModelOptions
 * @typedef {import('../engines/engine.js').EngineModel} EngineModel
 * @typedef {import('../engines/engine.js').LoadRequest} LoadRequest
 * @typedef {import('../tensor/tensor.js').Tensor} Tensor
 * @typedef {Record<string, Tensor | { data: ArrayLike<number | bigint>, dims: number[] } | number[] | number[][] |
 *   null | undefined>} ModelInputs
 */

export class PreTrainedModel extends Callable {
  /**
   * model_type of config.json that this class is for; null: any.
   * @type {string | null}
   */
  static model_type = null;
  /**
   * Class name in config.json that this class is; null: of a family, the one that `auto` or config.json names.
   * @type {string | null}
   */
  static architecture = null;
  /**
   * The Auto class that this is. '': none.
   * @type {string}
   */
  static auto = '';

  /**
   * @param {Record<string, any>} config
   * @param {EngineModel} engine the loaded model
   */
  constructor(config, engine) {
    super();
    /**
     * config.json.
     * @type {Record<string, any>}
     */
    this.config = config;
    /**
     * "fp32", "fp16", "q8" or "q4".
     * @type {string}
     */
    this.dtype = engine.dtype;
    Object.defineProperty(this, '_engine', { value: engine });
  }

  /** @type {any} an EngineModel (engines/engine.js) */
  get engine() {
    return /** @type {any} */ (this)._engine;
  }
  /** Facts to look at: with the Wasm engine variant, 8-bit product, bytes of Wasm memory and of the packed weights. */
  get stats() {
    return { ...this.engine.stats, dtype: this.dtype };
  }

  /**
   * Loads a repository as the Hub holds it.
   * @param {string} id repository id, folder or URL
   * @param {ModelOptions} [options]
   * @returns {Promise<any>} an instance of the class that it is called on. An Auto class gives the class of the
   *   repository's family, PreTrainedModel the one that config.json names.
   */
  static async from_pretrained(id, options = {}) {
    throwIfAborted(options.signal);
    warmUp(familiesOf(this));
    return withLinkedAbort(options.signal, async (signal) => {
      const { Class, request } = await requestFor(this, id, { ...withTotals(options), signal }),
        engine = await chooseEngine(request),
        more = Class.loadMore(request);
      more.catch(() => {}); // thrown again below
      const loaded = await engine.load(request);
      try {
        const model = new Class(request.config, loaded);
        Object.assign(model, await more);
        return model;
      } catch (error) {
        loaded.dispose();
        throw error;
      }
    });
  }

  /**
   * Properties of the model that come from files beside config.json and the weights.
   * @param {LoadRequest} request
   * @returns {Promise<object>}
   */
  static async loadMore(request) {
    return {};
  }

  /**
   * @param {ModelInputs} inputs
   * @param {{ signal?: AbortSignal }} [options]
   */
  _call(inputs, options) {
    return this.forward(inputs, options);
  }

  /**
   * A forward pass: tensors by PyTorch's names in and out. Optional inputs such as attention_mask may be left out.
   * @param {ModelInputs} inputs
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Record<string, Tensor>>}
   */
  async forward(inputs, { signal } = {}) {
    if (inputs === null || typeof inputs !== 'object')
      throw new InputError('A model takes an object of named inputs, e.g. { input_ids }.', { code: 'bad_inputs' });
    return this.engine.run(fromArrays(inputs, this.engine.inputs), signal);
  }

  dispose() {
    this.engine.dispose();
  }
}
if (Symbol.dispose) /** @type {any} */ (PreTrainedModel.prototype)[Symbol.dispose] = PreTrainedModel.prototype.dispose;

/** Models that generate: a forward pass gives logits [rows, length, vocabulary]. */
export class PreTrainedCausalLM extends PreTrainedModel {
  static auto = 'AutoModelForCausalLM';

  /**
   * generation_config.json, with config.json's token ids where it has none.
   * @type {Record<string, any>}
   */
  generation_config = {};

  /** @param {LoadRequest} request */
  static async loadMore({ id, config, options }) {
    const [file, { readGenerationConfig }] = await Promise.all([
      getJSON(id, 'generation_config.json', options),
      import('../generation/config.js'),
    ]);
    return { generation_config: readGenerationConfig(file, config) };
  }

  /**
   * Token ids that go on with a prompt.
   * @param {any} inputs ids (a Tensor, an array), or { input_ids, attention_mask }; options may be in the same object
   * @param {Record<string, any>} [options] of transformers' GenerationConfig; streamer, stopping_criteria,
   *   logits_processor, stop_strings with tokenizer, past_key_values, signal
   * @returns {Promise<any>} an int64 Tensor [rows, length] of prompts and what follows; with
   *   return_dict_in_generate { sequences, … }
   */
  async generate(inputs, options = {}) {
    const { generate } = await import('../generation/generate.js');
    return generate(this, inputs, options);
  }

  /**
   * What loading this model and generating with it would take; no weight is fetched.
   * @param {string} id
   * @param {ModelOptions & import('../engines/engine.js').EstimateSize} [options]
   * @returns {Promise<import('../engines/engine.js').Estimate>}
   */
  static async estimate(id, { max_length, rows, cache_dtype, ...options } = {}) {
    const { request } = await requestFor(this, id, options),
      engine = await chooseEngine(request);
    if (!engine.estimate)
      throw new ConfigError(`The engine ${engine.name} cannot estimate.`, { code: 'no_estimate', field: 'model' });
    return engine.estimate(request, { max_length, rows, cache_dtype });
  }
}

// --- classes by their names -----------------------------------------------------------------------------------------

/**
 * Classes that were made already.
 * @type {Map<string, typeof PreTrainedModel>}
 */
const made = new Map();

/**
 * @param {string} name
 * @param {boolean} generates
 * @param {{ model_type?: string, architecture?: string, auto?: string }} statics
 * @returns {any}
 */
function classNamed(name, generates, statics) {
  let Class = made.get(name);
  if (!Class) {
    Class = class extends (generates ? PreTrainedCausalLM : PreTrainedModel) {};
    Object.defineProperty(Class, 'name', { value: name });
    made.set(name, Object.assign(Class, statics));
  }
  return Class;
}

/**
 * The class of a family and head, e.g. BertForMaskedLM.
 * @param {string} model_type
 * @param {string} head the ending of its name
 */
export function modelClass(model_type, head) {
  const architecture = FAMILIES[model_type].name + head;
  return classNamed(architecture, GENERATES.includes(head), { model_type, architecture });
}

/** @param {string} auto e.g. AutoModelForMaskedLM */
export const autoClass = (auto) =>
  classNamed(
    auto,
    AUTO_CLASSES[auto].some((head) => GENERATES.includes(head)),
    { auto },
  );

/**
 * The families that a class may load.
 * @param {typeof PreTrainedModel} Class
 */
function familiesOf({ model_type, auto }) {
  if (model_type) return [FAMILIES[model_type]];
  return Object.values(FAMILIES).filter((family) => !auto || headFor(family, auto));
}

/**
 * Reads config.json, and finds the class that a repository gets.
 * @param {typeof PreTrainedModel} Asked
 * @param {string} id
 * @param {ModelOptions} options
 * @returns {Promise<{ Class: typeof PreTrainedModel, request: LoadRequest }>}
 */
async function requestFor(Asked, id, options) {
  const configText = options.config ? JSON.stringify(options.config) : await getText(id, 'config.json', options);
  if (configText === null) throw missing(id, 'config.json', options);
  const config = options.config ?? parsed(configText, id),
    family = Object.hasOwn(FAMILIES, config.model_type) ? FAMILIES[config.model_type] : null,
    { Class, architecture } = classFor(Asked, config, family);
  return { Class, request: { id, configText, config, family, architecture, options } };
}

/**
 * @param {typeof PreTrainedModel} Asked
 * @param {Record<string, any>} config
 * @param {import('./catalog.js').Family | null} family
 * @returns {{ Class: typeof PreTrainedModel, architecture: string }}
 */
function classFor(Asked, config, family) {
  const { model_type: type } = config,
    wrong = (/** @type {string} */ wanted, /** @type {string} */ code) =>
      new ConfigError(`${Asked.name} is for the model_type ${wanted}; config.json says "${type}".`, {
        code,
        file: 'config.json',
        field: 'model_type',
      });
  if (Asked.architecture) {
    if (type !== Asked.model_type) throw wrong(`"${Asked.model_type}"`, 'wrong_model_type');
    return { Class: Asked, architecture: Asked.architecture };
  }
  const named = String(config.architectures?.[0] ?? ''),
    auto = Asked.auto || autoFor(named),
    head = family && (auto || named ? headFor(family, auto) : family.heads[0]);
  if (Asked.auto && !head) {
    const known = Object.keys(FAMILIES).filter((one) => headFor(FAMILIES[one], auto));
    throw wrong(known.join(', '), 'unknown_model_type');
  }
  if (!head) return { Class: Asked, architecture: named }; // the engine says what it lacks
  const isOurs = Asked === PreTrainedModel || Asked === PreTrainedCausalLM || made.get(Asked.name) === Asked;
  return { Class: isOurs ? modelClass(type, head) : Asked, architecture: family.name + head };
}

/**
 * @param {string} text
 * @param {string} id
 * @returns {Record<string, any>}
 */
function parsed(text, id) {
  const bad = (/** @type {string} */ what, /** @type {string} */ code, /** @type {object} */ more = {}) =>
    new ConfigError(`config.json of ${id} ${what}`, { code, file: 'config.json', ...more });
  let config;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw bad(`is not valid JSON: ${/** @type {Error} */ (cause).message}`, 'invalid_json', { cause });
  }
  if (config === null || typeof config !== 'object' || Array.isArray(config))
    throw bad('is no JSON object.', 'invalid_config');
  return config;
}
