// One loaded model that generates: a WasmModel whose program has the decoder's cache and the whole loop of tokens
// (wasm/generate). A generation comes in slices; between them the event loop gets a turn, an abort is heard and tokens
// are handed out. Keys and values of the last text stay, and a prompt that begins like it goes on from there.

import { InputError, checkStatus, throwIfAborted } from '../../errors.js';
import { optionsJson } from '../generate-options.js';
import { Turn, Turns } from '../turns.js';
import { SLICE_MS, WasmModel, breathe } from './model.js';
import { decideEndings, endRows, hookCause, outcomesOf, processScores } from './search-handle.js';

/**
 * @typedef {import('../engine.js').GenerateHooks} Hooks
 * @typedef {import('../../generation/cache.js').DynamicCache} DynamicCache
 * @typedef {'f32' | 'f16' | 'q8'} CacheType
 * @typedef {{ data: ArrayLike<number | bigint>, dims: number[] }} Ids
 */

/** Parked generations; beyond this many the oldest is evicted. */
const MOST_PARKED = 8;

export class WasmDecoderModel extends WasmModel {
  #turns = new Turns();
  /**
   * The turns of parked generations, and their numbers in Wasm.
   * @type {Map<Turn, number>}
   */
  #parked = new Map();
  /** @type {import('../caller-caches.js').CallerCaches | null} */ #caches = null;
  /** Tokens of the last generation's prompt that were in the cache. */
  reusedTokens = 0;

  /** @returns {CacheType} where the caller names none */
  get #cacheType() {
    return this.dtype === 'fp32' ? 'f32' : 'f16';
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
   * Bytes of a cache of so many sequences of so many tokens.
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
   * Bytes that passes over so many rows take besides weights and cache.
   * @param {number} rows
   * @returns {number}
   */
  workBytes(rows) {
    return this._alive().workBytes(rows);
  }

