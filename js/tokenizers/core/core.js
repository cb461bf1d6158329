// One tokenizer.json inside Wasm. A batch crosses the border in one call: the request (numbers and UTF-8) is written
// into Wasm memory, flat arrays are copied out. The layouts are those of wasm/binding/tokenizers.cpp. Each tokenizer
// has a Wasm instance of its own: what it takes goes back when it is disposed of, or collected with its owner.

import { InputError, MemoryError, checkStatus } from '../../errors.js';
import { compileOnce, instantiate } from '../../engines/wasm/instantiate.js';
import { Regex } from '../../engines/wasm/regex.js';

/**
 * @typedef {{
 *   addSpecialTokens: boolean, details: boolean, idsOnly?: boolean, overflow: boolean, words: boolean,
 *   truncation: number, maxLength: number, stride: number, truncateLeft: boolean,
 *   padding: number, padLength: number, padToMultipleOf: number, padLeft: boolean, padId: number, padTypeId: number,
 * }} CoreOptions truncation: 0 none, 1 longest_first, 2 only_first, 3 only_second; padding: 0 none, 1 longest, 2 to
 * padLength
 * @typedef {{
 *   rows: number, rowStarts: Uint32Array, rowTexts: Uint32Array, ids: Int32Array, typeIds: Int32Array,
 *   attentionMask: Int32Array,
 *   offsets: Int32Array, words: Int32Array, special: Uint8Array, sequences: Int8Array, surfaces: Map<number, string>,
 * }} Batch row r has the tokens rowStarts[r] … rowStarts[r + 1] - 1; offsets in pairs; what was not asked for is empty
 * @typedef {{ tokens: (string | null)[], flags: Uint8Array }} Vocabulary by id; flags: 1 added, 2 special
 */

const SPECIAL_TOKENS = 1,
  DETAILS = 2,
  OVERFLOW = 4,
  PAIRS = 8,
  WORDS = 16,
  TRUNCATE_LEFT = 32,
  PAD_LEFT = 64,
  IDS_ONLY = 128;
const HEADER = 11;
const encoder = new TextEncoder();
/** Bytes of texts that are decoded in one go: a slice keeps its whole alive. */
const TOGETHER = 1 << 14;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

async function load() {
  // @ts-ignore: made by the build
  const [module, { default: factory }] = await Promise.all([
    compileOnce(new URL('../../wasm/tokenizers.wasm', import.meta.url)),
    import('../../wasm/tokenizers.js'),
  ]);
  try {
    return await instantiate(module, factory);
  } catch (cause) {
    throw isTrap(cause) ? outOfMemory(cause) : cause;
  }
}

/** @param {unknown} cause */
const isTrap = (cause) => cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError;
/** @param {unknown} cause */
const outOfMemory = (cause) =>
  new MemoryError('The tokenizer ran out of memory; load it again and pass shorter texts.', {
    code: 'out_of_memory',
    cause,
  });

export class Core {
  #module;
  #handle;
  #input = 0; // where requests are written, and how much room is there
  #room = 0;
  #u8 = new Uint8Array(0);
  #u32 = new Uint32Array(0);
  #i32 = new Int32Array(0);
  /** @type {Vocabulary | null} */
  #vocabulary = null;

  /**
   * @param {any} module
   * @param {any} handle
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
    return Core.#made(json, (handle) => handle.load(json.byteLength, 'tokenizer.json'), where);
  }

  /**
   * @param {Uint8Array} form what binary() gave
   * @param {string} [where]
   */
  static fromBinary(form, where = '') {
    return Core.#made(form, (handle) => handle.loadBinary(form.byteLength), where);
  }

