// An engine of the contract (js/engines/engine.js) in plain JS: outputs are simple functions of the token ids, so that
// a test can tell what a pipeline must answer. It reads no file of weights. Its language model is a decoder
// (fake-decoder.js) that the library's own search drives.
//   AutoModel                     last_hidden_state [B, T, 4]: the id, its place, 1, the id modulo 7
//   …ForMaskedLM                  logits [B, T, vocabulary]: 10 for nextOf(the ids before the place), else 0
//   …ForCausalLM                  logits [B, T, vocabulary]: 10 for nextOf(the ids up to the place), else 0
//   …ForSequenceClassification    logits [B, labels]: how many of the text's ids are the label, modulo labels
//   …ForTokenClassification       logits [B, T, labels]: 10 for the id modulo labels
//   …ForQuestionAnswering         start_logits, end_logits [B, T]: the id in the second text, elsewhere 0
import { InputError } from '../../../js/errors.js';
import { Tensor } from '../../../js/tensor/tensor.js';
import { SearchSession } from '../../../js/engines/search-session.js';
import { FakeDecoder } from './fake-decoder.js';

/**
 * @typedef {import('../../../js/engines/engine.js').LoadRequest} LoadRequest
 * @typedef {import('../../../js/engines/engine.js').Values} Values
 * @typedef {import('../../../js/engines/engine.js').Decoder} Decoder
 * @typedef {{ ids: number[], types: number[] }} Row without padding
 */

/** The longest input of its models. */
export const LENGTH = 48;

/**
 * What the fake models say after ids with this sum: any id but the special ones.
 * @param {number} sumOfIds
 * @param {number} vocabulary
 */
export const nextOf = (sumOfIds, vocabulary) => 5 + ((sumOfIds * 7 + 3) % (vocabulary - 5));
const sum = (/** @type {number[]} */ ids) => ids.reduce((a, b) => a + b, 0);

const HIDDEN = 4;
/**
 * Outputs of an architecture's ending: name → values of one token or, where `text` is set, of a whole text.
 * @type {Record<string, { width: (config: Untyped) => number, text?: boolean, names: string[],
 *   of: (row: Row, t: number, width: number) => number[] }>}
 */
const OUTPUTS = {
  Model: {
    names: ['last_hidden_state'],
    width: () => HIDDEN,
    of: ({ ids }, t) => [ids[t], t, 1, ids[t] % 7],
  },
  ForMaskedLM: {
    names: ['logits'],
    width: (config) => config.vocab_size,
    of: ({ ids }, t, width) => oneHot(nextOf(sum(ids.slice(0, t)), width), width),
  },
  ForCausalLM: {
    names: ['logits'],
    width: (config) => config.vocab_size,
    of: ({ ids }, t, width) => oneHot(nextOf(sum(ids.slice(0, t + 1)), width), width),
  },
  ForSequenceClassification: {
    names: ['logits'],
    text: true,
    width: labelsOf,
    of: ({ ids }, _, width) => Array.from({ length: width }, (__, i) => ids.filter((id) => id % width === i).length),
  },
  ForTokenClassification: {
    names: ['logits'],
    width: labelsOf,
    of: ({ ids }, t, width) => oneHot(ids[t] % width, width),
  },
  ForQuestionAnswering: {
    names: ['start_logits', 'end_logits'],
    width: () => 0, // a number for each token, no axis
    of: ({ ids, types }, t) => [types[t] ? ids[t] : 0],
  },
};

/** @param {Untyped} config */
function labelsOf(config) {
  return Object.keys(config.id2label ?? { 0: '', 1: '' }).length;
}

/**
 * @param {number} at
 * @param {number} length
 */
const oneHot = (at, length) => Array.from({ length }, (_, i) => (i === at ? 10 : 0));

