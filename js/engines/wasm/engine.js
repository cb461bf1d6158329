// The Wasm engine: our C++ reads safetensors as the Hub holds them. Here files and the program are chosen, fetched and
// brought together; model.js and decoder.js run what was loaded.

import { ConfigError, throwIfAborted } from '../../errors.js';
import { blameShard, weightFiles } from '../../hub/safetensors-files.js';
import { warmUp } from './load-wasm.js';
import { WasmModel } from './model.js';

/**
 * @typedef {import('../engine.js').LoadRequest} LoadRequest
 * @typedef {import('./load-wasm.js').Program} Program
 * @typedef {'fp32' | 'fp16' | 'q8' | 'q4'} Dtype
 */

/**
 * By program, the class of its models. What generates is loaded only when such a model is.
 * @type {Record<Program, () => Promise<typeof WasmModel>>}
 */
const MODELS = {
  engine: async () => WasmModel,
  lm: async () => (await import('./decoder.js')).WasmDecoderModel,
};

/**
 * dtype as users write it → how the weights are packed.
 * @type {Record<string, Dtype>}
 */
const DTYPES = {
  auto: 'q8',
  q8: 'q8',
  int8: 'q8',
  uint8: 'q8',
  q4: 'q4',
  bnb4: 'q4',
  q4f16: 'q4',
  fp16: 'fp16',
  fp32: 'fp32',
};

/** Transformers.js also takes a dtype for each file of a repository; here one model has all weights. */
const FILES = ['model', 'decoder_model_merged', 'decoder_model'];

/**
 * @param {import('../engine.js').ModelOptions} options
 * @returns {Dtype}
 */
function dtypeOf({ dtype: asked, device }) {
  if (device && !['auto', 'cpu', 'wasm'].includes(device)) {
    throw new ConfigError(`The device "${device}" is unknown here; there are auto, cpu and wasm.`, {
      code: 'unknown_device',
      field: 'device',
    });
  }
  const file = asked && typeof asked === 'object' ? FILES.find((name) => Object.hasOwn(asked, name)) : undefined;
  const dtype = (file ? /** @type {Record<string, string>} */ (asked)[file] : asked) ?? 'auto';
  if (typeof dtype === 'string' && Object.hasOwn(DTYPES, dtype)) return DTYPES[dtype];
  throw new ConfigError(
    `The dtype ${JSON.stringify(dtype)} is unknown here; there are ${Object.keys(DTYPES).join(', ')}.`,
    { code: 'unknown_dtype', field: 'dtype' },
  );
}

/**
 * A model without its weights: its instance of the program, which knows config.json.
 * @param {LoadRequest} request
 * @returns {Promise<WasmModel>}
 */
async function createModel({ id, configText, family, architecture, options }) {
  const dtype = dtypeOf(options),
    program = /** @type {Program} */ (family?.program),
    Class = await MODELS[program]();
  return Class.create(configText, architecture, dtype, id, program);
}

/**
 * Asks for the first file now; it is read later.
 * @template T
 * @param {AsyncGenerator<T, void>} files
 * @returns {AsyncGenerator<T, void>}
 */
function prefetchFirst(files) {
  const first = files.next();
  first.catch(() => {}); // thrown again where it is read
  return (async function* () {
    const { done, value } = await first;
    if (done) return;
    yield value;
    yield* files;
  })();
}

/** @type {import('../engine.js').Engine} */
export const wasmEngine = {
  name: 'wasm',

  accepts: ({ family }) => family?.program !== undefined,

  warmUp(families) {
    const programs = new Set(families.map(({ program }) => program)),
      [program] = /** @type {Set<Program | undefined>} */ (programs);
    if (programs.size !== 1 || !program) return; // config.json will tell
    warmUp(program);
    MODELS[program]().catch(() => {}); // load says what is wrong
  },

  async load(request) {
    const { id, options } = request;
    dtypeOf(options);
    /** @type {{ index?: import('../../hub/safetensors-files.js').Index }} */
    const found = {};
    // The weights are on their way while the program is made ready.
    const files = prefetchFirst(weightFiles(id, options, found));
    /** @type {WasmModel | undefined} */
    let model;
    try {
      model = await createModel(request);
      model.reserve();
      for await (const file of files) await model.read(file, options.signal);
      model.finishLoading();
      throwIfAborted(options.signal);
      return model;
    } catch (error) {
      model?.dispose();
      throwIfAborted(options.signal); // the caller's reason, not what it led to
      throw blameShard(error, found.index, id);
    }
  },

  async estimate(request, size) {
    const { estimate } = await import('./estimate.js');
    return estimate(request, size, createModel);
  },
};
