// Passes of the Wasm engine's decoder whose scores the caller gets, for a search outside (engines/search-session.js).
// The loop that the program has itself (decoder.js) needs none of this.

import { checkStatus, throwIfAborted } from '../../errors.js';
import { breathe } from './model.js';

/** @typedef {import('../engine.js').DecoderPass} DecoderPass */

export class DecoderPasses {
  #model;
  #cacheType;
  #exclusive;

  /**
   * @param {import('./decoder.js').WasmDecoderModel} model
   * @param {string} cacheType of a cache that is empty
   * @param {<T>(work: (handle: any, module: any) => T | Promise<T>) => Promise<T>} exclusive runs work on the cache
   *   that no generation comes into
   */
  constructor(model, cacheType, exclusive) {
    this.#model = model;
    this.#cacheType = cacheType;
    this.#exclusive = exclusive;
  }

  /**
   * @param {DecoderPass} pass
   * @param {AbortSignal | null} [signal]
   */
  prefill(pass, signal) {
    return this.#run(pass, signal, true);
  }
  /**
   * @param {DecoderPass} pass
   * @param {AbortSignal | null} [signal]
   */
  step(pass, signal) {
    return this.#run(pass, signal, false);
  }
  /**
   * @param {DecoderPass} pass
   * @param {AbortSignal | null | undefined} signal
   * @param {boolean} empties the cache first
   * @returns {Promise<Float32Array>}
   */
  #run({ ids, mask, rows, length }, signal, empties) {
    const { where } = this.#model;
    return this.#exclusive(async (handle, module) => {
      throwIfAborted(signal);
      if (empties) handle.cropCache(0);
      handle.beginPass(ids, mask ?? null, rows, length, this.#cacheType);
      checkStatus(handle, where);
      while (!handle.passDone()) {
        handle.stepPass();
        checkStatus(handle, where);
        const pause = breathe();
        if (!pause) continue;
        await pause;
        throwIfAborted(signal);
        this.#model._alive(); // disposed of meanwhile?
      }
      const size = handle.scoreRows() * handle.vocabulary();
      return new Float32Array(module.HEAPU8.buffer, handle.scoresPtr(), size).slice();
    });
  }

  /** @param {ArrayLike<number>} from */
  reorder(from) {
    return this.#exclusive((handle) => {
      handle.reorderCache(from);
      checkStatus(handle, this.#model.where);
    });
  }
}