class FakeModel {
  dtype = 'fp32';
  disposed = false;
  /** @type {Decoder | null} */ decoder = null;
  /** @type {import('../../../js/engines/engine.js').Generate | undefined} */ generate;
  limits;
  inputs;
  outputs;
  /**
   * The shapes of every pass, for tests to look at.
   * @type {Record<string, number[]>[]}
   */
  passes = [];
  #config;
  #output;

  /** @param {LoadRequest} request */
  constructor({ config, architecture }) {
    this.#config = config;
    const ending = Object.keys(OUTPUTS).find((one) => architecture.endsWith(one));
    if (!ending) throw new InputError(`The fake engine has no ${architecture}.`, { code: 'unknown_architecture' });
    this.#output = OUTPUTS[ending];
    this.limits = { length: LENGTH, trainedLength: LENGTH, vocabulary: config.vocab_size };
    const declare = (/** @type {string} */ name, optional = true) => ({
      name,
      dtype: /** @type {const} */ ('int32'),
      dims: ['batch', 'length'],
      optional,
    });
    this.inputs = [declare('input_ids', false), declare('attention_mask')];
    if (config.model_type === 'bert') this.inputs.push(declare('token_type_ids'));
    const { names, text, width } = this.#output,
      axes = [...(text ? ['batch'] : ['batch', 'length']), ...(width(config) ? [width(config)] : [])];
    this.outputs = names.map((name) => ({ name, dtype: /** @type {const} */ ('float32'), dims: axes }));
  }

  get stats() {
    return { passes: this.passes.length };
  }

  /**
   * @param {Record<string, Values>} inputs
   * @param {AbortSignal} [signal]
   */
  async run(inputs, signal) {
    signal?.throwIfAborted();
    if (this.disposed) throw new InputError('This model was disposed of.', { code: 'disposed' });
    const unknown = Object.keys(inputs).filter((name) => !this.inputs.some((one) => one.name === name));
    if (unknown.length) throw new InputError(`The model does not declare ${unknown}.`, { code: 'unknown_input' });
    this.passes.push(Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims])));
    const { input_ids, attention_mask, token_type_ids } = inputs,
      [batch, length] = input_ids.dims;
    if (length > LENGTH) throw new InputError(`${length} tokens are too many.`, { code: 'too_long' });
    const { names, text, of } = this.#output,
      width = this.#output.width(this.#config) || 1,
      places = text ? 1 : length,
      data = new Float32Array(batch * places * width);
    for (let b = 0; b < batch; b++) {
      const real = Array.from({ length }, (_, t) => b * length + t).filter((i) => Number(attention_mask?.data[i] ?? 1)),
        row = {
          ids: real.map((i) => Number(input_ids.data[i])),
          types: real.map((i) => Number(token_type_ids?.data[i] ?? 0)),
        };
      const from = text ? 0 : real[0] - b * length;
      for (let t = 0; t < (text ? 1 : real.length); t++) data.set(of(row, t, width), (b * places + from + t) * width);
    }
    const dims = [batch, ...(text ? [] : [length]), ...(this.#output.width(this.#config) ? [width] : [])];
    return Object.fromEntries(names.map((name) => [name, new Tensor('float32', data.slice(), dims)]));
  }

  dispose() {
    this.disposed = true;
  }
}

/** Models that were loaded, in order: a test looks at their passes. */
export const loaded = /** @type {FakeModel[]} */ ([]);

/** @type {import('../../../js/engines/engine.js').Engine} */
export const fakeEngine = {
  name: 'fake',
  accepts: ({ config }) => config.engine === 'fake',
  async load(request) {
    const model = new FakeModel(request);
    if (request.architecture.endsWith('ForCausalLM') && !request.config.cannotGenerate) {
      model.decoder = new FakeDecoder({ vocabulary: request.config.vocab_size });
      const session = new SearchSession(model);
      model.generate = (inputs, options, hooks) => session.generate(inputs, options, hooks);
    }
    loaded.push(model);
    return model;
  },
};
