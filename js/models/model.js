// Models as users hold them: from_pretrained by a repository's id, called with named tensors, giving named tensors. The
// classes by their names in Transformers are made from the table of models (catalog.js) when they are first asked for.

import { ConfigError, InputError, blameCaller, throwIfAborted } from '../errors.js';
import { chooseEngine, warmUp } from '../engines/index.js';
import { getJSON, getText, healed, missing, parseJSON, withTotals } from '../hub/index.js';
import { awaitFiles, isKnown } from '../hub/progress.js';
import { withLinkedAbort } from '../utils/abort.js';
import { Callable } from '../utils/callable.js';
import { LOADING, checkOptions } from '../utils/options.js';
import { AUTO_CLASSES, FAMILIES, GENERATES, autoFor, headFor } from './catalog.js';
import { fromArrays } from './inputs.js';
import { ModelOutput, OUTPUTS } from './outputs.js';

/**
 * @typedef {import('../engines/engine.js').ModelOptions} ModelOptions
 * @typedef {import('../engines/engine.js').EngineModel} EngineModel
 * @typedef {import('../engines/engine.js').LoadRequest} LoadRequest
 * @typedef {import('../tensor/tensor.js').Tensor} Tensor
 * @typedef {Record<string, Tensor | { data: ArrayLike<number | bigint>, dims: number[] } | number[] | number[][] |
 *   null | undefined>} ModelInputs
 */

export class PreTrainedModel extends Callable {
  /** model_type of config.json that this class is for. '': any. */
  static model_type = '';
  /** Ending of its name: the head. '': the one that `auto` or config.json names. */
  static head = '';
  /** The Auto class whose families it takes. '': any. */
  static auto = '';

