// One loaded language model: a WasmModel whose program runs the whole loop of tokens (wasm/generate). A
// generation comes in slices; between them the event loop has its turn, an abort is heard and tokens are handed
// out. Keys and values of the last text stay, and a prompt that begins like it goes on from there.

import { InputError, checkStatus, throwIfAborted } from '../../errors.js';
import { SLICE_MS, WasmModel, breathe } from './model.js';
import { Turn, Turns } from '../turns.js';

/**
 * @typedef {'f32' | 'f16' | 'q8'} CacheType
 * @typedef {{ data: ArrayLike<number | bigint>, dims: number[] }} Ids
 * @typedef {{ token: number, logprob: number, top: { token: number, logprob: number }[] }} Logprob
 * @typedef {{
 *   signal?: AbortSignal | null,
 *   stepwise?: boolean,
 *   process?: ((logits: Float32Array, running: Int32Array | null, rows: Uint32Array) => ArrayLike<number>) | null,
 *   rowsLeave?: boolean,
 *   decide?: ((continuations: Int32Array, rows: number) => Uint8Array) | null,
 *   scores?: ((scores: Float32Array, logits: Float32Array) => void) | null,
 *   ended?: ((results: Results) => void) | null,
 *   cache?: import('../../generation/cache.js').DynamicCache | null,
 * }} Hooks stepwise: a slice for each token; process: is given each step's logits [rows, vocabulary] behind the
 * penalties, a
 *   view that holds during the call, with beams also their new tokens, and which rows of the results these are, and
 *   gives what to pick
 *   from; rowsLeave: it looks at each row by itself, so that those that have ended need not be there; decide: with
 *   beams, is given
 *   the new tokens of what they might go on with, as many rows for each prompt, and says with a number from CALLER
 *   on which end;
 *   scores: is given what was picked from and the model's own logits of some steps, [steps, rows, vocabulary],
 *   where output_scores and
 *   output_logits ask for them; cache: the caller's, checked
 * @typedef {{
 *   rows: number, ids: Int32Array, length: number, seed: number, reused: number, scores: Float32Array, outcomes:
 *   Int32Array,
 *   top: number, picked: Float32Array, topIds: Int32Array, topValues: Float32Array,
 * }} Results outcomes: with beams of each row how many new tokens it has, then how each ended (a number of ENDINGS,
 * or decide's)
 */

/** wasm/generate/generation.h's Ending; from CALLER on decide() says what they mean. */
export const ENDINGS = /** @type {const} */ (['cut', 'eos', 'length', 'time', 'criteria']);
export const CALLER = ENDINGS.length;
/** Generations that are put aside at once; the oldest is given up. */
const ASIDE = 8;

