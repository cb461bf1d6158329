// PreTrainedTokenizer: a tokenizer.json with tokenizer_config.json on top, callable, with Transformers.js' names and
// results. Truncation keeps the closing special tokens. The options of a call hold for this call only.

import { applyChatTemplate, chooseTemplate, loadTemplateEngine, readChatTemplate } from '../chat/chat-template.js';
import { WasmTokenizer } from '../engines/tokenizer.js';
import { InputError, TokenizerError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import { cleanUp } from './config.js';
import { DecodeStream } from './decode-stream.js';
import { batchEncoding } from './encodings/batch-encoding.js';
import { Encoding, encodingsOf } from './encodings/encoding.js';
import { TokenRows } from './encodings/token-rows.js';
import { LOADING, checkOptions } from '../utils/options.js';
import { jsonBytes } from './input.js';
import { loadTokenizer } from './load.js';
import { encodeRequest, encodeTexts, idList, textLists } from './options.js';
import { SpecialTokens } from './special-tokens.js';

/**
 * @typedef {import('./options.js').EncodeOptions & import('./encodings/batch-encoding.js').ReturnOptions & {
 *   text_pair?: any }} CallOptions text_pair: one text, or one for each. any: checked where it is read
 * @typedef {{ skip_special_tokens?: boolean, clean_up_tokenization_spaces?: boolean }} DecodeOptions
 * @typedef {import('./options.js').Text} Text
 * @typedef {import('../utils/types.js').Json} Json
 */

/** Of a call. */
const OPTIONS = [
  'text_pair add_special_tokens padding truncation max_length stride padding_side truncation_side pad_to_multiple_of',
  'is_split_into_words return_tensor return_token_type_ids return_offsets_mapping return_special_tokens_mask',
  'return_overflowing_tokens return_attention_mask return_length',
];
const DECODE_OPTIONS = 'skip_special_tokens clean_up_tokenization_spaces';

export class PreTrainedTokenizer extends SpecialTokens {
  /**
   * Use PreTrainedTokenizer.fromFiles or AutoTokenizer.from_pretrained.
   * @param {WasmTokenizer} core
   * @param {Json} config tokenizer_config.json
   * @param {Json} map special_tokens_map.json
   */
  constructor(core, config, map) {
    super(core, config, map);
    /**
     * Of a chat model: its template, or several by name.
     * @type {import('../chat/chat-template.js').ChatTemplate}
     */
    this.chat_template = readChatTemplate(config.chat_template);
  }

  /**
   * @param {string | Uint8Array | object} tokenizerJson or what an engine made of it
   * @param {Json} [config]
   * @param {Json} [map] special_tokens_map.json
   * @param {string} [where] put before file names in errors
   * @returns {Promise<any>} any: an instance of the class that it is called on
   */
  static async fromFiles(tokenizerJson, config = {}, map = {}, where = '') {
    for (const [file, value] of Object.entries({ 'tokenizer_config.json': config, 'special_tokens_map.json': map })) {
      if (value === null || typeof value !== 'object' || Array.isArray(value))
        throw new TokenizerError(`${file} must be an object.`, { code: 'wrong_type', file });
    }
    // Where the template library cannot be loaded, all but templates works.
    const [core] = await Promise.all([
      tokenizerJson instanceof WasmTokenizer ? tokenizerJson : WasmTokenizer.create(jsonBytes(tokenizerJson), where),
      config.chat_template && loadTemplateEngine().catch(() => {}),
    ]);
    return new this(core, config, map);
  }

  /**
   * The tokenizer of a repository, as this class; AutoTokenizer takes the class that the files name.
   * @param {string} id repository id, folder or URL
   * @param {import('./load.js').LoadOptions} [options]
   * @returns {Promise<any>} any: an instance of the class that it is called on
   */
  static async from_pretrained(id, options = {}) {
    checkOptions(options, LOADING);
    return loadTokenizer(id, options, () => this);
  }

  // --- encoding -----------------------------------------------------------------------------------------------------

  /**
   * Options as Wasm takes them. Lengths are never beyond what the model takes.
   * @param {CallOptions} o
   * @param {boolean} details
   * @param {boolean} pair
   */
  #request(o, details, pair) {
    checkOptions(o, OPTIONS);
    const limit = Number.isFinite(this.model_max_length) ? this.model_max_length : 0;
    const asked = o.max_length ?? null;
    const max_length = asked !== null && limit && typeof asked === 'number' && asked > limit ? limit : asked;
    const options = encodeRequest(
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
        padId: this._.ids.pad ?? 0,
        padTypeId: this.config.pad_token_type_id ?? 0,
      },
      details,
    );
    const added = options.truncation && options.addSpecialTokens ? this._.core.addedTokens(pair) : 0;
    if (options.maxLength < added) {
      throw new InputError(`max_length ${options.maxLength} leaves no room for the ${added} special tokens.`, {
        code: 'max_length_too_small',
        field: 'max_length',
      });
    }
    return options;
  }

  /**
   * Encodes texts in one call of Wasm.
   * @param {Text[]} texts
   * @param {Text[] | null} pairs
   * @param {CallOptions} options
   * @param {boolean} details
   */
  #encode(texts, pairs, options, details) {
    return encodeTexts(this._.core, texts, pairs, this.#request(options, details, pairs !== null));
  }

  /**
   * Encodes a text or a batch.
   * @param {string | string[] | string[][]} text
   * @param {CallOptions} [options] return_tensor false: arrays of numbers instead of int64 tensors
   * @returns {any} BatchEncoding: { input_ids, attention_mask, token_type_ids? , … } of shape [batch, length].
   *   any: its fields depend on the options
   */
  _call(text, options = {}) {
    checkOptions(options, OPTIONS);
    const { texts, pairs, single } = textLists(text, options);
    if (!texts.length) throw new InputError('The batch has no texts.', { code: 'empty_batch', field: 'text' });
    const details = !!(options.return_offsets_mapping || options.return_special_tokens_mask);
    const batch = this.#encode(texts, pairs, options, details);
    return batchEncoding(batch, single, this._.typeIds ?? false, options, () => {
      const again = details ? batch : this.#encode(texts, pairs, options, true);
      return Array.from({ length: again.rows }, (_, r) => new Encoding(this._.core, again, r, this.#padToken));
    });
  }

  get #padToken() {
    return this._.tokens.pad ?? '[PAD]';
  }

  /**
   * Rows for a model's forward passes, not padded yet.
   * @param {string[]} texts
   * @param {CallOptions & { details?: boolean, typeIds?: boolean }} [options] typeIds: whether the model takes
   *   token_type_ids, where the tokenizer's files do not say it
   */
  encodeRows(texts, { text_pair = null, details = false, typeIds = false, ...options } = {}) {
    const request = this.#request({ ...options, padding: false }, details, text_pair !== null);
    const batch = encodeTexts(this._.core, texts, text_pair, request);
    return new TokenRows(batch, request, this._.typeIds ?? typeIds);
  }

  /**
   * A padded batch as flat 32-bit arrays, for callers that feed a model themselves.
   * @param {string[]} texts
   * @param {CallOptions} [options] texts are padded and truncated unless they say otherwise
   * @returns {{ dims: [number, number], input_ids: Int32Array, attention_mask: Int32Array, token_type_ids:
   *   Int32Array | null }}
   */
  encodeForModel(texts, { text_pair = null, ...options } = {}) {
    const batch = this.#encode(texts, text_pair, { padding: true, truncation: true, ...options }, false);
    return {
      dims: [batch.rows, batch.rows ? batch.rowStarts[1] : 0],
      input_ids: batch.ids,
      attention_mask: batch.attentionMask,
      token_type_ids: this._.typeIds ? batch.typeIds : null,
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
   * Texts with everything about them in typed arrays.
   * @param {Text[]} texts
   * @param {CallOptions} [options] text_pair: one for each text
   * @returns {Encoding[]}
   */
  encodeBatch(texts, { text_pair = null, ...options } = {}) {
    if (!Array.isArray(texts))
      throw new InputError('encodeBatch takes a list of texts.', { code: 'not_a_list', field: 'texts' });
    return encodingsOf(this._.core, this.#encode(texts, text_pair, options, true), this.#padToken);
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
   * @param {unknown} ids list, typed array or Tensor; none give ''
   * @param {DecodeOptions} [options]
   * @returns {string}
   */
  decode(ids, options) {
    return this.batch_decode([ids], options)[0];
  }

  /**
   * The same for one list.
   * @param {unknown} ids
   * @param {DecodeOptions} [options]
   */
  decode_single(ids, options) {
    return this.decode(ids, options);
  }

  /**
   * @param {any} batch lists of ids, or a Tensor [batch, length]. any: checked by idList()
   * @param {DecodeOptions} [options]
   * @returns {string[]}
   */
  batch_decode(batch, options = {}) {
    checkOptions(options, DECODE_OPTIONS);
    const { skip_special_tokens = false, clean_up_tokenization_spaces = this._.cleanUp } = options;
    /** @type {unknown[]} */
    const lists = batch instanceof Tensor ? batch.tolist() : Object(batch) === batch ? Array.from(batch) : [batch];
    const texts = this._.core.decode(lists.map(idList), skip_special_tokens);
    return clean_up_tokenization_spaces ? texts.map(cleanUp) : texts;
  }

  /**
   * Decodes ids as they arrive.
   * @param {DecodeOptions} [options]
   * @returns {DecodeStream}
   */
  decodeStream(options = {}) {
    checkOptions(options, DECODE_OPTIONS);
    const { skip_special_tokens = false, clean_up_tokenization_spaces = this._.cleanUp } = options;
    return new DecodeStream(this._.core, { skip_special_tokens, clean_up_tokenization_spaces });
  }

  // --- chats --------------------------------------------------------------------------------------------------------

  /**
   * The text or the ids of a conversation, as the model was taught to read it.
   * @param {unknown} conversation [{ role, content }, …], or a list of such
   * @param {Json} [options] tools, documents, chat_template (a name or a template), add_generation_prompt,
   *   continue_final_message, tokenize,
   *   padding, truncation, max_length, return_tensor, return_dict, return_assistant_tokens_mask, tokenizer_kwargs;
   *   others are the template's
   * @returns {any} with tokenize: false a text, with return_dict: false input_ids, else a BatchEncoding.
   *   any: depends on the options
   */
  apply_chat_template(conversation, options = {}) {
    return applyChatTemplate(this, conversation, options);
  }

  /**
   * The template that would be used.
   * @param {{ chat_template?: string | null, tools?: unknown }} [options]
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
}
