// Models as users hold them: from_pretrained by a repository's id, called with named tensors, giving named tensors.

import { ConfigError, InputError, throwIfAborted } from '../errors.js';
import { getText, missing, withTotals } from '../hub/index.js';
import { blameShard, weightFiles } from '../hub/safetensors-files.js';
import { EngineModel } from '../engines/wasm/model.js';
import { warmUp } from '../engines/wasm/load-wasm.js';
import { withLinkedAbort } from '../utils/abort.js';
import { Callable } from '../utils/callable.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * @typedef {import('../hub/index.js').HubOptions & { dtype?: string | Record<string, string> | null, device?:
 *   string | null, config?: Record<string, any> | null, model_file_name?: string }} ModelOptions
 * @typedef {'fp32' | 'fp16' | 'q8' | 'q4'} Dtype
 * @typedef {Record<string, Tensor | { data: ArrayLike<number | bigint>, dims: number[] } | number[] | number[][] |
 *   null | undefined>} ModelInputs
 */

/** dtype as users write it → the engine's. */
const DTYPES = /** @type {Record<string, Dtype>} */ ({
  auto: 'q8',
  q8: 'q8',
  int8: 'q8',
  uint8: 'q8',
  q4: 'q4',
  bnb4: 'q4',
  q4f16: 'q4',
  fp16: 'fp16',
  fp32: 'fp32',
});

/** Transformers.js takes a dtype for each file of a repository as well; here there is one model. */
const FILES = ['model', 'decoder_model_merged', 'decoder_model'];

/** @param {string | Record<string, string> | null | undefined} asked */
export function engineDtype(asked) {
  const file = asked && typeof asked === 'object' ? FILES.find((name) => Object.hasOwn(asked, name)) : undefined;
  const dtype = (file ? /** @type {any} */ (asked)[file] : asked) ?? 'auto';
  const found = typeof dtype === 'string' && Object.hasOwn(DTYPES, dtype) ? DTYPES[dtype] : undefined;
  if (!found)
    throw new ConfigError(
      `The dtype ${JSON.stringify(dtype)} is unknown here; there are ${Object.keys(DTYPES).join(', ')}.`,
      { code: 'unknown_dtype', field: 'dtype' },
    );
  return found;
}

/** @param {string | null | undefined} device */
function checkDevice(device) {
  if (device && !['auto', 'cpu', 'wasm'].includes(device)) {
    throw new ConfigError(`The device "${device}" is unknown here; there are auto, cpu and wasm.`, {
      code: 'unknown_device',
      field: 'device',
    });
  }
}

/**
 * Opens the first file of weights now, without awaiting it, so that it downloads while config.json does.
 * @param {AsyncGenerator<any>} files
 */
function ahead(files) {
  const first = files.next();
  first.catch(() => {});
  return (async function* () {
    for (let next = first; ; next = files.next()) {
      const { done, value } = await next;
      if (done) return;
      yield value;
    }
  })();
}

/**
 * The class name that the engine is asked for.
 * @param {typeof PreTrainedModel} Class
 * @param {string} configText
 */
export function architectureOf(Class, configText) {
  /** @type {any} */
  let config = {};
  try {
    config = JSON.parse(configText);
  } catch {
    return ''; // the engine says what is wrong with it, and where
  }
  if (Class.model_type && config?.model_type !== Class.model_type) {
    throw new ConfigError(
      `${Class.name} is for the model_type "${Class.model_type}", config.json says "${config?.model_type}".`,
      { code: 'wrong_model_type', file: 'config.json', field: 'model_type' },
    );
  }
  if (Class.head === null) return String(config?.architectures?.[0] ?? '');
  return Class.head ? 'For' + Class.head : '';
}

/**
 * @param {typeof PreTrainedModel} Class
 * @param {string} id
 * @param {ModelOptions} options
 * @param {Dtype} dtype
 */
async function load(Class, id, options, dtype) {
  // Weights are asked for before config.json has come: a cold start waits for the slowest, not for the sum.
  /** @type {{ index?: import('../hub/safetensors-files.js').Index }} */
  const found = {};
  const files = ahead(weightFiles(id, options, found));
  /** @type {any} */
  let engine;
  try {
    const text = options.config ? JSON.stringify(options.config) : await getText(id, 'config.json', options);
    if (text === null) throw missing(id, 'config.json', options);
    const architecture = architectureOf(Class, text);
    // A class of its own where config.json names a model that writes.
    const As =
      Class === PreTrainedModel && /(CausalLM|LMHeadModel)$/.test(architecture)
        ? (await import('./causal-lm.js')).PreTrainedCausalLM
        : Class;
    const beside = As.beside(id, options);
    beside.catch(() => {});
    engine = await (await As.engine()).create(text, architecture, dtype, id);
    engine.reserve();
    for await (const file of files) await engine.read(file, options.signal);
    engine.finishLoading();
    throwIfAborted(options.signal);
    const config = JSON.parse(text),
      complete = await beside;
    const model = new As(config, engine, dtype);
    complete(model);
    return model;
  } catch (error) {
    engine?.dispose();
    throwIfAborted(options.signal); // the caller's reason, not what it led to
    throw blameShard(error, found.index, id);
  }
}

