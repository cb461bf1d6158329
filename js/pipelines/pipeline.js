// What all pipelines share: what they declare, their parts, and running lists of texts in batches of similar length.

import { InputError, throwIfAborted } from '../errors.js';
import { Callable } from '../utils/callable.js';

/** Tokens of one forward pass, padding included: enough to keep the kernels busy, short enough for a pause between. */
const BATCH_TOKENS = 2048;
const BATCH_ROWS = 64;

/**
 * @typedef {import('../models/model.js').PreTrainedModel} Model
 * @typedef {any} Tokenizer
 * @typedef {import('../tokenizers/encodings/token-rows.js').TokenRows} TokenRows
 * @typedef {'tokenizer' | 'decoder'} Need
 * @typedef {{ signal?: AbortSignal }} CallOptions
 */

export class Pipeline extends Callable {
  static task = '';
  /**
   * Other names of the task.
   * @type {string[]}
   */
  static aliases = [];
  /** The Auto class that gives its model. */
  static model = 'AutoModel';
  /** The repository where none is named: a well-known one of the Hub. */
  static defaultModel = '';
  /**
   * Parts of the repository besides the model ("tokenizer"), abilities of the engine ("decoder").
   * @type {Need[]}
   */
  static needs = ['tokenizer'];
  /**
   * Imports its work, where that is a file of its own.
   * @returns {Promise<any>}
   */
  static async load() {}

  /** @param {{ task: string, model: Model, tokenizer?: Tokenizer, processor?: unknown }} parts */
  constructor({ task, model, tokenizer, processor = null }) {
    super();
    this.task = task;
    this.model = model;
    this.tokenizer = tokenizer;
    this.processor = processor;
  }

  /** Disposes of the model and of what else was loaded with it. */
  async dispose() {
    this.model.dispose();
    this.tokenizer?.dispose();
  }

  /**
   * Label of a class index.
   * @param {number} id
   * @returns {string}
   */
  label(id) {
    return this.model.config.id2label?.[id] ?? `LABEL_${id}`;
  }

  /**
   * The longest input in tokens, special ones included, by the tokenizer's files and the model. Infinity: no bound.
   * @returns {number}
   */
  get maxLength() {
    const { length, trainedLength } = this.model.engine.limits,
      own = this.tokenizer.model_max_length;
    return Number.isFinite(own) ? Math.min(own, length || own) : trainedLength || length || Infinity;
  }

  /**
   * Token rows of texts (or pairs), not padded: special tokens added, truncated to what the model takes.
   * @param {string[]} texts
   * @param {Record<string, any>} [options] of the tokenizer
   * @returns {TokenRows}
   */
  encode(texts, options = {}) {
    texts.forEach((text, i) => {
      if (typeof text !== 'string')
        throw new InputError(`Text ${i} is no string but ${text === null ? 'null' : typeof text}.`, {
          code: 'not_a_string',
          field: 'text',
        });
    });
    const longest = Math.min(options.max_length ?? Infinity, this.maxLength);
    return this.tokenizer.encodeRows(texts, {
      truncation: true,
      padding_side: 'right', // encoders see no difference, and a row's own tokens begin at 0
      typeIds: this.model.engine.inputs.some((/** @type {any} */ { name }) => name === 'token_type_ids'),
      ...options,
      max_length: Number.isFinite(longest) ? longest : undefined,
    });
  }

  /**
   * Runs every row through the model, in batches of rows of similar length.
   * @param {TokenRows} rows
   * @param {(outputs: Record<string, import('../tensor/tensor.js').Tensor>, at: number, row: number) => void} each
   *   is called for each row with its batch's outputs and its place in them
   * @param {CallOptions & { batchTokens?: number }} [options] batchTokens: for outputs that are wide per token
   */
  async run(rows, each, { signal, batchTokens = BATCH_TOKENS } = {}) {
    const order = Array.from({ length: rows.count }, (_, i) => i).sort((a, b) => rows.lengthOf(b) - rows.lengthOf(a));
    for (let from = 0; from < order.length; ) {
      throwIfAborted(signal);
      const longest = Math.max(1, rows.lengthOf(order[from]));
      const batch = order.slice(from, from + Math.max(1, Math.min(BATCH_ROWS, Math.floor(batchTokens / longest))));
      from += batch.length;
      const outputs = await this.model.forward(rows.inputs(batch), { signal });
      batch.forEach((row, at) => each(outputs, at, row));
    }
  }

  /**
   * Each row's part of one output: [T, …] without padding of [B, T, …], [labels] of [B, labels].
   * @param {TokenRows} rows
   * @param {CallOptions} [options]
   * @param {string} [name]
   * @returns {Promise<Float32Array[]>}
   */
  async outputs(rows, options, name = 'logits') {
    /** @type {Float32Array[]} */
    const out = [];
    await this.run(
      rows,
      (outputs, at, row) => {
        const { data, dims } = /** @type {{ data: Float32Array, dims: number[] }} */ (outputs[name]),
          step = data.length / dims[0];
        const size = dims.length === 3 ? (step / dims[1]) * rows.lengthOf(row) : step;
        out[row] = data.subarray(at * step, at * step + size);
      },
      options,
    );
    return out;
  }
}

const prototype = /** @type {any} */ (Pipeline.prototype);
if (Symbol.dispose) prototype[Symbol.dispose] = prototype.dispose;
if (Symbol.asyncDispose) prototype[Symbol.asyncDispose] = prototype.dispose;

/**
 * x as a list, and whether it was one: a single text gets a single result.
 * @template T
 * @param {T | T[]} x
 * @returns {[T[], boolean]}
 */
export const listOf = (x) => (Array.isArray(x) ? [x, true] : [[x], false]);