export class LanguageEngine extends WasmModel {
  #turns = new Turns();
  /**
   * Turns whose generations are put aside, and their numbers in Wasm.
   * @type {Map<Turn, number>}
   */
  #aside = new Map();
  /**
   * The caller's cache whose text lies in Wasm.
   * @type {WeakRef<import('../../generation/cache.js').DynamicCache> | null}
   */
  #cache = null;
  /**
   * Of the last generation.
   * @type {Results}
   */
  #results = {
    rows: 0,
    ids: new Int32Array(0),
    length: 0,
    seed: 0,
    reused: 0,
    scores: new Float32Array(0),
    outcomes: new Int32Array(0),
    top: 0,
    picked: new Float32Array(0),
    topIds: new Int32Array(0),
    topValues: new Float32Array(0),
  };
  /** @type {CacheType} */ #cacheType = 'f16';

  /**
   * @param {string} configJson
   * @param {string} architecture
   * @param {any} dtype
   * @param {string} where
   * @returns {Promise<LanguageEngine>}
   */
  static async create(configJson, architecture, dtype, where) {
    const engine = /** @type {LanguageEngine} */ (await super.create(configJson, architecture, dtype, where, 'lm'));
    if (dtype === 'fp32') engine.#cacheType = 'f32';
    return engine;
  }

  /**
   * Tokens that the model knows.
   * @returns {number}
   */
  get vocabulary() {
    return this._alive().vocabulary();
  }
  /**
   * Tokens that the model can see; 0: no bound.
   * @returns {number}
   */
  get context() {
    return this._alive().context();
  }
  /**
   * Keys and values of so many sequences of so many tokens, in bytes.
   * @param {number} rows
   * @param {number} tokens
   * @param {CacheType} [type]
   * @returns {number}
   */
  cacheBytes(rows, tokens, type = this.#cacheType) {
    const handle = this._alive(),
      bytes = handle.cacheBytes(rows, tokens, type);
    checkStatus(handle, this.where);
    return bytes;
  }

  /**
   * What passes over so many rows take besides weights and cache, in bytes.
   * @param {number} rows
   * @returns {number}
   */
  workBytes(rows) {
    return this._alive().workBytes(rows);
  }

  /**
   * Generates: slices of tokens [count × rows], rows being prompts × num_return_sequences. A row that has ended has
   * padding.
   * Beams give all at the end. Generations wait for each other, but for none whose reader is gone: it is put aside,
   * and goes on
   * when it is read again. Forward passes may come between two slices.
   * @param {{ input_ids: Ids, attention_mask?: Ids | null }} inputs padded on the left
   * @param {Record<string, any>} [options] of wasm/generate/config.h, and cache_dtype
   * @param {Hooks} [hooks]
   * @returns {AsyncGenerator<Int32Array, void>}
   */
  async *generate(
    { input_ids, attention_mask },
    options = {},
    {
      signal = null,
      stepwise = false,
      process = null,
      rowsLeave = false,
      decide = null,
      scores = null,
      ended = null,
      cache = null,
    } = {},
  ) {
    const { cache_dtype = this.#cacheType, ...rest } = options,
      json = optionsJson(rest),
      turn = new Turn(() => this.#putAside(turn));
    throwIfAborted(signal);
    try {
      await this.#turns.take(turn, signal);
      await this._use((handle, module) => {
        throwIfAborted(signal);
        handle.release(); // inputs of a call that failed
        this.#bring(handle, module, cache);
        this._setInput(handle, 'input_ids', input_ids);
        if (attention_mask) this._setInput(handle, 'attention_mask', attention_mask);
        handle.generateBegin(
          json,
          String(cache_dtype ?? this.#cacheType),
          process !== null,
          rowsLeave,
          decide !== null,
        );
        checkStatus(handle, this.where);
      });
      for (let finished = false; !finished; ) {
        /** @type {{ cause: unknown } | null} what the caller's own function threw */
        let thrown = null;
        const tokens = await this._use(async (handle, module) => {
          for (;;) {
            throwIfAborted(signal);
            handle.generateRun(SLICE_MS, stepwise ? 1 : 0);
            checkStatus(handle, this.where);
            if (process && (thrown = this.#process(handle, module, process))) return null;
            if (decide && (thrown = this.#decide(handle, decide))) return null;
            finished = handle.generateFinished();
            const some = handle.takeTokens();
            scores?.(handle.takeScores(), handle.takeLogits());
            if (cache) cache._state.tokens = handle.cachedTokens();
            if (finished) this.#keep(handle);
            if (some.length || finished) return some;
            await breathe();
            this._alive();
          }
        });
        if (thrown) throw /** @type {{ cause: unknown }} */ (thrown).cause;
        if (finished) {
          ended?.(this.#results);
          this.#turns.leave(turn);
          if (tokens?.length) yield tokens;
          return;
        }
        if (!tokens?.length) continue;
        this.#turns.rest(turn);
        yield tokens;
        await this.#turns.take(turn, signal);
        if (turn.displaced) await this._use((handle, module) => this.#goOn(turn, handle, module, cache));
      }
    } finally {
      this.#turns.leave(turn);
      this.#drop(turn);
    }
  }

  /**
   * Others had a turn: what is needed to go on after theirs is kept.
   * @param {Turn} turn
   */
  #putAside(turn) {
    try {
      this.#aside.set(turn, this._alive().park());
      if (this.#aside.size > ASIDE) this.#drop(/** @type {Turn} */ (this.#aside.keys().next().value));
    } catch {} // disposed of: it will hear of it
  }
  /**
   * @param {Turn} turn
   * @param {any} handle
   * @param {any} module
   * @param {import('../../generation/cache.js').DynamicCache | null} cache
   */
  #goOn(turn, handle, module, cache) {
    const number = this.#aside.get(turn);
    turn.displaced = false;
    if (number === undefined) {
      throw new InputError(
        `This generation was left unread while ${ASIDE} others were, too, and was given up; begin it anew.`,
        { code: 'given_up', field: 'stream' },
      );
    }
    this.#aside.delete(turn);
    this.#bring(handle, module, cache);
    handle.resume(number);
    checkStatus(handle, this.where);
  }
  /** @param {Turn} turn */
  #drop(turn) {
    const number = this.#aside.get(turn);
    if (number === undefined) return;
    this.#aside.delete(turn);
    try {
      this._alive().drop(number);
    } catch {} // gone with the model
  }

  /**
   * Brings the text of a caller's cache in, and keeps the one of another that somebody still has.
   * @param {any} handle
   * @param {any} module
   * @param {import('../../generation/cache.js').DynamicCache | null} cache
   */
  #bring(handle, module, cache) {
    const other = this.#cache?.deref();
    if (cache && other === cache) return;
    if (cache && other?._state.engine === this && handle.cachedTokens()) {
      other._state.bytes = handle.saveCache(); // null where the memory is not there: it is computed anew then
    }
    this.#cache = cache ? new WeakRef(cache) : null;
    if (!cache) return;
    const { bytes } = cache._state;
    if (bytes) this.#restore(handle, module, bytes);
    Object.assign(cache._state, {
      engine: this,
      bytes: null,
      tokens: bytes ? handle.cachedTokens() : cache._state.tokens,
    });
  }

  /**
   * @param {any} handle
   * @param {(continuations: Int32Array, rows: number) => Uint8Array} decide
   */
  #decide(handle, decide) {
    const all = handle.continuations(),
      rows = all[0];
    if (!rows) return null;
    try {
      const ends = decide(all.subarray(1), rows);
      if (ends.length !== rows)
        throw new InputError(`${rows} rows are to be decided on, not ${ends.length}.`, {
          code: 'shape_mismatch',
          field: 'stopping_criteria',
        });
      handle.decide(ends);
    } catch (cause) {
      return { cause };
    }
    return null;
  }

  /**
   * @param {any} handle
   * @param {any} module
   * @param {NonNullable<Hooks['process']>} process
   */
  #process(handle, module, process) {
    const pointer = handle.logitsPtr();
    if (!pointer) return null;
    const size = handle.logitsRows() * handle.vocabulary(),
      view = () => new Float32Array(module.HEAPU8.buffer, pointer, size);
    let changed;
    try {
      changed = process(view(), handle.runningTokens(), handle.scoredRows());
    } catch (cause) {
      return { cause };
    }
    if (changed?.length !== size)
      throw new InputError(`Processed logits must be ${size} numbers.`, {
        code: 'shape_mismatch',
        field: 'logits_processor',
      });
    view().set(changed);
    handle.generateAccept();
    checkStatus(handle, this.where);
    return null;
  }

  /** @param {any} handle */
  #keep(handle) {
    this.#results = {
      rows: handle.resultRows(),
      ids: handle.sequences(),
      length: handle.sequencesLength(),
      seed: handle.generateSeed(),
      reused: handle.reusedTokens(),
      scores: handle.sequencesScores(),
      outcomes: handle.outcomes(),
      top: handle.logprobsTop(),
      picked: handle.logprobsPicked(),
      topIds: handle.logprobsTopIds(),
      topValues: handle.logprobsTopValues(),
    };
  }

  /**
   * Ends a row after the tokens that were given (not with beams).
   * @param {number} row of the results
   * @returns {boolean}
   */
  stopRow(row) {
    return this._alive().stopRow(row);
  }
  /** Ends all rows; beams give the best that they have. */
  stop() {
    this._alive().stopAll();
  }

  // Of the last generation, once it has ended.
  /**
   * The seed that it drew by.
   * @returns {number}
   */
  get seed() {
    return this.#results.seed;
  }
  /**
   * Tokens of its prompt that were in the cache.
   * @returns {number}
   */
  get reusedTokens() {
    return this.#results.reused;
  }
  /**
   * A score for each sequence, with beams.
   * @returns {Float32Array}
   */
  sequencesScores() {
    return this.#results.scores;
  }
  /**
   * With the option logprobs: for each token of a row.
   * @param {number} row
   * @param {Results} [results]
   * @returns {Logprob[]}
   */
  logprobs(row, results = this.#results) {
    const { rows, ids, length, top, picked, topIds, topValues } = results,
      out = [],
      steps = picked.length / rows;
    for (let step = 0; step < steps; step++) {
      const i = step * rows + row,
        token = ids[(row + 1) * length - steps + step];
      const best = Array.from({ length: top }, (_, k) => ({
        token: topIds[i * top + k],
        logprob: topValues[i * top + k],
      }));
      out.push({ token, logprob: picked[i], top: best });
    }
    return out;
  }

  /**
   * Tokens whose keys and values are kept.
   * @returns {number}
   */
  get cachedTokens() {
    return this._alive().cachedTokens();
  }
  /**
   * Keeps the first tokens only.
   * @param {number} tokens
   * @param {import('../../generation/cache.js').DynamicCache | null} [cache]
   * @returns {Promise<void>}
   */
  cropCache(tokens, cache = null) {
    if (!Number.isInteger(tokens) || tokens < 0)
      throw new InputError(`The cache can be cropped to a number of tokens, not ${tokens}.`, {
        code: 'bad_option',
        field: 'tokens',
      });
    return this.#between((handle) => {
      handle.cropCache(tokens);
      if (cache) cache._state.tokens = handle.cachedTokens();
    }, cache);
  }
  /**
   * The cache as bytes, for restoreCache() of the same model.
   * @param {import('../../generation/cache.js').DynamicCache | null} [cache]
   * @returns {Promise<Uint8Array>}
   */
  saveCache(cache = null) {
    return this.#between((handle) => {
      const bytes = handle.saveCache();
      checkStatus(handle, this.where);
      return bytes;
    }, cache);
  }
  /**
   * @param {Uint8Array} bytes saveCache()'s
   * @returns {Promise<void>}
   */
  restoreCache(bytes) {
    if (!(bytes instanceof Uint8Array))
      throw new InputError('A saved cache is a Uint8Array.', { code: 'bad_cache', field: 'cache' });
    return this.#between((handle, module) => {
      this.#cache = null;
      this.#restore(handle, module, bytes);
    });
  }
  /**
   * @param {any} handle
   * @param {any} module
   * @param {Uint8Array} bytes
   */
  #restore(handle, module, bytes) {
    const window = handle.restoreWindow(bytes.length);
    checkStatus(handle, this.where);
    module.HEAPU8.set(bytes, window);
    handle.restoreCache();
    checkStatus(handle, this.where);
  }

  /**
   * Work on the cache that must not come into a generation.
   * @template T
   * @param {(handle: any, module: any) => T} work
   * @param {import('../../generation/cache.js').DynamicCache | null} [cache] the one that is meant
   * @returns {Promise<T>}
   */
  async #between(work, cache = null) {
    const turn = new Turn(() => {});
    try {
      await this.#turns.take(turn);
      return await this._use((handle, module) => {
        if (cache) this.#bring(handle, module, cache);
        return work(handle, module);
      });
    } finally {
      this.#turns.leave(turn);
    }
  }

  /**
   * A forward pass; a generation's pass that it comes into is done again.
   * @param {Record<string, { data: ArrayLike<number | bigint>, dims: number[] }>} inputs
   * @param {AbortSignal} [signal]
   */
  run(inputs, signal) {
    this._use((handle) => handle.interrupt()).catch(() => {}); // the pass says what is wrong
    return super.run(inputs, signal);
  }
}

/**
 * JSON would make null, which is nothing said, of what is no number.
 * @param {Record<string, any>} options
 */
function optionsJson(options) {
  const { seed = options.do_sample ? crypto.getRandomValues(new Uint32Array(1))[0] : undefined, ...rest } = options;
  return JSON.stringify({ ...rest, seed }, (key, value) => {
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new InputError(`The option ${key} must be a finite number, not ${value}.`, {
        code: 'bad_option',
        field: key,
      });
    if (ArrayBuffer.isView(value)) return Array.from(/** @type {any} */ (value), Number);
    if (typeof value === 'function')
      throw new InputError(`The option ${key} is a function; the engine takes none.`, {
        code: 'bad_option',
        field: key,
      });
    return value;
  });
}