  /**
   * @param {Record<string, any>} config
   * @param {EngineModel} engine the loaded model
   */
  constructor(config, engine) {
    super();
    this.main_input_name = 'input_ids';
    this.can_generate = false;
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
  /** For code that reads Transformers.js' sessions: the one that a model has, with the names of its tensors. */
  get sessions() {
    const names = (/** @type {import('../engines/engine.js').Declared[]} */ list) => list.map(({ name }) => name),
      { inputs, outputs } = this.engine;
    return { model: { inputNames: names(inputs), outputNames: names(outputs) } };
  }
  /** Facts that the engine tells, e.g. bytes of memory. */
  get stats() {
    return { ...this.engine.stats, dtype: this.dtype };
  }

  /**
   * Loads a repository as the Hub holds it.
   * @param {string} id repository id, folder or URL
   * @param {ModelOptions} [options]
   * @returns {Promise<any>} an instance of the class that it is called on; of an Auto class, of the family's own; of
   *   PreTrainedModel, of the one that config.json names
   */
  static async from_pretrained(id, options = {}) {
    checkOptions(options, LOADING);
    throwIfAborted(options.signal);
    warmUp(familiesOf(this));
    return healed(withTotals(options), (all) =>
      withLinkedAbort(options.signal, async (signal) => {
        awaitFiles(all, 'weights');
        const { Class, request } = await requestFor(this, id, { ...all, signal }),
          engine = await chooseEngine(request),
          more = Class.loadMore(request);
        more.catch(() => {}); // thrown below
        const loaded = await engine.load(request).catch((error) => {
          throw blameCaller(error, options.config, 'config.json');
        });
        isKnown(all, 'weights'); // of an engine that does not say
        try {
          return Object.assign(new Class(request.config, loaded), await more);
        } catch (error) {
          loaded.dispose();
          throw error;
        }
      }),
    );
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
   * @returns {Promise<Record<string, Tensor>>} a ModelOutput, of the class for its head
   */
  async forward(inputs, options = {}) {
    if (inputs === null || typeof inputs !== 'object')
      throw new InputError('A model takes an object of named inputs, e.g. { input_ids }.', { code: 'bad_inputs' });
    checkOptions(options, 'signal');
    const Output = OUTPUTS[/** @type {typeof PreTrainedModel} */ (this.constructor).head] ?? ModelOutput;
    return /** @type {any} any: named tensors */ (
      new Output(await this.engine.run(fromArrays(inputs, this.engine.inputs), options.signal))
    );
  }

  dispose() {
    this.engine.dispose();
  }
}
if (Symbol.dispose) /** @type {any} */ (PreTrainedModel.prototype)[Symbol.dispose] = PreTrainedModel.prototype.dispose;

/** Models that generate: a forward pass gives logits [rows, length, vocabulary]. */
export class PreTrainedCausalLM extends PreTrainedModel {
  static auto = 'AutoModelForCausalLM';

  can_generate = true;
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
  static async estimate(id, options = {}) {
    checkOptions(options, [...LOADING, 'max_length rows cache_dtype']);
    const { max_length, rows, cache_dtype, ...loading } = options;
    const { request } = await requestFor(this, id, loading),
      engine = await chooseEngine(request);
    if (!engine.estimate)
      throw new ConfigError(`The engine ${engine.name} cannot estimate.`, { code: 'no_estimate', field: 'model' });
    return engine.estimate(request, { max_length, rows, cache_dtype });
  }
}

/**
 * Names of the files of weights that a load would read. HubError (404): there are none.
 * @param {string} id
 * @param {ModelOptions} [options]
 * @returns {Promise<string[]>}
 */
export async function weightFiles(id, options = {}) {
  const { request } = await requestFor(PreTrainedModel, id, options);
  return (await (await chooseEngine(request)).files?.(request)) ?? [];
}

// --- classes by their names -----------------------------------------------------------------------------------------

/** @type {Map<string, any>} */
const made = new Map();

/**
 * @param {string} name
 * @param {string} head
 * @param {object} statics
 * @returns {any}
 */
function classNamed(name, head, statics) {
  if (!made.has(name)) {
    const Class = class extends (GENERATES.includes(head) ? PreTrainedCausalLM : PreTrainedModel) {};
    Object.defineProperty(Class, 'name', { value: name });
    made.set(name, Object.assign(Class, statics));
  }
  return made.get(name);
}

/**
 * The class of a family and head, e.g. BertForMaskedLM.
 * @param {string} model_type
 * @param {string} head
 */
export const modelClass = (model_type, head) =>
  classNamed(FAMILIES[model_type].name + head, head, { model_type, head });

/** @param {string} auto e.g. AutoModelForMaskedLM */
export const autoClass = (auto) => classNamed(auto, AUTO_CLASSES[auto][0], { auto });

/**
 * The families that a class may load.
 * @param {typeof PreTrainedModel} Class
 */
const familiesOf = ({ model_type, auto }) =>
  model_type ? [FAMILIES[model_type]] : Object.values(FAMILIES).filter((family) => !auto || headFor(family, auto));

/**
 * Reads config.json, and finds the class that a repository gets.
 * @param {typeof PreTrainedModel} Asked
 * @param {string} id
 * @param {ModelOptions} options
 * @returns {Promise<{ Class: typeof PreTrainedModel, request: LoadRequest }>}
 */
async function requestFor(Asked, id, options) {
  const given = options.config,
    text = await getText(id, 'config.json', options);
  if (given && typeof given !== 'object')
    throw new ConfigError('The option config must be an object.', { code: 'wrong_type', field: 'config' });
  if (text === null && !given?.model_type) throw missing(id, 'config.json', options);
  const read = parseJSON(text ?? '{}', id, 'config.json'),
    config = given ? { ...read, ...given } : (read ?? {}),
    configText = given ? JSON.stringify(config) : (text ?? ''),
    { model_type, architectures } = config,
    family = Object.hasOwn(FAMILIES, model_type) ? FAMILIES[model_type] : null,
    named = String(architectures?.[0] ?? ''),
    auto = Asked.auto || autoFor(named),
    head = Asked.head || (family && (auto || named ? headFor(family, auto) : family.heads[0]));
  if (Asked.model_type ? Asked.model_type !== model_type : Asked.auto && !head) {
    const known = Asked.model_type || Object.keys(FAMILIES).filter((type) => headFor(FAMILIES[type], auto));
    const error = new ConfigError(
      `${Asked.name} is for the model_type ${known}; config.json of ${id} says "${model_type}".`,
      {
        code: Asked.model_type ? 'wrong_model_type' : 'unknown_model_type',
        file: 'config.json',
        field: 'model_type',
      },
    );
    throw blameCaller(error, given, 'config.json');
  }
  const isOwn = Object.hasOwn(Asked, 'auto') && family && head; // not a caller's subclass
  return {
    Class: isOwn ? modelClass(model_type, head) : Asked,
    // What the catalog does not know is the engine's to refuse.
    request: { id, configText, config, family, architecture: family && head ? family.name + head : named, options },
  };
}
