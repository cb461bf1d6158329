// One tokenizer.json inside Wasm. A batch crosses the border in one call: the request is written into Wasm memory, the
// answer's flat arrays are copied out (tokenizer-layout.js). Each tokenizer has a Wasm instance of its own, so its
// memory is given back when it is disposed of, or collected with its owner.

import { InputError, MemoryError, checkStatus } from '../../errors.js';
import { compileProgram, load } from './instantiate.js';
import { regex, tokenizers } from './programs.js';
import {
  Views,
  readBatch,
  readBinary,
  readFileOptions,
  readSlicedTexts,
  readTexts,
  readVocabulary,
  requestBytes,
  writeRequest,
} from './tokenizer-layout.js';

/**
 * @typedef {import('../tokenizer-engine.js').EncodeRequest} EncodeRequest
 * @typedef {import('../tokenizer-engine.js').Vocabulary} Vocabulary
 * @typedef {any} Handle the C++ class of wasm/binding/tokenizers.cpp. any: Embind makes no types
 * @typedef {{ HEAPU8: Uint8Array, Tokenizer: new () => Handle, regex?: import('./regex.js').Regex }} Module
 */

/** @param {unknown} cause */
const isTrap = (cause) => cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError;
/** @param {unknown} cause */
const outOfMemory = (cause) =>
  new MemoryError('The tokenizer ran out of memory; load it again and pass shorter texts.', {
    code: 'out_of_memory',
    cause,
  });

/** @returns {Promise<Module>} */
const loadModule = () =>
  load(tokenizers.simd()).catch((cause) => {
    throw isTrap(cause) ? outOfMemory(cause) : cause;
  });

export class WasmTokenizer {
  /** @type {Module | null} */
  #module;
  /** @type {Handle | null} */
  #handle;
  #input = 0; // address of requests
  #room = 0; // bytes there
  #views = new Views();
  /** @type {Vocabulary | null} */
  #vocabulary = null;

  /**
   * Use create() or fromBinary().
   * @param {Module} module
   * @param {Handle} handle
   */
  constructor(module, handle) {
    this.#module = module;
    this.#handle = handle;
  }

  /**
   * @param {Uint8Array} json tokenizer.json
   * @param {string} [where] put before file names in errors, e.g. the repository
   */
  static create(json, where = '') {
    return WasmTokenizer.#read(json, (handle) => handle.load(json.byteLength, 'tokenizer.json'), where);
  }

  /**
   * @param {Uint8Array} form what binary() gave
   * @param {string} [where]
   */
  static fromBinary(form, where = '') {
    return WasmTokenizer.#read(form, (handle) => handle.loadBinary(form.byteLength), where);
  }

  /**
   * Reads a file from before tokenizer.json (wasm/tokenizer/legacy/old_formats.h).
   * @template {'sentencepiece' | 'tiktoken'} K
   * @param {Uint8Array} bytes
   * @param {K} kind
   * @param {string} file its name
   * @param {string} where
   * @returns {Promise<K extends 'tiktoken' ? import('../tokenizer-engine.js').BytePairs :
   *   import('../tokenizer-engine.js').SentencePiece>}
   */
  static async convert(bytes, kind, file, where) {
    let answer = 0;
    const core = await WasmTokenizer.#read(
      bytes,
      (handle) => {
        answer = handle.convert(bytes.byteLength, kind === 'tiktoken' ? 1 : 0, file);
      },
      where,
    );
    const [text] = readTexts(core.#memory(), core.#answered(answer));
    core.dispose();
    return JSON.parse(String(text));
  }

