// PreTrainedTokenizer: a tokenizer.json with tokenizer_config.json on top, callable, with Transformers.js' names and
// results. Truncation keeps the closing special tokens; options are arguments and change nothing for the next call.

import { InputError, TokenizerError } from '../errors.js';
import { Callable } from '../utils/callable.js';
import { Tensor } from '../tensor/tensor.js';
import { BatchEncoding, int64 } from './core/batch-encoding.js';
import { applyChatTemplate, chooseTemplate, readChatTemplate } from '../chat/chat-template.js';
import { SPECIAL, cleanUp, familyHasTypeIds, readConfig } from './config.js';
import { Core } from './core/core.js';
import { DecodeStream } from './core/decode-stream.js';
import { Encoding, encodingsOf } from './core/encoding.js';
import { addedToken, jsonBytes } from './input.js';
import { coreOptions, encodeTexts, idList } from './options.js';
import { Rows } from './core/rows.js';
import { surroundEachBy } from './special-tokens.js';
import { loadTemplateEngine } from '../chat/template-engine.js';

/**
 * @typedef {import('./options.js').EncodeOptions & {
 *   text_pair?: any, return_tensor?: boolean, return_token_type_ids?: boolean | null, return_offsets_mapping?: boolean,
 *   return_special_tokens_mask?: boolean, return_attention_mask?: boolean, return_length?: boolean,
 * }} CallOptions
 * @typedef {Record<string, any>} Json
 */

/**
 * @param {ArrayLike<any>} values
 * @param {number} width
 */
function chunks(values, width) {
  const out = [];
  for (let i = 0; i < values.length; i += width) out.push(Array.from({ length: width }, (_, k) => values[i + k]));
  return out;
}

export class PreTrainedTokenizer extends Callable {
  /**
   * Use PreTrainedTokenizer.fromFiles or AutoTokenizer.from_pretrained.
   * @param {Core} core
   * @param {Json} config tokenizer_config.json
   * @param {Json} map special_tokens_map.json
   */
  constructor(core, config, map) {
    super();
    const { tokens, ...read } = readConfig(config, map);
    /** @type {Record<string, number | undefined>} */
    const ids = {};
    for (const name of SPECIAL)
      ids[name] = tokens[name] === undefined ? undefined : core.tokenToId(/** @type {string} */ (tokens[name]));
    /**
     * tokenizer_config.json.
     * @type {Json}
     */
    this.config = config;
    /**
     * 'left' or 'right'; an option of a call goes before it.
     * @type {'left' | 'right'}
     */
    this.padding_side = read.padLeft ? 'left' : 'right';
    /** @type {'left' | 'right'} */
    this.truncation_side = read.truncateLeft ? 'left' : 'right';
    /**
     * The most tokens that the model takes; Infinity where nothing says.
     * @type {number}
     */
    this.model_max_length = read.maxLength;
    /**
     * Of a chat model: its template, or several by name.
     * @type {import('../chat/chat-template.js').ChatTemplate}
     */
    this.chat_template = readChatTemplate(config.chat_template);
    Object.defineProperty(this, '_', {
      value: {
        core,
        tokens,
        ids,
        typeIds: read.typeIds,
        cleanUp: read.cleanUp,
        extra: read.extra,
        additional: read.additional,
        flags: { bos: config.add_bos_token ?? false, eos: config.add_eos_token ?? false },
      },
    });
  }

