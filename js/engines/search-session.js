// The loop of tokens for any engine's decoder (engine.js): the search in wasm/search.js picks, the decoder runs what it
// asks for. What the decoder's cache holds is known by ids, padding and condition, so that a prompt that begins like
// the last text goes on from there. An engine with a loop of its own (`generate`) does not need this.

import { InputError, throwIfAborted } from '../errors.js';
import { CallerCaches } from './caller-caches.js';
import { Turn, Turns } from './turns.js';
import { Search } from './wasm/search.js';

/**
 * @typedef {import('./engine.js').Decoder} Decoder
 * @typedef {import('./engine.js').GenerateHooks} Hooks
 * @typedef {import('./wasm/search.js').Feed} Feed
 * @typedef {import('../generation/cache.js').DynamicCache} DynamicCache
 * @typedef {{ ids: number[], mask: number[], condition: string | null }} Row of the cache
 */

/** How long tokens are collected before a slice of them is given, in milliseconds. */
const SLICE_MS = 8;

export class SearchSession {
  #decoder;
  #turns = new Turns();
  #caches;
  /**
   * The text that the decoder's cache holds.
   * @type {Row[]}
   */
  #text = [];
  /** Tokens of the last generation's prompt that were in the cache. */
  reusedTokens = 0;

  /** @param {{ decoder?: Decoder | null }} model an EngineModel */
  constructor(model) {
    if (!model.decoder) throw new InputError('This model does not generate.', { code: 'no_decoder', field: 'model' });
    this.#decoder = model.decoder;
    this.#caches = new CallerCaches(model, this);
  }

  /**
   * The contract's loop of tokens. Generations wait for each other; one whose reader stays away waits until the others
   * have ended or rest.
   * @param {{ input_ids: { data: any, dims: number[] }, attention_mask?: { data: any, dims: number[] } | null }} inputs
   *   padded on the left
   * @param {Record<string, any>} [options] of wasm/generate/config.h
   * @param {Hooks} [hooks]
   * @returns {AsyncGenerator<Int32Array, void>}
   */
  async *generate(inputs, options = {}, hooks = {}) {
    const { signal = null, progress, ended, cache = null } = hooks,
      { cache_dtype, ...rest } = options, // the decoder's own affair
      stepwise = hooks.stepwise || hooks.step,
      turn = new Turn(() => {});
    /** @type {Search | null} */
    let search = null;
    throwIfAborted(signal);
    try {
      await this.#turns.take(turn, signal);
      search = await Search.begin(inputs, rest, this.#decoder, hooks);
      await this.#bring(cache);
      for (let whole = true; ; whole = false) {
        if (turn.parked) {
          turn.parked = false;
          await this.#bring(cache);
          search.replay();
          whole = true;
        }
        /** @type {Int32Array[]} */
        const steps = [],
          began = performance.now();
        do {
          throwIfAborted(signal);
          const isLost = !whole && this.#decoder.length !== this.#length;
          if (isLost) search.replay();
          const scores = await this.#run(search.feed(), whole || isLost, signal);
          whole = false;
          const tokens = search.accept(scores);
          if (tokens.length) steps.push(tokens);
        } while (!search.finished && !(steps.length && (stepwise || performance.now() - began >= SLICE_MS)));
        const { finished } = search,
          slice = steps.length === 1 ? steps[0] : Int32Array.from(steps.flatMap((step) => Array.from(step)));
        if (cache) cache._state.tokens = this.#decoder.length;
        progress?.(search.outcomes());
        if (finished) ended?.(search.results());
        if (finished) this.#turns.leave(turn);
        else this.#turns.rest(turn);
        if (slice.length) yield slice;
        if (finished) return;
        await this.#turns.take(turn, signal);
      }
    } finally {
      this.#turns.leave(turn);
      search?.dispose();
    }
  }

  get #length() {
    return this.#text[0]?.ids.length ?? 0;
  }

