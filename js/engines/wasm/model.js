// One loaded checkpoint: its Wasm instance, its weights, its forward passes. Weights stream from the hub straight into
// Wasm memory; a pass runs layer by layer and gives the event loop a turn in between, so that a page stays alive and
// an abort is heard.

import { InternalError, MemoryError, InputError, checkStatus, throwIfAborted } from '../../errors.js';
import { isNode } from '../../env.js';
import { Tensor } from '../../tensor/tensor.js';
import { loadEngine } from './load-wasm.js';

/** How long a pass may hold the thread before it gives the event loop a turn. */
export const SLICE_MS = 8;

/** When the event loop last had a turn; many short passes in a row are one long stretch of work. */
let lastTurn = 0;

/**
 * Lets everything that waits run once, if it has waited for long.
 * @returns {Promise<void> | undefined}
 */
export function breathe() {
  return performance.now() - lastTurn > SLICE_MS
    ? turn().then(() => {
        lastTurn = performance.now();
      })
    : undefined;
}
/** @returns {Promise<void>} */
const turn = () =>
  new Promise((resolve) => {
    if (isNode) {
      setImmediate(resolve);
      return;
    }
    // setTimeout would wait at least 4 ms; a message comes at once.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });

/** Lets go of the Wasm side of models that nobody disposed of. */
const forgotten =
  typeof FinalizationRegistry === 'undefined'
    ? null
    : new FinalizationRegistry((/** @type {any} */ handle) => handle.delete());

export class EngineModel {
  /** @type {any} */ #module;
  /** @type {any} */ #handle;
  /** @type {Promise<unknown>} */ #queue = Promise.resolve();

  /**
   * @param {any} module
   * @param {any} handle
   * @param {string} where
   */
  constructor(module, handle, where) {
    this.#module = module;
    this.#handle = handle;
    /**
     * For messages: the repository.
     * @type {string}
     */
    this.where = where;
    forgotten?.register(this, handle, this);
  }

  /**
   * @param {string} configJson
   * @param {string} architecture class name such as "BertForMaskedLM"
   * @param {'fp32' | 'q8'} dtype
   * @param {string} where for messages: the repository
   * @param {import('./load-wasm.js').Program} [program] whose families know the model
   */
  static async create(configJson, architecture, dtype, where, program = 'engine') {
    const module = await loadEngine(program).catch((cause) => {
      if (!(cause instanceof RangeError)) throw cause;
      throw new MemoryError(`There is no memory for another model: ${cause.message}.`, {
        code: 'out_of_memory',
        cause,
      });
    });
    const handle = new module.Model(configJson, architecture, dtype);
    try {
      checkStatus(handle, where);
    } catch (error) {
      handle.delete();
      throw error;
    }
    return new this(module, handle, where);
  }

  /**
   * "simd" or "relaxed".
   * @returns {string}
   */
  get variant() {
    return this._alive() && this.#module.variant();
  }
  /**
   * Which exact int8 product runs: "dot16", "unsigned", "signed".
   * @returns {string}
   */
  get int8Dot() {
    return this._alive() && this.#module.int8Dot();
  }
  /**
   * Bytes that the weights will take once packed.
   * @returns {number}
   */
  get bytesNeeded() {
    return this._alive().packedBytesExpected();
  }
  /**
   * Size of this model's Wasm memory.
   * @returns {number}
   */
  get memoryBytes() {
    return this._alive() && this.#module.memoryBytes();
  }
  /** @returns {string[]} */
  get inputNames() {
    return this._alive().inputNames();
  }

  /**
   * A Wasm trap (a bug, or memory that ran out inside a library) ends this instance: what it holds cannot be
   * trusted.
   * @param {unknown} cause
   */
  #named(cause) {
    if (!(cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError)) return cause;
    forgotten?.unregister(this);
    this.#handle = this.#module = null;
    return new InternalError(
      `${this.where}: the engine stopped unexpectedly (${cause.message}); load the model again.`,
      { code: 'trap', cause },
    );
  }

  /**
   * The handle, for subclasses and here.
   * @returns {any}
   */
  _alive() {
    if (!this.#handle) throw new InputError('This model was disposed of; load it again.', { code: 'disposed' });
    return this.#handle;
  }

  /** Asks for the memory of all weights at once: where it cannot be had, nothing is downloaded in vain. */
  reserve() {
    const handle = this._alive(),
      bytes = this.bytesNeeded;
    if (bytes >= 3.9e9) {
      throw new MemoryError(
        `${this.where} needs ${(bytes / 1e9).toFixed(1)} GB for its weights, more than the 4 GB that WebAssembly can address; try a smaller dtype, or a smaller model.`,
        { code: 'too_large' },
      );
    }
    handle.reserve();
    checkStatus(handle, this.where);
  }

  /**
   * Reads one safetensors file.
   * @param {import('../../hub/index.js').OpenFile} file
   * @param {AbortSignal} [signal]
   */
  async read(file, signal) {
    try {
      const handle = this._alive();
      handle.beginFile(file.name);
      for await (const chunk of file.chunks) {
        throwIfAborted(signal);
        this.#take(chunk, file.name);
        await breathe();
      }
      handle.endFile();
      checkStatus(handle, this.where);
    } catch (cause) {
      throw this.#named(cause);
    }
  }

  /**
   * @param {Uint8Array} chunk
   * @param {string} name
   */
  #take(chunk, name) {
    const handle = this._alive();
    for (let at = 0; at < chunk.byteLength; ) {
      const n = Math.min(chunk.byteLength - at, handle.room());
      if (n > 0) {
        const window = handle.window(); // first: it may grow the memory, which detaches HEAPU8
        this.#module.HEAPU8.set(chunk.subarray(at, at + n), window);
      }
      at += n;
      handle.commit(n || 1); // nothing fits: the answer says why (the file goes on after its end, or failed before)
      checkStatus(handle, this.where);
      if (!n) throw new InternalError(`The engine takes no more bytes of ${name}.`, { code: 'no_room', file: name });
    }
  }

  finishLoading() {
    try {
      const handle = this._alive();
      handle.finishLoading();
      checkStatus(handle, this.where);
    } catch (cause) {
      throw this.#named(cause);
    }
  }

  /**
   * A forward pass. Calls wait for each other; one that fails does not touch the next.
   * @param {Record<string, { data: ArrayLike<number | bigint>, dims: number[] }>} inputs
   * @param {AbortSignal} [signal]
   * @returns {Promise<Record<string, Tensor>>}
   */
  run(inputs, signal) {
    const result = this.#queue.then(() => this.#run(inputs, signal));
    this.#queue = result.catch(() => {});
    return result;
  }

  /**
   * For subclasses: work on the handle that waits for calls before it, and that others wait for.
   * @template T
   * @param {(handle: any, module: any) => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  _use(work) {
    const result = this.#queue.then(async () => {
      await breathe();
      try {
        return await work(this._alive(), this.#module);
      } catch (cause) {
        throw this.#named(cause);
      }
    });
    this.#queue = result.catch(() => {});
    return result;
  }

  /**
   * @param {Record<string, { data: ArrayLike<number | bigint>, dims: number[] }>} inputs
   * @param {AbortSignal} [signal]
   */
  async #run(inputs, signal) {
    await breathe();
    throwIfAborted(signal);
    const handle = this._alive(),
      module = this.#module;
    try {
      const known = new Set(handle.inputNames());
      for (const [name, tensor] of Object.entries(inputs)) {
        if (known.has(name) && tensor) this._setInput(handle, name, tensor);
      }
      handle.begin();
      checkStatus(handle, this.where);
      const steps = handle.steps();
      for (let i = 0; i < steps; i++) {
        handle.step(i);
        checkStatus(handle, this.where);
        const pause = breathe();
        if (!pause) continue;
        await pause;
        throwIfAborted(signal);
        this._alive(); // disposed of meanwhile?
      }
      /** @type {Record<string, Tensor>} */
      const outputs = {};
      for (let i = 0, n = handle.outputCount(); i < n; i++) {
        const dims = handle.outputDims(i),
          size = dims.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
        const view = new Float32Array(module.HEAPU8.buffer, handle.outputPtr(i), size);
        outputs[handle.outputName(i)] = new Tensor('float32', view.slice(), dims);
      }
      return outputs;
    } catch (cause) {
      throw this.#named(cause);
    } finally {
      if (this.#handle === handle) handle.release();
    }
  }

  /**
   * @param {any} handle
   * @param {string} name
   * @param {{ data: ArrayLike<number | bigint>, dims: number[] }} tensor
   */
  _setInput(handle, name, { data, dims }) {
    const size = dims.reduce((a, b) => a * b, 1);
    if (size !== data.length)
      throw new InputError(`${name} of shape [${dims}] needs ${size} values, not ${data.length}.`, {
        code: 'shape_mismatch',
        field: name,
      });
    const pointer = handle.setInput(name, 'int32', dims);
    checkStatus(handle, this.where);
    const memory = new Int32Array(this.#module.HEAPU8.buffer, pointer, size);
    if (data instanceof Int32Array) {
      memory.set(data);
      return;
    }
    for (let i = 0; i < size; i++) {
      const v = Number(data[i]);
      if (!Number.isInteger(v) || Math.abs(v) > 0x7fffffff) {
        throw new InputError(`${name}[${i}] is ${String(data[i])}; whole numbers of 32 bits are needed.`, {
          code: 'not_an_integer',
          field: name,
        });
      }
      memory[i] = v;
    }
  }

  /** Gives all memory back. A second call does nothing. */
  dispose() {
    if (!this.#handle) return;
    forgotten?.unregister(this);
    this.#handle.delete();
    this.#handle = this.#module = null;
  }
}
