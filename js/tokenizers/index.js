// The entry `wasmformers/tokenizers`: a tokenizer.json alone, with the results of Rust's `tokenizers` 0.23.3. It loads
// no model and knows no Hub. AutoTokenizer, which adds tokenizer_config.json, is in auto-tokenizer.js.

import { InputError, TokenizerError } from '../errors.js';
import { WasmTokenizer } from '../engines/tokenizer.js';
import { DecodeStream } from './decode-stream.js';
import { Encoding, encodingsOf } from './encodings/encoding.js';
import { addedToken, jsonBytes } from './input.js';
import { encodeRequest, encodeTexts, idList } from './options.js';

/**
 * @typedef {import('./options.js').EncodeOptions & { text_pair?: string | string[] | (string | string[])[] | null
 *   }} EncodeOptions
 * @typedef {import('./input.js').AddedToken} AddedToken
 */

export class Tokenizer {
  #core;
  #defaults;

  /**
   * Use Tokenizer.fromJSON.
   * @param {WasmTokenizer} core
   * @param {{ clean_up_tokenization_spaces?: boolean }} config
   */
  constructor(core, config) {
    this.#core = core;
    this.#defaults = core.fileOptions;
    this.config = config;
  }

  /**
   * Reads a tokenizer.json.
   * @param {string | Uint8Array | ArrayBuffer | object} json its text, its bytes or its parsed JSON
   * @param {import('../utils/types.js').Json} [config] tokenizer_config.json: `pad_token` and the sides are read from
   *   it
   * @returns {Promise<Tokenizer>} rejects with a TokenizerError that names the field
   */
  static async fromJSON(json, config = {}) {
    const tokenizer = new Tokenizer(await WasmTokenizer.create(jsonBytes(json)), config ?? {});
    tokenizer.#configure();
    return tokenizer;
  }

  /**
   * The binary form, added tokens included: it loads in milliseconds, by this version of the library only. Keep the
   * tokenizer.json beside it.
   * @returns {Uint8Array}
   */
  toBinary() {
    return this.#core.binary();
  }

  /**
   * Reads what toBinary() gave.
   * @param {Uint8Array | ArrayBuffer} form
   * @param {import('../utils/types.js').Json} [config] as for fromJSON
   * @returns {Promise<Tokenizer>} rejects with a TokenizerError where the form is of another version, cut or
   *   damaged: then read the tokenizer.json
   */
  static async fromBinary(form, config = {}) {
    if (!(form instanceof Uint8Array) && !(form instanceof ArrayBuffer)) {
      throw new TokenizerError('The binary form of a tokenizer is a Uint8Array or ArrayBuffer.', {
        code: 'wrong_type',
      });
    }
    const tokenizer = new Tokenizer(
      await WasmTokenizer.fromBinary(form instanceof Uint8Array ? form : new Uint8Array(form)),
      config ?? {},
    );
    tokenizer.#configure();
    return tokenizer;
  }

