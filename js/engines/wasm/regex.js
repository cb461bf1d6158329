// The regex engine (regex.wasm), for tokenizers whose patterns need one. It is fetched with the first such tokenizer;
// each has an instance of its own. It has no Embind: plain functions of numbers (wasm/binding/regex.cpp).
// js/dist has this module as a file of its own, so it imports nothing.

/** What tokenizers.wasm asks for as Module.regex (wasm/binding/tokenizers_regex.cpp). */
export class Regex {
  #exports;
  /** @param {any} exports functions of numbers, and a memory. any: WebAssembly has no types for them */
  constructor(exports) {
    this.#exports = exports;
  }

  /**
   * A new instance.
   * @param {WebAssembly.Module} module regex.wasm
   */
  static async load(module) {
    // The imports that remain without system calls (memory has grown, the process was killed) have nothing to do.
    /** @type {Record<string, Record<string, () => number>>} */
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => 0;
    const { exports } = await WebAssembly.instantiate(module, imports);
    const regex = new Regex(exports);
    regex.#exports._initialize?.();
    return regex;
  }

  /**
   * @param {number} at
   * @param {number} size a view that holds until the next call
   */
  #view(at, size) {
    return new Uint8Array(this.#exports.memory.buffer, at >>> 0, size);
  }
  /** @param {Uint8Array} bytes */
  #give(bytes) {
    this.#view(this.#exports.input(bytes.length), bytes.length).set(bytes);
  }

  /**
   * @param {Uint8Array} pattern
   * @returns {number} a handle; -1: answer() says what is wrong
   */
  compile(pattern) {
    this.#give(pattern);
    return this.#exports.compile();
  }
  answer() {
    return this.#view(this.#exports.answerData(), this.#exports.answerSize());
  }
  /**
   * @param {number} handle
   * @param {Uint8Array} text
   * @returns {number} how many matches there are; below 0: it gave up
   */
  findAll(handle, text) {
    this.#give(text);
    return this.#exports.findAll(handle);
  }
  /**
   * @param {number} count
   * @returns {Uint8Array} two 32-bit numbers for each match
   */
  found(count) {
    return this.#view(this.#exports.foundData(), count * 8);
  }
}