  /**
   * @type {{ core: Core, tokens: Record<string, string | undefined>, ids: Record<string, number | undefined>,
   *   typeIds: boolean, cleanUp: boolean, extra: Record<string, string>, additional: string[],
   *   flags: { bos: boolean, eos: boolean } }}
   */
  get #own() {
    return /** @type {any} */ (this)._;
  }

  /**
   * @param {string | Uint8Array | object} tokenizerJson or a Core that was made from it
   * @param {Json} [config]
   * @param {Json} [map] special_tokens_map.json
   * @param {string} [where] put before file names in errors
   */
  static async fromFiles(tokenizerJson, config = {}, map = {}, where = '') {
    for (const [file, value] of Object.entries({ 'tokenizer_config.json': config, 'special_tokens_map.json': map })) {
      if (value === null || typeof value !== 'object' || Array.isArray(value))
        throw new TokenizerError(`${file} must be an object.`, { code: 'wrong_type', file });
    }
    // The library for templates comes along with a template; without it the tokenizer still works.
    const [core] = await Promise.all([
      tokenizerJson instanceof Core ? tokenizerJson : Core.create(jsonBytes(tokenizerJson), where),
      config.chat_template && loadTemplateEngine().catch(() => {}),
    ]);
    return new this(core, config, map);
  }

  /**
   * The tokenizer of a repository, a folder or a URL, as this class; AutoTokenizer takes the one that the files name.
   * @param {string} id
   * @param {import('../hub/index.js').HubOptions & { config?: Json | null }} [options]
   * @returns {Promise<any>}
   */
  static async from_pretrained(id, options = {}) {
    const { loadTokenizer } = await import('./auto-tokenizer.js');
    return loadTokenizer(id, options, this);
  }

  // --- encoding ---------------------------------------------------------------------------------------------------

  /**
   * Options as numbers: lengths are never beyond what the model takes.
   * @param {CallOptions} o
   * @param {boolean} details
   * @param {boolean} pair
   */
  #options(o, details, pair) {
    const limit = Number.isFinite(this.model_max_length) ? this.model_max_length : 0;
    const asked = o.max_length ?? null;
    const max_length = asked !== null && limit && typeof asked === 'number' && asked > limit ? limit : asked;
    const options = coreOptions(
      { ...o, max_length },
      {
        truncation: 0,
        maxLength: limit,
        stride: 0,
        truncateLeft: this.truncation_side === 'left',
        padding: 0,
        padLength: 0,
        padToMultipleOf: 0,
        padLeft: this.padding_side === 'left',
        padId: this.pad_token_id ?? 0,
        padTypeId: this.config.pad_token_type_id ?? 0,
      },
      details,
    );
    const added = options.truncation && options.addSpecialTokens ? this.#own.core.addedTokens(pair) : 0;
    if (options.maxLength < added) {
      throw new InputError(`max_length ${options.maxLength} leaves no room for the ${added} special tokens.`, {
        code: 'max_length_too_small',
        field: 'max_length',
      });
    }
    return options;
  }

  /**
   * Texts and pairs as lists, and whether a single text was given.
   * @param {any} text
   * @param {CallOptions} o
   * @returns {{ texts: any[], pairs: any[] | null, single: boolean }}
   */
  #lists(text, { text_pair = null, is_split_into_words = false }) {
    const isOne = (/** @type {any} */ t) =>
      is_split_into_words ? Array.isArray(t) && !Array.isArray(t[0]) : typeof t === 'string';
    if (isOne(text)) {
      if (text_pair !== null && !isOne(text_pair))
        throw new InputError('text_pair must be of the same kind as text.', {
          code: 'length_mismatch',
          field: 'text_pair',
        });
      return { texts: [text], pairs: text_pair === null ? null : [text_pair], single: true };
    }
    if (!Array.isArray(text))
      throw new InputError(
        `text must be a string or a list of strings, found ${text === null ? 'null' : typeof text}.`,
        { code: 'not_a_string', field: 'text' },
      );
    if (text_pair !== null && !Array.isArray(text_pair))
      throw new InputError('text is a list, so text_pair must be one too.', {
        code: 'length_mismatch',
        field: 'text_pair',
      });
    return { texts: text, pairs: text_pair, single: false };
  }

  /**
   * Encodes a text or a batch.
   * @param {string | string[] | string[][]} text
   * @param {CallOptions} [options] return_tensor false: arrays of numbers instead of int64 tensors
   * @returns {any} BatchEncoding: { input_ids, attention_mask, token_type_ids? , … } of shape [batch, length]
   */
  _call(text, options = {}) {
    const {
      return_tensor = true,
      return_token_type_ids,
      return_offsets_mapping = false,
      return_special_tokens_mask = false,
      return_attention_mask = true,
      return_length = false,
    } = options;
    const { core, typeIds } = this.#own,
      { texts, pairs, single } = this.#lists(text, options);
    const details = return_offsets_mapping || return_special_tokens_mask;
    if (!texts.length) throw new InputError('The batch has no texts.', { code: 'empty_batch', field: 'text' });
    const batch = encodeTexts(core, texts, pairs, this.#options(options, details, pairs !== null));
    const { rows, rowStarts } = batch,
      length = rowStarts[1];
    /** @type {Record<string, [ArrayLike<number>, number]>} name → values and how many a token has */
    const columns = { input_ids: [batch.ids, 1] };
    if (return_attention_mask) columns.attention_mask = [batch.attentionMask, 1];
    if (return_token_type_ids ?? typeIds) columns.token_type_ids = [batch.typeIds, 1];
    if (return_offsets_mapping) columns.offset_mapping = [batch.offsets, 2];
    if (return_special_tokens_mask) columns.special_tokens_mask = [batch.special, 1];

    /** @type {Json} */
    const out = {};
    if (return_tensor) {
      if (rowStarts.some((start, r) => r > 0 && start !== r * length)) {
        throw new InputError(
          'The texts have different numbers of tokens: ask for padding (and truncation), or for return_tensor: false.',
          { code: 'ragged_batch', field: 'padding' },
        );
      }
      for (const [name, [values, width]] of Object.entries(columns))
        out[name] = int64(values, width === 1 ? [rows, length] : [rows, length, width]);
      if (options.return_overflowing_tokens) out.overflow_to_sample_mapping = int64(batch.rowTexts, [rows]);
      if (return_length) out.length = int64(new Int32Array(rows).fill(length), [rows]);
    } else {
      const alone = single && !options.return_overflowing_tokens;
      for (const [name, [values, width]] of Object.entries(columns)) {
        const lists = Array.from({ length: rows }, (_, r) => {
          const row = Array.prototype.slice.call(values, rowStarts[r] * width, rowStarts[r + 1] * width);
          return width === 1 ? row : chunks(row, width);
        });
        out[name] = alone ? lists[0] : lists;
      }
      if (options.return_overflowing_tokens) out.overflow_to_sample_mapping = Array.from(batch.rowTexts);
      if (return_length) out.length = Array.from({ length: rows }, (_, r) => rowStarts[r + 1] - rowStarts[r]);
    }
    return new BatchEncoding(out, () => {
      const again = details ? batch : encodeTexts(core, texts, pairs, this.#options(options, true, pairs !== null));
      return Array.from({ length: again.rows }, (_, r) => new Encoding(core, again, r, this.pad_token ?? '[PAD]'));
    });
  }

  /**
   * Rows for a model's forward passes, not padded yet.
   * @param {string[]} texts
   * @param {CallOptions & { details?: boolean }} [options] text_pair: one for each text
   */
  encodeRows(texts, { text_pair = null, details = false, ...options } = {}) {
    const o = this.#options({ ...options, padding: false }, details, text_pair !== null);
    const batch = texts.length ? encodeTexts(this.#own.core, texts, text_pair, o) : EMPTY;
    return new Rows(batch, { padId: o.padId, padTypeId: o.padTypeId, padLeft: o.padLeft, typeIds: this.#own.typeIds });
  }

  /**
   * A padded batch as flat 32-bit arrays, for callers that feed a model themselves.
   * @param {string[]} texts
   * @param {CallOptions} [options] padding is on unless switched off for a single text
   * @returns {{ dims: [number, number], input_ids: Int32Array, attention_mask: Int32Array, token_type_ids:
   *   Int32Array | null }}
   */
  encodeForModel(texts, { text_pair = null, ...options } = {}) {
    const batch = texts.length
      ? encodeTexts(
          this.#own.core,
          texts,
          text_pair,
          this.#options({ padding: true, truncation: true, ...options }, false, text_pair !== null),
        )
      : EMPTY;
    return {
      dims: [batch.rows, batch.rows ? batch.rowStarts[1] : 0],
      input_ids: batch.ids,
      attention_mask: batch.attentionMask,
      token_type_ids: this.#own.typeIds ? batch.typeIds : null,
    };
  }

  /**
   * Ids of one text.
   * @param {string} text
   * @param {CallOptions} [options]
   * @returns {number[]}
   */
  encode(text, options = {}) {
    return this._call(text, { ...options, return_tensor: false, return_overflowing_tokens: false }).input_ids;
  }

  /**
   * Texts with everything about them in typed arrays, in one call across the border.
   * @param {(string | string[])[]} texts
   * @param {CallOptions} [options] text_pair: one for each text
   * @returns {Encoding[]}
   */
  encodeBatch(texts, { text_pair = null, ...options } = {}) {
    if (!Array.isArray(texts))
      throw new InputError('encodeBatch takes a list of texts.', { code: 'not_a_list', field: 'texts' });
    if (!texts.length) return [];
    return encodingsOf(
      this.#own.core,
      encodeTexts(this.#own.core, texts, text_pair, this.#options(options, true, text_pair !== null)),
      this.pad_token ?? '[PAD]',
    );
  }

  /**
   * Tokens of one text.
   * @param {string} text
   * @param {{ pair?: string | null, add_special_tokens?: boolean }} [options]
   * @returns {string[]}
   */
  tokenize(text, { pair = null, add_special_tokens = false } = {}) {
    return this._call(text, { text_pair: pair, add_special_tokens, return_tensor: false }).tokens();
  }

  // --- decoding ---------------------------------------------------------------------------------------------------

  /**
   * @param {any} ids list, typed array or Tensor; none give ''
   * @param {{ skip_special_tokens?: boolean, clean_up_tokenization_spaces?: boolean }} [options]
   * @returns {string}
   */
  decode(ids, options) {
    return this.batch_decode([ids], options)[0];
  }

  /**
   * The same for one list.
   * @param {any} ids
   * @param {{ skip_special_tokens?: boolean, clean_up_tokenization_spaces?: boolean }} [options]
   */
  decode_single(ids, options) {
    return this.decode(ids, options);
  }

  /**
   * @param {any} batch lists of ids, or a Tensor [batch, length]
   * @param {{ skip_special_tokens?: boolean, clean_up_tokenization_spaces?: boolean }} [options]
   * @returns {string[]}
   */
  batch_decode(batch, { skip_special_tokens = false, clean_up_tokenization_spaces = this.#own.cleanUp } = {}) {
    /** @type {any[]} */
    const lists = batch instanceof Tensor ? batch.tolist() : Array.from(batch);
    const texts = this.#own.core.decode(lists.map(idList), skip_special_tokens);
    return clean_up_tokenization_spaces ? texts.map(cleanUp) : texts;
  }

  /**
   * Decodes ids as they arrive.
   * @param {{ skip_special_tokens?: boolean, clean_up_tokenization_spaces?: boolean }} [options]
   * @returns {DecodeStream}
   */
  decodeStream({ skip_special_tokens = false, clean_up_tokenization_spaces = this.#own.cleanUp } = {}) {
    return new DecodeStream(this.#own.core, { skip_special_tokens, clean_up_tokenization_spaces });
  }

  // --- chats --------------------------------------------------------------------------------------------------------

  /**
   * The text or the ids of a conversation, as the model was taught to read it.
   * @param {any} conversation [{ role, content }, …], or a list of such
   * @param {Json} [options] tools, documents, chat_template (a name or a template), add_generation_prompt,
   *   continue_final_message, tokenize,
   *   padding, truncation, max_length, return_tensor, return_dict, return_assistant_tokens_mask, tokenizer_kwargs;
   *   others are the template's
   * @returns {any} with tokenize: false a text, with return_dict: false input_ids, else a BatchEncoding
   */
  apply_chat_template(conversation, options = {}) {
    return applyChatTemplate(this, conversation, options);
  }

  /**
   * The template that would be used.
   * @param {{ chat_template?: string | null, tools?: any }} [options]
   * @returns {string}
   */
  get_chat_template({ chat_template = null, tools = null } = {}) {
    return chooseTemplate(this.chat_template, chat_template, tools !== null);
  }

  /**
   * Gets the library for templates, which a tokenizer without one of its own lacks.
   * @returns {Promise<void>}
   */
  load_chat_templates() {
    return loadTemplateEngine();
  }

  // --- vocabulary -------------------------------------------------------------------------------------------------

  /**
   * @param {string | string[]} tokens unknown ones get unk_token_id
   * @returns {any} an id, or a list of ids
   */
  convert_tokens_to_ids(tokens) {
    const one = (/** @type {string} */ token) => this.#own.core.tokenToId(token) ?? this.unk_token_id;
    return Array.isArray(tokens) ? tokens.map(one) : one(tokens);
  }
  /**
   * @param {Iterable<number | bigint>} ids
   * @returns {string[]}
   */
  convert_ids_to_tokens(ids) {
    const { tokens } = this.#own.core.vocabulary;
    return Array.from(idList(ids), (id) => tokens[id] ?? this.unk_token ?? '');
  }
  /**
   * Token → id.
   * @returns {Map<string, number>}
   */
  get_vocab() {
    const map = new Map();
    this.#own.core.vocabulary.tokens.forEach((token, id) => {
      if (token !== null) map.set(token, id);
    });
    return map;
  }
  /**
   * Adds tokens; ones that the vocabulary has keep their id.
   * @param {(string | import('./index.js').AddedToken)[]} tokens
   * @param {{ special_tokens?: boolean }} [options]
   * @returns {number} how many are new
   */
  add_tokens(tokens, { special_tokens = false } = {}) {
    const { core } = this.#own,
      list = tokens.map((t) => ({ special: special_tokens, normalized: !special_tokens, ...addedToken(t) }));
    const fresh = new Set(
      list.map(({ content }) => content).filter((content) => content && core.tokenToId(content) === undefined),
    );
    core.addTokens(list);
    return fresh.size;
  }
  /**
   * Adds special tokens and gives them their names.
   * @param {Json} tokens pad_token, …, additional_special_tokens
   * @returns {number} how many are new
   */
  add_special_tokens(tokens) {
    const { additional_special_tokens: more = [], ...named } = tokens;
    for (const name of Object.keys(named)) {
      if (!SPECIAL.some((one) => name === one + '_token'))
        throw new InputError(`${name} is no special token.`, { code: 'bad_option', field: name });
    }
    const count = this.add_tokens([...Object.values(named), ...more], { special_tokens: true });
    for (const [name, token] of Object.entries(named)) this.#name(name.slice(0, -6), addedToken(token).content);
    this.#own.additional = [
      ...new Set([...this.#own.additional, ...more.map((/** @type {any} */ token) => addedToken(token).content)]),
    ];
    return count;
  }
  /**
   * @param {string} name "pad", …
   * @param {string | undefined | null} token
   */
  #name(name, token) {
    if (token !== undefined && token !== null && typeof token !== 'string')
      throw new InputError(`${name}_token must be a text.`, { code: 'not_a_string', field: `${name}_token` });
    this.#own.tokens[name] = token ?? undefined;
    this.#own.ids[name] = token === undefined || token === null ? undefined : this.#own.core.tokenToId(token);
  }

  /**
   * Ids of all special tokens.
   * @returns {number[]}
   */
  get all_special_ids() {
    const { tokens, flags } = this.#own.core.vocabulary;
    const ids = new Set(Object.values(this.#own.ids).filter((id) => id !== undefined));
    flags.forEach((flag, id) => {
      if (flag & 2 && tokens[id] !== null) ids.add(id);
    });
    return /** @type {number[]} */ ([...ids]);
  }
  /** @returns {string[]} */
  get all_special_tokens() {
    return this.convert_ids_to_tokens(this.all_special_ids);
  }
  /** @returns {string[]} */
  get additional_special_tokens() {
    return this.#own.additional;
  }
  /**
   * Special tokens by the names that templates use.
   * @returns {Json}
   */
  get special_tokens_map() {
    const named = Object.entries(this.#own.tokens)
      .filter(([, token]) => token !== undefined)
      .map(([name, token]) => [`${name}_token`, token]);
    const more = this.additional_special_tokens;
    return {
      ...Object.fromEntries(named),
      ...this.#own.extra,
      ...(more.length ? { additional_special_tokens: more } : {}),
    };
  }
  /** What marks pieces that go on with a word ("##"), where the model has such a mark. */
  get continuing_subword_prefix() {
    return this.#own.core.continuingSubwordPrefix || undefined;
  }

  /** Does a text begin with bos_token, end with eos_token? Setting one sets both, in place of what the file says. */
  get add_bos_token() {
    return this.#own.flags.bos;
  }
  set add_bos_token(value) {
    this.#flag('bos', value);
  }
  get add_eos_token() {
    return this.#own.flags.eos;
  }
  set add_eos_token(value) {
    this.#flag('eos', value);
  }
  /**
   * @param {'bos' | 'eos'} name
   * @param {boolean} value
   */
  #flag(name, value) {
    const { flags, tokens } = this.#own;
    flags[name] = Boolean(value);
    const given = (/** @type {'bos' | 'eos'} */ one) =>
      flags[one] && tokens[one] !== undefined ? [/** @type {string} */ (tokens[one])] : [];
    surroundEachBy(this, given('bos'), given('eos'));
  }

  get bos_token() {
    return this.#own.tokens.bos;
  }
  set bos_token(token) {
    this.#name('bos', token);
  }
  get eos_token() {
    return this.#own.tokens.eos;
  }
  set eos_token(token) {
    this.#name('eos', token);
  }
  get unk_token() {
    return this.#own.tokens.unk;
  }
  set unk_token(token) {
    this.#name('unk', token);
  }
  get sep_token() {
    return this.#own.tokens.sep;
  }
  set sep_token(token) {
    this.#name('sep', token);
  }
  get pad_token() {
    return this.#own.tokens.pad;
  }
  set pad_token(token) {
    this.#name('pad', token);
  }
  get cls_token() {
    return this.#own.tokens.cls;
  }
  set cls_token(token) {
    this.#name('cls', token);
  }
  get mask_token() {
    return this.#own.tokens.mask;
  }
  set mask_token(token) {
    this.#name('mask', token);
  }
  get bos_token_id() {
    return this.#own.ids.bos;
  }
  set bos_token_id(id) {
    this.#name('bos', id === undefined || id === null ? undefined : this.#own.core.vocabulary.tokens[id]);
  }
  get eos_token_id() {
    return this.#own.ids.eos;
  }
  set eos_token_id(id) {
    this.#name('eos', id === undefined || id === null ? undefined : this.#own.core.vocabulary.tokens[id]);
  }
  get unk_token_id() {
    return this.#own.ids.unk;
  }
  set unk_token_id(id) {
    this.#name('unk', id === undefined || id === null ? undefined : this.#own.core.vocabulary.tokens[id]);
  }
  get sep_token_id() {
    return this.#own.ids.sep;
  }
  set sep_token_id(id) {
    this.#name('sep', id === undefined || id === null ? undefined : this.#own.core.vocabulary.tokens[id]);
  }
  get pad_token_id() {
    return this.#own.ids.pad;
  }
  set pad_token_id(id) {
    this.#name('pad', id === undefined || id === null ? undefined : this.#own.core.vocabulary.tokens[id]);
  }
  get cls_token_id() {
    return this.#own.ids.cls;
  }
  set cls_token_id(id) {
    this.#name('cls', id === undefined || id === null ? undefined : this.#own.core.vocabulary.tokens[id]);
  }
  get mask_token_id() {
    return this.#own.ids.mask;
  }
  set mask_token_id(id) {
    this.#name('mask', id === undefined || id === null ? undefined : this.#own.core.vocabulary.tokens[id]);
  }

  /**
   * Where the tokenizer's files say no length, the model's positions do; where they name no class, its family tells
   * of token_type_ids.
   * @param {Json} config config.json
   */
  limitTo(config) {
    if (!this.config.tokenizer_class && !Array.isArray(this.config.model_input_names))
      this.#own.typeIds = familyHasTypeIds(config);
    if (Number.isFinite(this.model_max_length) || !(config?.max_position_embeddings > 0)) return;
    // RoBERTa's positions begin behind the padding's.
    const offset = /roberta|camembert|mpnet/.test(config.model_type ?? '') ? (config.pad_token_id ?? 1) + 1 : 0;
    this.model_max_length = config.max_position_embeddings - offset;
  }

  /** Lets go of the Wasm memory. Later calls throw. */
  dispose() {
    this.#own.core.dispose();
  }
}
if (Symbol.dispose)
  /** @type {any} */ (PreTrainedTokenizer.prototype)[Symbol.dispose] = PreTrainedTokenizer.prototype.dispose;

/** @type {import('./core/core.js').Batch} */
const EMPTY = {
  rows: 0,
  rowStarts: new Uint32Array(1),
  rowTexts: new Uint32Array(0),
  ids: new Int32Array(0),
  typeIds: new Int32Array(0),
  attentionMask: new Int32Array(0),
  offsets: new Int32Array(0),
  words: new Int32Array(0),
  special: new Uint8Array(0),
  sequences: new Int8Array(0),
  surfaces: new Map(),
};