  #configure() {
    const { pad_token, padding_side, truncation_side } = /** @type {import('../utils/types.js').Json} */ (this.config);
    const d = this.#defaults,
      content = typeof pad_token === 'object' ? pad_token?.content : pad_token;
    if (typeof content === 'string')
      Object.assign(d, { padToken: content, padId: this.#core.tokenToId(content) ?? d.padId });
    if (padding_side) d.padLeft = padding_side === 'left';
    if (truncation_side) d.truncateLeft = truncation_side === 'left';
  }

  /**
   * Encodes one text.
   * @param {string | string[]} text with is_split_into_words a list of words
   * @param {EncodeOptions} [options] what is left out is as the file's truncation and padding sections say
   * @returns {Encoding}
   */
  encode(text, options = {}) {
    const pair = options.text_pair ?? null;
    return this.encodeBatch([text], {
      ...options,
      text_pair: pair === null ? null : [/** @type {string | string[]} */ (pair)],
    })[0];
  }

  /**
   * Encodes many texts in one call of Wasm. Padding makes them equally long.
   * @param {(string | string[])[]} texts
   * @param {EncodeOptions} [options] text_pair: one for each text
   * @returns {Encoding[]}
   */
  encodeBatch(texts, options = {}) {
    if (!Array.isArray(texts))
      throw new InputError('encodeBatch takes a list of texts.', { code: 'not_a_list', field: 'texts' });
    if (!texts.length) return [];
    const pairs = /** @type {(string | string[])[] | null} */ (options.text_pair ?? null);
    const batch = encodeTexts(this.#core, texts, pairs, encodeRequest(options, this.#defaults, true));
    return encodingsOf(this.#core, batch, this.#defaults.padToken);
  }

  /**
   * Ids of many texts and nothing else, which is fastest. Those of text i are ids.subarray(starts[i], starts[i + 1]).
   * @param {string[]} texts
   * @param {EncodeOptions} [options]
   * @returns {{ ids: Int32Array, starts: Uint32Array }}
   */
  encodeIds(texts, options = {}) {
    if (!texts.length) return { ids: new Int32Array(0), starts: new Uint32Array(1) };
    const pairs = /** @type {string[] | null} */ (options.text_pair ?? null);
    const request = encodeRequest(options, this.#defaults, false);
    request.overflow = false;
    request.idsOnly = true;
    const { ids, rowStarts } = encodeTexts(this.#core, texts, pairs, request);
    return { ids, starts: rowStarts };
  }

  /**
   * The text of ids. Ids that do not exist are skipped.
   * @param {Iterable<number | bigint> | ArrayLike<number>} ids
   * @param {{ skip_special_tokens?: boolean }} [options]
   */
  decode(ids, options) {
    return this.decodeBatch([ids], options)[0];
  }

  /**
   * @param {(Iterable<number | bigint> | ArrayLike<number>)[]} lists
   * @param {{ skip_special_tokens?: boolean }} [options]
   * @returns {string[]}
   */
  decodeBatch(lists, { skip_special_tokens = false } = {}) {
    return this.#core.decode(lists.map(idList), skip_special_tokens);
  }

  /**
   * Decodes ids as they arrive.
   * @param {{ skip_special_tokens?: boolean }} [options]
   * @returns {DecodeStream}
   */
  decodeStream({ skip_special_tokens = false } = {}) {
    return new DecodeStream(this.#core, { skip_special_tokens });
  }

  /**
   * @param {string} token
   * @returns {number | undefined}
   */
  tokenToId(token) {
    return this.#core.tokenToId(token);
  }
  /**
   * @param {number} id
   * @returns {string | undefined}
   */
  idToToken(id) {
    return this.#core.vocabulary.tokens[id] ?? undefined;
  }
  /**
   * Token → id, added tokens too.
   * @returns {Map<string, number>}
   */
  get vocabulary() {
    const map = new Map();
    this.#core.vocabulary.tokens.forEach((token, id) => {
      if (token !== null) map.set(token, id);
    });
    return map;
  }
  /**
   * Adds tokens. Ones that the vocabulary has keep their id.
   * @param {(AddedToken | string)[]} tokens
   */
  addTokens(tokens) {
    this.#core.addTokens(tokens.map(addedToken));
  }
  /**
   * Sets where BPE's dropout draws from: the same number gives the same results. A loaded tokenizer begins with a
   * random one.
   * @param {number} number
   */
  seed(number) {
    this.#core.seed(number);
  }

  /** Lets go of the Wasm memory. Later calls throw. */
  dispose() {
    this.#core.dispose();
  }
}
if (Symbol.dispose) Object.assign(Tokenizer.prototype, { [Symbol.dispose]: Tokenizer.prototype.dispose });

export { DecodeStream, Encoding };
export { TokenizerError, InputError, MemoryError } from '../errors.js';
