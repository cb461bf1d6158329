// The Wasm engine: our C++, which reads safetensors as the Hub holds them. Chooses and fetches the files and the
// program; model.js and decoder.js run what was loaded.

import { env, warnOnce } from '../../env.js';
import { ConfigError, throwIfAborted } from '../../errors.js';
import { ggufOf } from '../../hub/index.js';
import { blameShard, weightFiles, weightNames } from './safetensors-files.js';
import { warmUp } from './load-wasm.js';
import { WasmModel } from './model.js';
import * as PROGRAMS from './programs.js';

/**
 * @typedef {import('../engine.js').LoadRequest} LoadRequest
 * @typedef {import('./model.js').Program} Program
 * @typedef {'fp32' | 'fp16' | 'q8' | 'q4'} Dtype
 */

/**
 * The class of a program's models.
 * @type {Record<Program, () => Promise<typeof WasmModel>>}
 */
const MODELS = {
  encoder: async () => WasmModel,
  decoder: async () => (await import('./decoder.js')).WasmDecoderModel,
  quantized: () => MODELS.decoder(),
};

/**
 * dtype of users → form of the packed weights.
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

const DEVICES = ['auto', 'cpu', 'wasm'];
/** Of Transformers.js. Models run in Wasm nevertheless. */
const OTHER_DEVICES = /^(gpu|webgpu|cuda|dml|coreml|webnn(-[ngc]pu)?)$/;

/** Transformers.js also takes a dtype and a device for each file; here one model has all weights. */
const FILES = ['model', 'decoder_model_merged', 'decoder_model'];

/**
 * What is asked for the model's file.
 * @param {string | Record<string, string> | null | undefined} asked one for all files, or by file
 */
function ofModel(asked) {
  const file = asked && typeof asked === 'object' && FILES.find((name) => Object.hasOwn(asked, name));
  return file ? /** @type {Record<string, string>} */ (asked)[file] : asked;
}

/** @param {import('../engine.js').ModelOptions} options */
function dtypeOf(options) {
  const asked = ofModel(options.device) || 'auto',
    device = typeof asked === 'object' ? 'auto' : asked;
  if (!DEVICES.includes(device)) {
    if (env.strict || !OTHER_DEVICES.test(device))
      throw new ConfigError(`The device "${device}" is unknown here; there are ${DEVICES.join(', ')}.`, {
        code: 'unknown_device',
        field: 'device',
      });
    warnOnce(`There is no device "${device}" yet: models run in WebAssembly. env.strict makes this an error.`);
  }
  const dtype = ofModel(options.dtype) ?? 'auto';
  if (typeof dtype === 'string' && Object.hasOwn(DTYPES, dtype)) return DTYPES[dtype];
  throw new ConfigError(
    `The dtype ${JSON.stringify(dtype)} is unknown here; there are ${Object.keys(DTYPES).join(', ')}.`,
    { code: 'unknown_dtype', field: 'dtype' },
  );
}

/**
 * The program that a repository needs. Decoders have one more, which reads GGUF files and checkpoints that
 * come quantized.
 * @param {LoadRequest} request
 */
function programOf({ id, config, family, options }) {
  const program = /** @type {Program} */ (family?.program),
    quantized = config.quantization_config ?? config.compression_config;
  if (program === 'decoder') return quantized || ggufOf(id, options) ? 'quantized' : program;
  if (!quantized) return program;
  throw new ConfigError(`${id} is quantized; of encoders only unquantized weights are read.`, {
    code: 'unsupported_config',
    file: 'config.json',
    field: 'quantization_config',
  });
}

/**
 * A model that has no weights yet.
 * @param {LoadRequest} request
 */
async function createModel(request) {
  const { id, configText, architecture, options } = request,
    program = programOf(request),
    Class = await MODELS[program]();
  return Class.create(configText, architecture, dtypeOf(options), id, program);
}

/**
 * Opens the first file now; the others are opened when they are read.
 * @param {AsyncGenerator<import('../../hub/index.js').OpenFile, void>} files
 */
function prefetchFirst(files) {
  const first = files.next();
  first.catch(() => {}); // thrown where it is read
  return (async function* () {
    const { value } = await first;
    if (value) yield value;
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
    if (programs.size !== 1 || !program) return;
    warmUp(PROGRAMS[program]);
    MODELS[program]().catch(() => {}); // thrown by load
  },

  async load(request) {
    const { id, options } = request;
    dtypeOf(options); // before anything is fetched
    /** @type {{ index?: import('./safetensors-files.js').Index }} */
    const found = {};
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

  files: ({ id, options }) => weightNames(id, options),

  async estimate(request, size) {
    const { estimate } = await import('./estimate.js');
    return estimate(request, size, createModel);
  },
};