export class PreTrainedModel extends Callable {
  /**
   * Ending of the architecture's class name: '' is the base model, null takes what config.json names.
   * @type {string | null}
   */
  static head = null;
  /**
   * model_type of config.json that this class is for; null: any.
   * @type {string | null}
   */
  static model_type = null;

  /**
   * @param {Record<string, any>} config
   * @param {EngineModel} engine
   * @param {string} dtype
   */
  constructor(config, engine, dtype) {
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
    this.dtype = dtype;
    Object.defineProperty(this, '_engine', { value: engine });
  }

  /**
   * The Wasm program that knows its families.
   * @type {import('../engines/wasm/load-wasm.js').Program}
   */
  static program = 'engine';

  /**
   * The Wasm side's class.
   * @returns {Promise<any>}
   */
  static async engine() {
    return EngineModel;
  }
  /**
   * Reads what lies beside config.json and the weights, where the class needs it.
   * @param {string} id
   * @param {ModelOptions} options
   * @returns {Promise<(model: any) => void>}
   */
  static async beside(id, options) {
    return () => {};
  }

  /** @type {any} */ get engine() {
    return /** @type {any} */ (this)._engine;
  }
  /** Facts for those who look: Wasm variant, int8 product, size of the Wasm memory, and of the packed weights in it. */
  get stats() {
    const { variant, int8Dot, memoryBytes, bytesNeeded } = this.engine;
    return { variant, int8Dot, memoryBytes, bytesNeeded, dtype: this.dtype };
  }

  /**
   * Loads a checkpoint as the Hub holds it: config.json and *.safetensors.
   * @param {string} id repository id, folder or URL
   * @param {ModelOptions} [options]
   * @returns {Promise<any>} an instance of the class that it is called on
   */
  static async from_pretrained(id, options = {}) {
    const dtype = engineDtype(options.dtype);
    checkDevice(options.device);
    throwIfAborted(options.signal);
    warmUp(this.program);
    return withLinkedAbort(options.signal, (signal) => load(this, id, { ...withTotals(options), signal }, dtype));
  }

  /**
   * @param {ModelInputs} inputs
   * @param {{ signal?: AbortSignal }} [options]
   */
  _call(inputs, options) {
    return this.forward(inputs, options);
  }

  /**
   * A forward pass: tensors by PyTorch's names in and out. attention_mask and token_type_ids may be left out.
   * @param {ModelInputs} inputs
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Record<string, Tensor>>}
   */
  async forward(inputs, { signal } = {}) {
    if (inputs === null || typeof inputs !== 'object')
      throw new InputError('A model takes an object of named inputs, e.g. { input_ids }.', { code: 'bad_inputs' });
    /** @type {Record<string, { data: ArrayLike<number | bigint>, dims: number[] }>} */
    const named = {};
    for (const [name, value] of Object.entries(inputs)) {
      if (value !== null && value !== undefined) named[name] = fromArrays(value, name);
    }
    return this.engine.run(named, signal);
  }

  dispose() {
    this.engine.dispose();
  }
}
if (Symbol.dispose) /** @type {any} */ (PreTrainedModel.prototype)[Symbol.dispose] = PreTrainedModel.prototype.dispose;

/**
 * Tensors as they are; nested arrays and typed arrays of numbers as data and shape.
 * @param {any} value
 * @param {string} name
 */
function fromArrays(value, name) {
  if (Array.isArray(value?.dims) && value.data) return value;
  /** @type {number[]} */
  const dims = [];
  for (let v = value; Array.isArray(v) || ArrayBuffer.isView(v); v = /** @type {any} */ (v)[0])
    dims.push(/** @type {any} */ (v).length);
  if (!dims.length)
    throw new InputError(`${name} is no tensor and no array of numbers.`, { code: 'bad_input', field: name });
  if (dims.length === 1) dims.unshift(1);
  return { data: Array.isArray(value) ? value.flat(Infinity) : value, dims };
}
