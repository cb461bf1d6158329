// One loaded language model: an EngineModel whose program runs the whole loop of tokens (wasm/generate). A generation
// comes in slices; between them the event loop has its turn, an abort is heard and tokens are handed out. Keys and values
// of the last text stay, and a prompt that begins like it goes on from there.

import { InputError, checkStatus, throwIfAborted } from '../errors.js';
import { EngineModel, SLICE_MS, breathe } from './engine.js';

/**
 * @typedef {'f32' | 'f16' | 'q8'} CacheType
 * @typedef {{ data: ArrayLike<number | bigint>, dims: number[] }} Ids
 * @typedef {{ token: number, logprob: number, top: { token: number, logprob: number }[] }} Logprob
 * @typedef {{
 *   signal?: AbortSignal | null,
 *   stepwise?: boolean,
 *   process?: ((logits: Float32Array) => ArrayLike<number>) | null,
 * }} Hooks stepwise: a slice for each token; process: is given each step's logits [rows, vocabulary], a view that holds during
 *   the call, and gives what to pick from
 */

export class LanguageEngine extends EngineModel {
  /** Ends when no generation runs. @type {Promise<void>} */ #turn = Promise.resolve();
  /** Of the last generation. */
  #results = { rows: 0, ids: new Int32Array(0), length: 0, seed: 0, reused: 0, scores: new Float32Array(0), top: 0, picked: new Float32Array(0), topIds: new Int32Array(0), topValues: new Float32Array(0) };
  /** @type {CacheType} */ #cacheType = 'f16';

  /** @param {string} configJson @param {string} architecture @param {any} dtype @param {string} where @returns {Promise<LanguageEngine>} */
  static async create(configJson, architecture, dtype, where) {
    const engine = /** @type {LanguageEngine} */ (await super.create(configJson, architecture, dtype, where, 'lm'));
    if (dtype === 'fp32') engine.#cacheType = 'f32';
    return engine;
  }

  /** Tokens that the model knows. @returns {number} */
  get vocabulary() { return this._alive().vocabulary(); }
  /** Tokens that the model can see; 0: no bound. @returns {number} */
  get context() { return this._alive().context(); }
  /** Keys and values of so many sequences of so many tokens, in bytes. @param {number} rows @param {number} tokens @param {CacheType} [type] @returns {number} */
  cacheBytes(rows, tokens, type = this.#cacheType) {
    const handle = this._alive(), bytes = handle.cacheBytes(rows, tokens, type);
    checkStatus(handle, this.where);
    return bytes;
  }