  /**
   * A fresh instance that has read a file.
   * @param {Uint8Array} bytes
   * @param {(handle: Handle) => void} read is called with the bytes in the input
   * @param {string} where
   */
  static async #read(bytes, read, where) {
    const module = await loadModule();
    const handle = new module.Tokenizer();
    const core = new WasmTokenizer(module, handle);
    const give = () => {
      try {
        const at = handle.input(bytes.byteLength);
        checkStatus(handle, where);
        module.HEAPU8.set(bytes, at);
        read(handle);
      } catch (cause) {
        throw isTrap(cause) ? outOfMemory(cause) : cause;
      }
    };
    give();
    if (handle.errorCode() === 'needs_regex_engine') {
      // A pattern without a scanner of its own.
      const [{ Regex }, compiled] = await Promise.all([import('./regex.js'), compileProgram(regex.simd())]);
      module.regex = await Regex.load(compiled);
      give();
    }
    checkStatus(handle, where);
    return core;
  }

  /** @returns {Handle} */
  #alive() {
    if (!this.#handle) throw new InputError('This tokenizer was disposed of; load it again.', { code: 'disposed' });
    return this.#handle;
  }

  #memory() {
    return this.#views.of(/** @type {ArrayBuffer} */ (/** @type {Module} */ (this.#module).HEAPU8.buffer));
  }

  /**
   * Calls into Wasm. A trap means that memory ran out: this instance is lost, others are not touched.
   * @template T
   * @param {(handle: Handle) => T} f
   * @returns {T}
   */
  #call(f) {
    const handle = this.#alive();
    try {
      return f(handle);
    } catch (cause) {
      if (!isTrap(cause)) throw cause;
      this.#handle = null;
      throw outOfMemory(cause);
    }
  }

  /**
   * @param {number} answer 0: the call failed
   * @returns {number} the answer's address
   */
  #answered(answer) {
    if (!answer) checkStatus(this.#handle);
    return answer;
  }

  /**
   * Makes room for a request.
   * @param {number} bytes
   */
  #reserve(bytes) {
    if (bytes > this.#room) {
      this.#room = 0;
      this.#input = this.#alive().input(bytes);
      checkStatus(this.#handle);
      this.#room = bytes;
    }
    return this.#memory();
  }

  /**
   * @param {string[]} strings of each text its string, then its pair's; with `words`, all their words
   * @param {number} texts how many texts
   * @param {boolean} pairs
   * @param {number[] | null} counts with `words`: how many words each text (and pair) has
   * @param {EncodeRequest} options
   * @returns {import('../tokenizer-engine.js').Batch}
   */
  encode(strings, texts, pairs, counts, options) {
    return this.#call((handle) => {
      const all = strings.length === 1 ? strings[0] : strings.join('\n');
      const views = this.#reserve(requestBytes(all, strings.length, counts));
      const answer = handle.encode(writeRequest(views, this.#input, all, strings, texts, pairs, counts, options));
      return readBatch(this.#memory(), this.#answered(answer), options.idsOnly);
    });
  }

  /**
   * Texts of lists of ids.
   * @param {ArrayLike<number>[]} lists
   * @param {boolean} skipSpecialTokens
   * @returns {string[]}
   */
  decode(lists, skipSpecialTokens) {
    return this.#call((handle) => {
      let count = lists.length;
      for (const ids of lists) count += ids.length;
      const { u32 } = this.#reserve(count * 4);
      let at = this.#input >>> 2;
      for (const ids of lists) u32[at++] = ids.length;
      for (const ids of lists) {
        u32.set(ids, at);
        at += ids.length;
      }
      const answer = handle.decode(lists.length, skipSpecialTokens);
      return readSlicedTexts(this.#memory(), this.#answered(answer));
    });
  }

  /**
   * Opens a stream of ids.
   * @param {boolean} skipSpecialTokens
   * @returns {number} its handle
   */
  openStream(skipSpecialTokens) {
    return this.#call((handle) => handle.openStream(skipSpecialTokens));
  }

  /**
   * Gives ids to a stream.
   * @param {number} stream
   * @param {ArrayLike<number>} ids
   * @param {boolean} ends
   * @returns {string} the text that is final now
   */
  stream(stream, ids, ends) {
    return this.#call((handle) => {
      this.#reserve(ids.length * 4).u32.set(ids, this.#input >>> 2);
      const answer = handle.stream(stream, ids.length, ends);
      return String(readTexts(this.#memory(), this.#answered(answer))[0]);
    });
  }

  /** @param {number} stream */
  closeStream(stream) {
    this.#handle?.closeStream(stream);
  }

  /**
   * The binary form.
   * @returns {Uint8Array}
   */
  binary() {
    return this.#call((handle) => {
      const answer = this.#answered(handle.binary()),
        form = readBinary(this.#memory(), answer);
      handle.releaseBinary();
      return form;
    });
  }

  /**
   * Every token by its id.
   * @returns {Vocabulary}
   */
  get vocabulary() {
    return (this.#vocabulary ??= this.#call((handle) => {
      const answer = this.#answered(handle.vocabulary());
      return readVocabulary(this.#memory(), answer);
    }));
  }

  /**
   * The truncation and padding sections of the file.
   * @returns {import('../tokenizer-engine.js').FileOptions & { padToken: string }}
   */
  get fileOptions() {
    const handle = this.#alive(),
      answer = handle.fileOptions();
    return { ...readFileOptions(this.#memory(), answer), padToken: handle.padToken() };
  }

  /**
   * @param {string} token
   * @returns {number | undefined}
   */
  tokenToId(token) {
    const id = this.#alive().tokenToId(token);
    return id < 0 ? undefined : id;
  }

  /**
   * How many tokens the post-processor adds.
   * @param {boolean} pair
   * @returns {number}
   */
  addedTokens(pair) {
    return this.#alive().addedTokens(pair);
  }

  /** @param {number} number from which BPE's dropout draws from now on */
  seed(number) {
    this.#alive().seed(number >>> 0);
  }
  /**
   * The mark of tokens that continue a word, or "".
   * @returns {string}
   */
  get continuingSubwordPrefix() {
    return this.#alive().continuingSubwordPrefix();
  }

  /**
   * @param {object[]} tokens as in tokenizer.json's added_tokens
   * @param {boolean} [onlyNew] those that are added tokens already keep their flags
   */
  addTokens(tokens, onlyNew = false) {
    this.#call((handle) => handle.addTokens(JSON.stringify(tokens), onlyNew));
    checkStatus(this.#handle);
    this.#vocabulary = null;
  }

  /**
   * Replaces the file's post-processor.
   * @param {object | null} section as in tokenizer.json
   */
  setPostProcessor(section) {
    this.#call((handle) => handle.setPostProcessor(JSON.stringify(section)));
    checkStatus(this.#handle);
  }

  /** Lets go of everything. Later calls throw. */
  dispose() {
    this.#handle?.delete();
    this.#handle = this.#module = null;
    this.#views = new Views();
    this.#vocabulary = null;
  }
}