  /**
   * Runs a feed; a whole text goes on from what the cache has of it.
   * @param {Feed} feed
   * @param {boolean} whole
   * @param {AbortSignal | null} signal
   * @returns {Promise<Float32Array>}
   */
  async #run(feed, whole, signal) {
    const decoder = this.#decoder,
      { from } = feed;
    let skip = 0;
    if (whole) {
      skip = await this.#keepPrefix(feed);
      this.reusedTokens = skip;
    } else if (from && !(from.length === this.#text.length && from.every((row, r) => row === r))) {
      await decoder.reorder(from);
      this.#text = Array.from(from, (row) => copyOf(this.#text[row]));
    }
    const pass = skip ? columnsFrom(feed, skip) : feed;
    if (!this.#text.length) this.#text = Array.from({ length: feed.rows }, (_, r) => this.#emptyRow(feed, r));
    const text = this.#text;
    this.#text = []; // unknown, should the pass fail
    const scores = await (text[0].ids.length ? decoder.step(pass, signal) : decoder.prefill(pass, signal));
    text.forEach((row, r) => {
      for (let i = r * pass.length; i < (r + 1) * pass.length; i++) {
        row.ids.push(pass.ids[i]);
        row.mask.push(pass.mask ? pass.mask[i] : 1);
      }
    });
    this.#text = text;
    return scores;
  }

  /**
   * @param {Feed} feed
   * @param {number} row
   * @returns {Row}
   */
  #emptyRow({ prompts }, row) {
    return { ids: [], mask: [], condition: this.#decoder.conditions?.[prompts ? prompts[row] : row] ?? null };
  }

  /**
   * Crops the cache to what the feed's texts begin with; at least one token is left to run, for its scores.
   * @param {Feed} feed
   * @returns {Promise<number>} tokens that are kept
   */
  async #keepPrefix(feed) {
    const decoder = this.#decoder,
      { ids, mask, rows, length } = feed;
    if (decoder.length !== this.#length) this.#text = [];
    const common = (/** @type {number} */ row, /** @type {Row} */ cached) => {
      if (this.#emptyRow(feed, row).condition !== cached.condition) return 0;
      const at = row * length,
        most = Math.min(length - 1, cached.ids.length);
      let n = 0;
      while (n < most && cached.ids[n] === ids[at + n] && cached.mask[n] === (mask ? mask[at + n] : 1)) n++;
      return n;
    };
    let kept = 0,
      from = 0;
    if (rows === this.#text.length) kept = Math.min(...this.#text.map((cached, r) => common(r, cached)));
    else if (rows === 1)
      this.#text.forEach((cached, r) => {
        const n = common(0, cached);
        if (n > kept) [kept, from] = [n, r];
      });
    if (kept && kept < this.#length) await decoder.crop(kept);
    if (!kept || decoder.length !== kept) {
      if (decoder.length) await decoder.crop(0);
      this.#text = [];
      return 0;
    }
    if (this.#text.length !== rows) await decoder.reorder([from]);
    this.#text = (this.#text.length === rows ? this.#text : [this.#text[from]]).map((row) => copyOf(row, kept));
    return kept;
  }

  /** @param {DynamicCache | null} cache the caller's */
  #bring(cache) {
    const decoder = this.#decoder;
    return this.#caches.bring(cache, {
      tokens: () => decoder.length,
      save: async () => {
        const bytes = await decoder.save();
        return bytes && withText(bytes, this.#text);
      },
      restore: (bytes) => this.#restore(bytes),
    });
  }

  /** @param {Uint8Array} saved withText()'s */
  async #restore(saved) {
    const { bytes, text } = textOf(saved);
    await this.#decoder.restore(bytes);
    this.#text = text;
  }

  /**
   * @param {number} tokens
   * @param {DynamicCache} cache
   * @returns {Promise<void>}
   */
  cropCache(tokens, cache) {
    return this.#exclusive(cache, async () => {
      await this.#decoder.crop(tokens);
      const { length } = this.#decoder;
      this.#text = length ? this.#text.map((row) => copyOf(row, length)) : [];
      cache._state.tokens = length;
    });
  }
  /**
   * @param {DynamicCache} cache
   * @returns {Promise<Uint8Array | null>}
   */
  saveCache(cache) {
    return this.#exclusive(cache, async () => {
      const bytes = await this.#decoder.save();
      return bytes && withText(bytes, this.#text);
    });
  }
  /**
   * @template T
   * @param {DynamicCache} cache
   * @param {() => Promise<T>} work that must not come between the steps of a generation
   */
  async #exclusive(cache, work) {
    const turn = new Turn(() => {});
    try {
      await this.#turns.take(turn);
      await this.#bring(cache);
      return await work();
    } finally {
      this.#turns.leave(turn);
    }
  }
}

/**
 * @param {Row} row
 * @param {number} [tokens]
 * @returns {Row}
 */
const copyOf = ({ ids, mask, condition }, tokens) => ({
  ids: ids.slice(0, tokens),
  mask: mask.slice(0, tokens),
  condition,
});

/**
 * @param {Feed} feed
 * @param {number} skip
 * @returns {Feed}
 */
function columnsFrom(feed, skip) {
  const { rows, length } = feed,
    rest = (/** @type {any} */ all) =>
      all &&
      all.constructor.from({ length: rows * (length - skip) }, (/** @type {any} */ _, /** @type {number} */ i) => {
        const width = length - skip;
        return all[Math.floor(i / width) * length + skip + (i % width)];
      });
  return { ...feed, ids: rest(feed.ids), mask: rest(feed.mask), length: length - skip };
}

/**
 * A decoder's bytes do not say which text they are of, so the session's do: the bytes, the text as JSON, its length.
 * @param {Uint8Array} bytes
 * @param {Row[]} text
 */
function withText(bytes, text) {
  const json = new TextEncoder().encode(JSON.stringify(text)),
    out = new Uint8Array(bytes.length + json.length + 4);
  out.set(bytes);
  out.set(json, bytes.length);
  new DataView(out.buffer).setUint32(out.length - 4, json.length);
  return out;
}
/**
 * @param {Uint8Array} saved
 * @returns {{ bytes: Uint8Array, text: Row[] }}
 */
function textOf(saved) {
  try {
    const end = saved.length - 4,
      length = new DataView(saved.buffer, saved.byteOffset + end).getUint32(0),
      text = JSON.parse(new TextDecoder().decode(saved.subarray(end - length, end)));
    if (Array.isArray(text)) return { bytes: saved.slice(0, end - length), text };
  } catch {} // thrown below
  throw new InputError('These bytes are no saved cache.', { code: 'bad_cache', field: 'past_key_values' });
}
