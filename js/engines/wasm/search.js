// The program `search` (wasm/binding/search.cpp): picks tokens from the scores of any engine's decoder. One instance
// serves all searches; it is fetched when the first one begins.

import { InputError, InternalError, checkStatus } from '../../errors.js';
import { optionsJson } from '../generate-options.js';
import { loadProgram } from './load-wasm.js';
import { search as program } from './programs.js';
import { decideEndings, endRows, hookCause, outcomesOf, processScores } from './search-handle.js';

/**
 * @typedef {import('../engine.js').GenerateHooks} Hooks
 * @typedef {{ data: ArrayLike<number | bigint>, dims: number[] }} Ids
 * @typedef {import('../engine.js').DecoderPass & { from: Uint32Array | null }} Feed what the decoder runs next. from:
 *   row r goes on behind row from[r] of the feed before; null: behind row r, or a new text
 */

/** @type {Promise<any> | null} */
let loading = null;

/** @returns {Promise<any>} */
const load = () =>
  (loading ??= loadProgram(program).catch((error) => {
    loading = null;
    throw error;
  }));

/**
 * @param {Ids} tensor
 * @param {string} field
 */
function integers({ data, dims }, field) {
  if (dims.length !== 2 || dims[0] * dims[1] !== data.length)
    throw new InputError(`${field} of shape [${dims}] has ${data.length} values; [rows, length] is needed.`, {
      code: 'shape_mismatch',
      field,
    });
  return Int32Array.from(data, (value, i) => {
    const v = Number(value);
    if (!Number.isInteger(v) || Math.abs(v) > 0x7fffffff)
      throw new InputError(`${field}[${i}] is ${String(value)}; whole numbers of 32 bits are needed.`, {
        code: 'not_an_integer',
        field,
      });
    return v;
  });
}

export class Search {
  #module;
  #handle;
  #hooks;
  #vocabulary;
  #where;

  /**
   * @param {any} module
   * @param {number} vocabulary
   * @param {Hooks} hooks
   * @param {string} where
   */
  constructor(module, vocabulary, hooks, where) {
    this.#module = module;
    this.#handle = new module.Search();
    this.#vocabulary = vocabulary;
    this.#hooks = hooks;
    this.#where = where;
  }

  /**
   * InputError: options or ids that are wrong.
   * @param {{ input_ids: Ids, attention_mask?: Ids | null }} inputs padded on the left
   * @param {Record<string, any>} options of wasm/generate/config.h
   * @param {{ vocabulary: number, context: number }} model
   * @param {Hooks} hooks
   * @param {string} [where] for messages
   * @returns {Promise<Search>}
   */
  static async begin({ input_ids, attention_mask }, options, { vocabulary, context }, hooks, where = '') {
    const json = optionsJson(options),
      ids = integers(input_ids, 'input_ids'),
      mask = attention_mask ? Uint8Array.from(integers(attention_mask, 'attention_mask')) : null,
      [rows, length] = input_ids.dims,
      { process, rowsLeave = false, decide } = hooks;
    const search = new Search(await load(), vocabulary, hooks, where);
    try {
      search.#call((handle) =>
        handle.begin(json, ids, mask, rows, length, vocabulary, context, !!process, rowsLeave, !!decide),
      );
      return search;
    } catch (error) {
      search.dispose();
      throw error;
    }
  }

  /**
   * @template T
   * @param {(handle: any) => T} work
   * @returns {T}
   */
  #call(work) {
    try {
      const result = work(this.#handle);
      checkStatus(this.#handle, this.#where);
      return result;
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw hookCause(error);
      loading = null; // what the instance holds cannot be trusted
      throw new InternalError(`The search stopped unexpectedly (${error.message}).`, { code: 'trap', cause: error });
    }
  }

  get finished() {
    return this.#handle.finished();
  }
  /** The next feed has whole texts, for a cache that has lost them. */
  replay() {
    this.#handle.replay();
  }
  /** @returns {Feed} */
  feed() {
    return this.#call((handle) => handle.feed());
  }

  /**
   * Takes the scores of the feed's last tokens [rows, vocabulary], calls the hooks and picks.
   * @param {Float32Array} scores
   * @returns {Int32Array} new tokens, as Generate gives them
   */
  accept(scores) {
    const { process, decide, step } = this.#hooks,
      module = this.#module;
    const window = this.#call((handle) => handle.scoresWindow());
    new Float32Array(module.HEAPU8.buffer, window, scores.length).set(scores);
    return this.#call((handle) => {
      if (!handle.process()) return new Int32Array();
      if (process) processScores(handle, module, this.#vocabulary, process, this.#where);
      else if (!handle.acceptScores()) return new Int32Array();
      if (decide) decideEndings(handle, module, decide);
      const tokens = handle.takeTokens();
      if (step && tokens.length) endRows(handle, module, tokens, step);
      this.#hooks.scores?.(handle.takeScores(), handle.takeLogits(), this.#vocabulary);
      return tokens;
    });
  }

  /** @returns {import('../engine.js').Outcomes} */
  outcomes() {
    return outcomesOf(this.#handle, this.#module);
  }
  /** @returns {import('../engine.js').Results} */
  results() {
    return this.#handle.results();
  }
  dispose() {
    this.#handle.delete();
  }
}