  /**
   * Generates: slices of tokens [count × rows], rows being prompts × num_return_sequences. A row that has ended has padding.
   * Beams give all at the end. Generations wait for each other (end one that
   * is not read to its end with return(), as a for await does); forward passes may come between two slices.
   * @param {{ input_ids: Ids, attention_mask?: Ids | null }} inputs padded on the left
   * @param {Record<string, any>} [options] of wasm/generate/config.h, and cache_dtype
   * @param {Hooks} [hooks]
   * @returns {AsyncGenerator<Int32Array, void>}
   */
  async *generate({ input_ids, attention_mask }, options = {}, { signal, stepwise = false, process = null } = {}) {
    const { cache_dtype = this.#cacheType, ...rest } = options, before = this.#turn;
    const json = optionsJson(rest);
    let ended = () => {};
    this.#turn = new Promise((resolve) => { ended = resolve; });
    await unlessAborted(before, signal).catch((cause) => {
      before.then(ended);
      throw cause;
    });
    try {
      await this._use((handle) => {
        throwIfAborted(signal);
        handle.release(); // inputs of a call that failed
        this._setInput(handle, 'input_ids', input_ids);
        if (attention_mask) this._setInput(handle, 'attention_mask', attention_mask);
        handle.generateBegin(json, String(cache_dtype ?? this.#cacheType), process !== null);
        checkStatus(handle, this.where);
      });
      for (let finished = false; !finished;) {
        /** @type {{ cause: unknown } | null} what the caller's own function threw */
        let thrown = null;
        const tokens = await this._use(async (handle, module) => {
          for (;;) {
            throwIfAborted(signal);
            handle.generateRun(SLICE_MS, stepwise ? 1 : 0);
            checkStatus(handle, this.where);
            if (process && (thrown = this.#process(handle, module, process))) return null;
            finished = handle.generateFinished();
            const some = handle.takeTokens();
            if (finished) this.#keep(handle);
            if (some.length || finished) return some;
            await breathe();
            this._alive();
          }
        });
        if (thrown) throw /** @type {{ cause: unknown }} */ (thrown).cause;
        if (tokens?.length) yield tokens;
      }
    } finally {
      ended();
    }
  }

  /** @param {any} handle @param {any} module @param {(logits: Float32Array) => ArrayLike<number>} process */
  #process(handle, module, process) {
    const pointer = handle.logitsPtr();
    if (!pointer) return null;
    const size = handle.logitsRows() * handle.vocabulary(), view = () => new Float32Array(module.HEAPU8.buffer, pointer, size);
    let changed;
    try {
      changed = process(view());
    } catch (cause) {
      return { cause };
    }
    if (changed?.length !== size) throw new InputError(`Processed logits must be ${size} numbers.`, { code: 'shape_mismatch', field: 'logits_processor' });
    view().set(changed);
    handle.generateAccept();
    checkStatus(handle, this.where);
    return null;
  }

  /** @param {any} handle */
  #keep(handle) {
    this.#results = {
      rows: handle.resultRows(), ids: handle.sequences(), length: handle.sequencesLength(), seed: handle.generateSeed(), reused: handle.reusedTokens(), scores: handle.sequencesScores(), top: handle.logprobsTop(),
      picked: handle.logprobsPicked(), topIds: handle.logprobsTopIds(), topValues: handle.logprobsTopValues(),
    };
  }

  /** Ends a row after the tokens that were given (not with beams). @param {number} row of the results @returns {boolean} */
  stopRow(row) { return this._alive().stopRow(row); }
  /** Ends all rows; beams after one more token. */
  stop() { this._alive().stopAll(); }

  // Of the last generation, once it has ended.
  /** The seed that it drew by. @returns {number} */
  get seed() { return this.#results.seed; }
  /** Tokens of its prompt that were in the cache. @returns {number} */
  get reusedTokens() { return this.#results.reused; }
  /** A score for each sequence, with beams. @returns {Float32Array} */
  sequencesScores() { return this.#results.scores; }
  /** With the option logprobs: for each token of a row. @param {number} row @returns {Logprob[]} */
  logprobs(row) {
    const { rows, ids, length, top, picked, topIds, topValues } = this.#results, out = [], steps = picked.length / rows;
    for (let step = 0; step < steps; step++) {
      const i = step * rows + row, token = ids[(row + 1) * length - steps + step];
      const best = Array.from({ length: top }, (_, k) => ({ token: topIds[i * top + k], logprob: topValues[i * top + k] }));
      out.push({ token, logprob: picked[i], top: best });
    }
    return out;
  }

  /** Tokens whose keys and values are kept. @returns {number} */
  get cachedTokens() { return this._alive().cachedTokens(); }
  /** Keeps the first tokens only. @param {number} tokens @returns {Promise<void>} */
  cropCache(tokens) {
    if (!Number.isInteger(tokens) || tokens < 0) throw new InputError(`The cache can be cropped to a number of tokens, not ${tokens}.`, { code: 'bad_option', field: 'tokens' });
    return this.#between((handle) => handle.cropCache(tokens));
  }
  /** The cache as bytes, for restoreCache() of the same model. @returns {Promise<Uint8Array>} */
  saveCache() {
    return this.#between((handle) => {
      const bytes = handle.saveCache();
      checkStatus(handle, this.where);
      return bytes;
    });
  }
  /** @param {Uint8Array} bytes saveCache()'s @returns {Promise<void>} */
  restoreCache(bytes) {
    if (!(bytes instanceof Uint8Array)) throw new InputError('A saved cache is a Uint8Array.', { code: 'bad_cache', field: 'cache' });
    return this.#between((handle, module) => {
      const window = handle.restoreWindow(bytes.length);
      checkStatus(handle, this.where);
      module.HEAPU8.set(bytes, window);
      handle.restoreCache();
      checkStatus(handle, this.where);
    });
  }

  /** Work on the cache that must not come into a generation. @template T @param {(handle: any, module: any) => T} work @returns {Promise<T>} */
  #between(work) {
    const done = this.#turn.then(() => this._use(work));
    this.#turn = done.then(() => {}, () => {});
    return done;
  }
}

/** Waits, but not after an abort. @param {Promise<void>} promise @param {AbortSignal | null | undefined} signal @returns {Promise<void>} */
async function unlessAborted(promise, signal) {
  throwIfAborted(signal);
  if (!signal) return promise;
  let abort = () => {};
  try {
    await Promise.race([promise, new Promise((_, reject) => {
      abort = () => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
    })]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** JSON would make null, which is nothing said, of what is no number. @param {Record<string, any>} options */
function optionsJson(options) {
  const { seed = options.do_sample ? crypto.getRandomValues(new Uint32Array(1))[0] : undefined, ...rest } = options;
  return JSON.stringify({ ...rest, seed }, (key, value) => {
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'number' && !Number.isFinite(value)) throw new InputError(`The option ${key} must be a finite number, not ${value}.`, { code: 'bad_option', field: key });
    if (ArrayBuffer.isView(value)) return Array.from(/** @type {any} */ (value), Number);
    if (typeof value === 'function') throw new InputError(`The option ${key} is a function; the engine takes none.`, { code: 'bad_option', field: key });
    return value;
  });
}