  /**
   * What a file from before tokenizer.json says (wasm/tokenizer/legacy/old_formats.h).
   * @param {Uint8Array} bytes
   * @param {'sentencepiece' | 'tiktoken'} kind
   * @param {string} file
   * @param {string} where
   * @returns {Promise<any>}
   */
  static async convert(bytes, kind, file, where) {
    let answer = 0;
    const core = await Core.#made(
      bytes,
      (handle) => {
        answer = handle.convert(bytes.byteLength, kind === 'tiktoken' ? 1 : 0, file);
      },
      where,
    );
    core.#views();
    const [text] = core.#texts(answer);
    core.dispose();
    return JSON.parse(text);
  }

  /**
   * @param {Uint8Array} bytes
   * @param {(handle: any) => void} read
   * @param {string} where
   */
  static async #made(bytes, read, where) {
    const module = await load();
    const handle = new module.Tokenizer();
    const core = new Core(module, handle);
    Core.#give(module, handle, bytes, read, where);
    if (handle.errorCode() === 'needs_regex_engine') {
      // a pattern without a scanner of its own
      module.regex = await Regex.load();
      Core.#give(module, handle, bytes, read, where);
    }
    checkStatus(handle, where);
    return core;
  }

  /**
   * @param {any} module
   * @param {any} handle
   * @param {Uint8Array} bytes
   * @param {(handle: any) => void} read
   * @param {string} where
   */
  static #give(module, handle, bytes, read, where) {
    try {
      const at = handle.input(bytes.byteLength);
      checkStatus(handle, where);
      module.HEAPU8.set(bytes, at);
      read(handle);
    } catch (cause) {
      throw isTrap(cause) ? outOfMemory(cause) : cause;
    }
  }

  /**
   * The binary form.
   * @returns {Uint8Array}
   */
  binary() {
    return this.#guarded(() => {
      const handle = this.#alive();
      const answer = handle.binary();
      if (!answer) checkStatus(handle);
      this.#views();
      const at = this.#u32[answer >>> 2],
        form = this.#u8.slice(at, at + this.#u32[(answer >>> 2) + 1]);
      handle.releaseBinary();
      return form;
    });
  }

  #alive() {
    if (!this.#handle) throw new InputError('This tokenizer was disposed of; load it again.', { code: 'disposed' });
    return this.#handle;
  }

  // A trap means that memory ran out: this instance is lost, others are not touched.
  /**
   * @template T
   * @param {() => T} f
   * @returns {T}
   */
  #guarded(f) {
    try {
      return f();
    } catch (cause) {
      if (!isTrap(cause)) throw cause;
      this.#handle = null;
      throw outOfMemory(cause);
    }
  }

  // Growing memory detaches views: look at them again after every call.
  #views() {
    const { buffer } = this.#module.HEAPU8;
    if (this.#u8.buffer === buffer) return;
    this.#u8 = new Uint8Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#i32 = new Int32Array(buffer);
  }

  /** @param {number} bytes */
  #reserve(bytes) {
    if (bytes > this.#room) {
      this.#room = 0;
      this.#input = this.#alive().input(bytes);
      checkStatus(this.#handle);
      this.#room = bytes;
    }
    this.#views();
  }

  /**
   * @param {string[]} strings every text's, then its pair's, string; with `words`, all their words in a row
   * @param {number} texts how many texts
   * @param {boolean} pairs
   * @param {number[] | null} counts with `words`: how many words each text (and pair) has
   * @param {CoreOptions} o
   * @returns {Batch}
   */
  encode(strings, texts, pairs, counts, o) {
    return this.#guarded(() => {
      const handle = this.#alive();
      const all = strings.length === 1 ? strings[0] : strings.join('\n');
      const numbers = HEADER + (counts ? counts.length : 0) + strings.length;
      this.#reserve(numbers * 4 + all.length * 3);
      const u32 = this.#u32;
      let at = this.#input >>> 2;
      u32[at++] = texts;
      u32[at++] = strings.length;
      u32[at++] =
        (o.addSpecialTokens ? SPECIAL_TOKENS : 0) |
        (o.details ? DETAILS : 0) |
        (o.overflow ? OVERFLOW : 0) |
        (pairs ? PAIRS : 0) |
        (counts ? WORDS : 0) |
        (o.truncateLeft ? TRUNCATE_LEFT : 0) |
        (o.padLeft ? PAD_LEFT : 0) |
        (o.idsOnly ? IDS_ONLY : 0);
      u32[at++] = o.truncation;
      u32[at++] = o.maxLength;
      u32[at++] = o.stride;
      u32[at++] = o.padding;
      u32[at++] = o.padLength;
      u32[at++] = o.padToMultipleOf;
      u32[at++] = o.padId;
      u32[at++] = o.padTypeId;
      if (counts) for (const n of counts) u32[at++] = n;
      for (const s of strings) u32[at++] = s.length;
      const { written } = encoder.encodeInto(all, this.#u8.subarray(at * 4, at * 4 + all.length * 3));
      const answer = handle.encode(written);
      if (!answer) checkStatus(handle);
      return this.#batch(answer >>> 2);
    });
  }

  /**
   * @param {number} h index of the answer's header
   * @returns {Batch}
   */
  #batch(h) {
    this.#views();
    const u32 = this.#u32,
      i32 = this.#i32;
    const rows = u32[h],
      n = u32[h + 1];
    /**
     * @param {number} i
     * @param {number} count
     */
    const ints = (i, count) => i32.slice(u32[h + i] >>> 2, (u32[h + i] >>> 2) + count);
    const has = u32[h + 14] !== 0;
    /** @type {Map<number, string>} */
    const surfaces = new Map();
    for (let s = 0, table = u32[h + 12] >>> 2, text = u32[h + 13]; s < u32[h + 11]; s++) {
      const bytes = u32[table + 2 * s + 1];
      surfaces.set(u32[table + 2 * s], decoder.decode(this.#u8.subarray(text, text + bytes)));
      text += bytes;
    }
    return {
      rows,
      rowStarts: u32.slice(u32[h + 2] >>> 2, (u32[h + 2] >>> 2) + rows + 1),
      rowTexts: u32.slice(u32[h + 3] >>> 2, (u32[h + 3] >>> 2) + rows),
      ids: ints(4, n),
      typeIds: ints(5, u32[h + 15]),
      attentionMask: ints(6, u32[h + 15]),
      offsets: ints(7, has ? 2 * n : 0),
      words: ints(8, has ? n : 0),
      special: this.#u8.slice(u32[h + 9], u32[h + 9] + (has ? n : 0)),
      sequences: new Int8Array(this.#u8.slice(u32[h + 10], u32[h + 10] + (has ? n : 0)).buffer),
      surfaces,
    };
  }

  /**
   * Texts of lists of ids.
   * @param {ArrayLike<number>[]} lists
   * @param {boolean} skipSpecialTokens
   * @returns {string[]}
   */
  decode(lists, skipSpecialTokens) {
    return this.#guarded(() => {
      const handle = this.#alive();
      let count = lists.length;
      for (const ids of lists) count += ids.length;
      this.#reserve(count * 4);
      let at = this.#input >>> 2;
      for (const ids of lists) this.#u32[at++] = ids.length;
      for (const ids of lists) {
        this.#u32.set(ids, at);
        at += ids.length;
      }
      return this.#slices(handle.decode(lists.length, skipSpecialTokens));
    });
  }

  /**
   * Opens a stream of ids.
   * @param {boolean} skipSpecialTokens
   * @returns {number}
   */
  openStream(skipSpecialTokens) {
    return this.#guarded(() => this.#alive().openStream(skipSpecialTokens));
  }

  /**
   * What the ids settle of a stream's text.
   * @param {number} stream
   * @param {ArrayLike<number>} ids
   * @param {boolean} ends
   * @returns {string}
   */
  stream(stream, ids, ends) {
    return this.#guarded(() => {
      const handle = this.#alive();
      this.#reserve(ids.length * 4);
      this.#u32.set(ids, this.#input >>> 2);
      return this.#texts(handle.stream(stream, ids.length, ends))[0];
    });
  }

  /** @param {number} stream */
  closeStream(stream) {
    this.#handle?.closeStream(stream);
  }

  /**
   * The texts of an answer that says their lengths in UTF-16 units as well: decoded many at a time, then cut, which is
   * several times as fast for short ones.
   * @param {number} answer
   * @returns {string[]}
   */
  #slices(answer) {
    if (!answer) checkStatus(this.#handle);
    this.#views();
    const u32 = this.#u32,
      h = answer >>> 2,
      out = new Array(u32[h]);
    const lengths = u32[h + 1] >>> 2,
      units = u32[h + 5] >>> 2;
    for (let i = 0, at = u32[h + 2]; i < out.length; ) {
      let bytes = u32[lengths + i],
        end = i + 1;
      while (end < out.length && bytes + u32[lengths + end] <= TOGETHER) bytes += u32[lengths + end++];
      const text = decoder.decode(this.#u8.subarray(at, at + bytes));
      at += bytes;
      if (end === i + 1) out[i++] = text;
      else for (let from = 0; i < end; from += u32[units + i++]) out[i] = text.slice(from, from + u32[units + i]);
    }
    return out;
  }

  /**
   * @param {number} answer
   * @returns {string[]}
   */
  #texts(answer) {
    if (!answer) checkStatus(this.#handle);
    this.#views();
    const u32 = this.#u32,
      h = answer >>> 2;
    const out = new Array(u32[h]);
    for (let i = 0, lengths = u32[h + 1] >>> 2, at = u32[h + 2]; i < out.length; i++) {
      const bytes = u32[lengths + i];
      out[i] = bytes === 0xffffffff ? null : decoder.decode(this.#u8.subarray(at, at + bytes));
      if (bytes !== 0xffffffff) at += bytes;
    }
    return out;
  }

  /**
   * Every token by its id.
   * @returns {Vocabulary}
   */
  get vocabulary() {
    return (this.#vocabulary ??= this.#guarded(() => {
      const answer = this.#alive().vocabulary();
      const tokens = this.#texts(answer);
      const flags = this.#u32[(answer >>> 2) + 4];
      return { tokens, flags: this.#u8.slice(flags, flags + tokens.length) };
    }));
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

  /** @param {number} number where BPE's dropout draws from, from now on */
  seed(number) {
    this.#alive().seed(number >>> 0);
  }
  /**
   * What marks tokens that go on with a word, or "".
   * @returns {string}
   */
  get continuingSubwordPrefix() {
    return this.#alive().continuingSubwordPrefix();
  }

  /**
   * The truncation and padding sections of the file.
   * @returns {Omit<CoreOptions, 'addSpecialTokens' | 'details' | 'overflow' | 'words'> & { padToken: string }}
   */
  get fileOptions() {
    const handle = this.#alive();
    const h = handle.fileOptions() >>> 2;
    this.#views();
    const [flags, truncation, maxLength, stride, padding, padLength, padToMultipleOf, padId, padTypeId] =
      this.#u32.slice(h, h + 9);
    return {
      truncation,
      maxLength,
      stride,
      truncateLeft: (flags & TRUNCATE_LEFT) !== 0,
      padding,
      padLength,
      padToMultipleOf,
      padLeft: (flags & PAD_LEFT) !== 0,
      padId,
      padTypeId,
      padToken: handle.padToken(),
    };
  }

  /** @param {object[]} tokens as in tokenizer.json's added_tokens */
  addTokens(tokens) {
    const handle = this.#alive();
    this.#guarded(() => handle.addTokens(JSON.stringify(tokens)));
    checkStatus(handle);
    this.#vocabulary = null;
  }

  /**
   * Another post-processor than the file's.
   * @param {object | null} section as in tokenizer.json
   */
  setPostProcessor(section) {
    const handle = this.#alive();
    this.#guarded(() => handle.setPostProcessor(JSON.stringify(section)));
    checkStatus(handle);
  }

  /** Lets go of everything. Later calls throw. */
  dispose() {
    this.#handle?.delete();
    this.#handle = this.#module = null;
    this.#u8 = new Uint8Array(0);
    this.#u32 = new Uint32Array(0);
    this.#i32 = new Int32Array(0);
    this.#vocabulary = null;
  }
}