  /**
   * The contract's decoder: passes whose scores the caller gets. Its code is loaded with the first of them.
   * @returns {import('../engine.js').Decoder}
   */
  get decoder() {
    const model = this,
      exclusive = (/** @type {any} */ work) => this.#exclusive(work),
      passes = async () => new (await import('./decoder-passes.js')).DecoderPasses(model, this.#cacheType, exclusive);
    return {
      get vocabulary() {
        return model.vocabulary;
      },
      get context() {
        return model.context;
      },
      get length() {
        return model.cachedTokens;
      },
      prefill: async (...pass) => (await passes()).prefill(...pass),
      step: async (...pass) => (await passes()).step(...pass),
      reorder: async (from) => (await passes()).reorder(from),
      crop: (tokens) => model.cropCache(tokens),
      save: () => model.saveCache(),
      restore: (bytes) => model.restoreCache(bytes),
    };
  }

  /**
   * The contract's loop of tokens. Generations wait for each other; one whose reader stays away is parked meanwhile.
   * Forward passes may come between two slices.
   * @param {{ input_ids: Ids, attention_mask?: Ids | null }} inputs padded on the left
   * @param {Record<string, any>} [options] of wasm/generate/config.h, and cache_dtype
   * @param {Hooks} [hooks]
   * @returns {AsyncGenerator<Int32Array, void>}
   */
  async *generate({ input_ids, attention_mask }, options = {}, hooks = {}) {
    const { signal = null, process, rowsLeave = false, decide, step, scores, progress, ended, cache = null } = hooks,
      { cache_dtype, ...rest } = options,
      json = optionsJson(rest),
      stepwise = hooks.stepwise || step,
      turn = new Turn(() => this.#park(turn));
    throwIfAborted(signal);
    try {
      await this.#turns.take(turn, signal);
      await this._use(async (handle, module) => {
        throwIfAborted(signal);
        handle.release(); // inputs of a call that failed
        await this.#bring(handle, module, cache);
        this._setInput(handle, 'input_ids', input_ids);
        if (attention_mask) this._setInput(handle, 'attention_mask', attention_mask);
        handle.generateBegin(json, String(cache_dtype ?? this.#cacheType), !!process, rowsLeave, !!decide);
        checkStatus(handle, this.where);
      });
      for (let finished = false; !finished; ) {
        const tokens = await this._use(async (handle, module) => {
          for (;;) {
            throwIfAborted(signal);
            handle.generateRun(SLICE_MS, stepwise ? 1 : 0);
            checkStatus(handle, this.where);
            if (process) processScores(handle, module, handle.vocabulary(), process, this.where);
            if (decide) decideEndings(handle, module, decide);
            const some = handle.takeTokens();
            if (step && some.length) endRows(handle, module, some, step);
            finished = handle.generateFinished();
            const [scored, logits] = scores ? [handle.takeScores(), handle.takeLogits()] : [[], []];
            if (scored.length || logits.length) scores?.(scored, logits, handle.vocabulary()); // none: time was up
            if (cache) cache._state.tokens = handle.cachedTokens();
            if (some.length || finished) {
              progress?.(outcomesOf(handle, module));
              this.reusedTokens = handle.reusedTokens();
              if (finished) ended?.(handle.results());
              return some;
            }
            await breathe();
            this._alive();
          }
        }).catch((error) => {
          throw hookCause(error);
        });
        if (finished) this.#turns.leave(turn);
        else this.#turns.rest(turn);
        if (tokens.length) yield tokens;
        if (finished) return;
        await this.#turns.take(turn, signal);
        if (turn.parked) await this._use((handle, module) => this.#resume(turn, handle, module, cache));
      }
    } finally {
      this.#turns.leave(turn);
      this.#evict(turn);
    }
  }

  /**
   * Another generation gets its turn: keeps what is needed to go on later.
   * @param {Turn} turn
   */
  #park(turn) {
    try {
      this.#parked.set(turn, this._alive().park());
      if (this.#parked.size > MOST_PARKED) this.#evict(/** @type {Turn} */ (this.#parked.keys().next().value));
    } catch {} // disposed of: the generation's next step says so
  }
  /**
   * @param {Turn} turn
   * @param {any} handle
   * @param {any} module
   * @param {DynamicCache | null} cache
   */
  async #resume(turn, handle, module, cache) {
    const number = this.#parked.get(turn);
    turn.parked = false;
    if (number === undefined) {
      throw new InputError(
        `This generation was not read while ${MOST_PARKED} others were parked, and was evicted; begin it again.`,
        { code: 'given_up', field: 'stream' },
      );
    }
    this.#parked.delete(turn);
    await this.#bring(handle, module, cache);
    handle.resume(number);
    checkStatus(handle, this.where);
  }
  /**
   * Frees a parked generation.
   * @param {Turn} turn
   */
  #evict(turn) {
    const number = this.#parked.get(turn);
    if (number === undefined) return;
    this.#parked.delete(turn);
    try {
      this._alive().drop(number);
    } catch {} // disposed of
  }

  /**
   * @param {any} handle
   * @param {any} module
   * @param {DynamicCache | null} cache the caller's
   */
  async #bring(handle, module, cache) {
    if (cache && !this.#caches) this.#caches = new (await import('../caller-caches.js')).CallerCaches(this, this);
    await this.#caches?.bring(cache, {
      tokens: () => handle.cachedTokens(),
      save: () => handle.saveCache(),
      restore: (bytes) => this.#restore(handle, module, bytes),
      layers: handle.cachedLayers(),
      read: (tensor) => {
        const alive = this._alive(),
          read = alive.readCache(tensor);
        checkStatus(alive, this.where);
        return read;
      },
    });
  }

  /** Ends all rows of the generation that runs; beams give the best that they have. */
  stop() {
    this._alive().stopAll();
  }

  /**
   * Tokens whose keys and values are kept, of each row.
   * @returns {number}
   */
  get cachedTokens() {
    return this._alive().cachedTokens();
  }
  /**
   * Keeps the first tokens only.
   * @param {number} tokens
   * @param {DynamicCache | null} [cache] the caller's
   * @returns {Promise<void>}
   */
  cropCache(tokens, cache = null) {
    return this.#exclusive((handle) => {
      handle.cropCache(tokens);
      if (cache) cache._state.tokens = handle.cachedTokens();
    }, cache);
  }
  /**
   * The cache as bytes, for restoreCache() of the same model.
   * @param {DynamicCache | null} [cache] the caller's
   * @returns {Promise<Uint8Array>}
   */
  saveCache(cache = null) {
    return this.#exclusive((handle) => {
      const bytes = handle.saveCache();
      checkStatus(handle, this.where);
      return bytes;
    }, cache);
  }
  /**
   * InputError "bad_cache": bytes that are not saveCache()'s for this model.
   * @param {Uint8Array} bytes
   * @returns {Promise<void>}
   */
  restoreCache(bytes) {
    if (!(bytes instanceof Uint8Array))
      throw new InputError('A saved cache is a Uint8Array.', { code: 'bad_cache', field: 'cache' });
    return this.#exclusive((handle, module) => {
      this.#caches?.forget();
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
   * Work on the cache that must not come between the steps of a generation.
   * @template T
   * @param {(handle: any, module: any) => T | Promise<T>} work
   * @param {DynamicCache | null} [cache] the caller's cache that is meant
   * @returns {Promise<T>}
   */
  async #exclusive(work, cache = null) {
    const turn = new Turn(() => {});
    try {
      await this.#turns.take(turn);
      return await this._use(async (handle, module) => {
        if (cache) await this.#bring(handle, module, cache);
        return work(handle, module);
      });
    } finally {
      this.#turns.leave(turn);
    }
  }

  /**
   * A forward pass. It takes the memory of a pass that a generation has begun, which is run again.
   * @param {Record<string, { data: ArrayLike<number | bigint>, dims: number[] }>} inputs
   * @param {AbortSignal} [signal]
   */
  run(inputs, signal) {
    this._use((handle) => handle.interrupt()).catch(() => {}); // the pass itself says what is wrong
    return super.run(inputs, signal);
  }
}
