// One loaded checkpoint: its Wasm instance, its weights, its forward passes. Weights stream from the hub straight into
// Wasm memory. A pass runs layer by layer; in between the event loop gets a turn, so that a page stays responsive and
// an abort is heard.

import { InternalError, MemoryError, InputError, checkStatus, throwIfAborted } from '../../errors.js';
import { isNode } from '../../env.js';
import { Tensor } from '../../tensor/tensor.js';
import { loadProgram } from './load-wasm.js';
import * as PROGRAMS from './programs.js';

/**
 * @typedef {import('../engine.js').Values} Values
 * @typedef {'encoder' | 'decoder' | 'quantized'} Program of programs.js, whose C++ binds a model
 */

/** How long a pass may hold the thread before it gives the event loop a turn. */
export const SLICE_MS = 8;

/** When the event loop last had a turn. Many short passes in a row are one long stretch of work. */
let lastTurn = 0;

/**
 * Gives the event loop a turn, if the last one is more than SLICE_MS ago.
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
    // setTimeout would wait for at least 4 ms.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });

/** Deletes the Wasm side of models that were collected without dispose(). */
const forgotten =
  typeof FinalizationRegistry === 'undefined'
    ? null
    : new FinalizationRegistry((/** @type {any} */ handle) => handle.delete());

export class WasmModel {
  /** @type {any} */ #module;
  /** @type {any} */ #handle;
  /** @type {Promise<unknown>} */ #queue = Promise.resolve();
  /** @type {import('../engine.js').Declared[] | null} */ #inputs = null;

  /**
   * @param {any} module
   * @param {any} handle
   * @param {string} where
   * @param {string} dtype
   */
  constructor(module, handle, where, dtype) {
    this.#module = module;
    this.#handle = handle;
    /**
     * How the weights are packed: "fp32", "fp16", "q8" or "q4".
     * @type {string}
     */
    this.dtype = dtype;
    /**
     * For messages: the repository.
     * @type {string}
     */
    this.where = where;
    forgotten?.register(this, handle, this);
  }

  /**
   * A model that has no weights yet. ConfigError: config.json describes none that the program knows.
   * @param {string} configJson
   * @param {string} architecture class name such as "BertForMaskedLM"
   * @param {'fp32' | 'fp16' | 'q8' | 'q4'} dtype
   * @param {string} where for messages: the repository
   * @param {Program} [program] that has the model's family
   */
  static async create(configJson, architecture, dtype, where, program = 'encoder') {
    const module = await loadProgram(PROGRAMS[program]).catch((cause) => {
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
    return new this(module, handle, where, dtype);
  }

  /** @returns {import('../engine.js').Declared[]} */
  get inputs() {
    return (this.#inputs ??= this._alive().inputs());
  }
  /**
   * Known once the weights are loaded: some outputs need optional ones.
   * @returns {import('../engine.js').Declared[]}
   */
  get outputs() {
    return this._alive().outputs();
  }
  /** @returns {import('../engine.js').Limits} */
  get limits() {
    return this._alive().limits();
  }

  /**
   * Bytes that the weights will take once packed.
   * @returns {number}
   */
  get bytesNeeded() {
    return this._alive().packedBytesExpected();
  }
  /**
   * variant: "simd" or "relaxed"; int8Dot: the exact 8-bit product ("dot16", "unsigned", "signed"); memoryBytes: of
   * Wasm memory; bytesNeeded: of the packed weights in it.
   */
  get stats() {
    const { bytesNeeded } = this,
      module = this.#module;
    return {
      variant: module.variant(),
      int8Dot: module.int8Dot(),
      memoryBytes: module.memoryBytes(),
      bytesNeeded,
    };
  }

  /**
   * After a Wasm trap (a bug, or no memory inside a library) the instance's memory cannot be trusted: it is given up.
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
   * The handle. InputError: disposed of.
   * @returns {any}
   */
  _alive() {
    if (!this.#handle) throw new InputError('This model was disposed of; load it again.', { code: 'disposed' });
    return this.#handle;
  }

  /** Allocates the memory of all weights. MemoryError before anything is downloaded, where there is not enough. */
  reserve() {
    const handle = this._alive(),
      bytes = this.bytesNeeded;
    if (bytes >= 3.9e9) {
      throw new MemoryError(
        `${this.where} needs ${(bytes / 1e9).toFixed(1)} GB for its weights, more than the 4 GB that WebAssembly can ` +
          'address; try a smaller dtype, or a smaller model.',
        { code: 'too_large' },
      );
    }
    handle.reserve();
    checkStatus(handle, this.where);
  }

  /**
   * Reads one file of weights. Programs without a reader of GGUF take it for safetensors, and say that it is none.
   * @param {import('../../hub/index.js').OpenFile} file
   * @param {AbortSignal} [signal]
   */
  async read(file, signal) {
    try {
      const handle = this._alive();
      if (!(file.plan && handle.beginGguf?.(file.name, file.plan))) handle.beginFile(file.name);
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
      handle.commit(n || 1); // where nothing fits, the status says why
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
   * @param {Record<string, Values>} inputs
   * @param {AbortSignal} [signal]
   * @returns {Promise<Record<string, Tensor>>}
   */
  run(inputs, signal) {
    const result = this.#queue.then(() => this.#run(inputs, signal));
    this.#queue = result.catch(() => {});
    return result;
  }

  /**
   * For subclasses: work on the handle, after the calls before it and before those behind it.
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
   * @param {Record<string, Values>} inputs
   * @param {AbortSignal} [signal]
   */
  async #run(inputs, signal) {
    await breathe();
    throwIfAborted(signal);
    const handle = this._alive(),
      module = this.#module;
    try {
      for (const name in inputs) this._setInput(handle, name, inputs[name]);
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
        this._alive(); // throws where it was disposed of meanwhile
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
   * Copies an input's values into Wasm memory, in the dtype that the model declares for it.
   * @param {any} handle
   * @param {string} name
   * @param {Values} values
   */
  _setInput(handle, name, { data, dims }) {
    const size = dims.reduce((a, b) => a * b, 1);
    if (size !== data.length)
      throw new InputError(`${name} of shape [${dims}] needs ${size} values, not ${data.length}.`, {
        code: 'shape_mismatch',
        field: name,
      });
    const dtype = this.inputs.find((input) => input.name === name)?.dtype ?? 'int32',
      Memory = dtype === 'int32' ? Int32Array : Float32Array;
    const pointer = handle.setInput(name, dtype, dims);
    checkStatus(handle, this.where);
    const memory = new Memory(this.#module.HEAPU8.buffer, pointer, size);
    if (data instanceof Memory) {
      memory.set(data);
      return;
    }
    for (let i = 0; i < size; i++) {
      const v = Number(data[i]),
        fits =
          dtype === 'int32'
            ? Number.isInteger(v) && Math.abs(v) <= 0x7fffffff && data[i] !== null
            : /^(number|bigint)$/.test(typeof data[i]);
      if (!fits) {
        const [wanted, code] =
          dtype === 'int32' ? ['whole numbers of 32 bits', 'not_an_integer'] : ['numbers', 'not_a_number'];
        throw new InputError(`${name}[${i}] is ${String(data[i])}; ${wanted} are needed.`, { code, field: name });
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
