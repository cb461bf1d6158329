// Tokenizers of translation models, after Transformers' classes (set_src_lang_special_tokens,
// _build_translation_inputs). A token before or after the text names the language; with Marian it is part of the text.

import { InputError } from '../../errors.js';
import { PreTrainedTokenizer } from '../pre-trained-tokenizer.js';
import { surroundBy } from '../post-processor.js';

/**
 * @typedef {import('../../utils/types.js').Json} Json
 * @typedef {import('../pre-trained-tokenizer.js').DecodeOptions & { use_source_tokenizer?: boolean }} SourceOptions
 *   use_source_tokenizer: the ids are of the source language
 */

/** Base of the classes whose languages are special tokens. */
class LanguageTokenizer extends PreTrainedTokenizer {
  /** Tokens of languages. */
  static pattern = /^/;
  /** The source language where the configuration names none. */
  static first = '';

  /** @param {ConstructorParameters<typeof PreTrainedTokenizer>} parts */
  constructor(...parts) {
    super(...parts);
    const { pattern, first } = new.target,
      [, config] = parts;
    this.languageRegex = pattern;
    /**
     * Codes of the languages that the vocabulary has.
     * @type {string[]}
     */
    this.language_codes = this.all_special_tokens
      .filter((token) => pattern.test(token))
      .map((token) => this.token_to_lang(token));
    if (!this.language_codes.length)
      this.language_codes = [...this.get_vocab().keys()]
        .filter((token) => pattern.test(token))
        .map((token) => this.token_to_lang(token));
    /** @type {string | null} */
    this.tgt_lang = config.tgt_lang ?? null;
    this.source = config.src_lang ?? first;
    if (this.language_codes.includes(this.source)) this.set_src_lang_special_tokens(this.source);
  }

  /**
   * @param {string} lang
   * @returns {string}
   */
  lang_to_token(lang) {
    return lang;
  }
  /**
   * @param {string} token
   * @returns {string}
   */
  token_to_lang(token) {
    return token;
  }
  /**
   * @param {string} lang
   * @returns {[string[], string[]]} tokens before and after a text of it
   */
  around(lang) {
    return [[this.lang_to_token(lang)], [String(this.eos_token)]];
  }

  /**
   * @param {string} lang
   * @param {string} field
   */
  #check(lang, field) {
    if (typeof lang === 'string' && this.language_codes.includes(lang)) return;
    throw new InputError(
      `${field} ${JSON.stringify(lang)} is no language of this tokenizer; ` +
        `there are: ${this.language_codes.join(', ')}.`,
      { code: 'unknown_language', field },
    );
  }
  /**
   * The language that texts are in.
   * @returns {string}
   */
  get src_lang() {
    return this.source;
  }
  set src_lang(lang) {
    this.set_src_lang_special_tokens(lang);
    this.source = lang;
  }
  /** @param {string} lang */
  set_src_lang_special_tokens(lang) {
    this.#check(lang, 'src_lang');
    surroundBy(this, ...this.around(lang));
  }
  /**
   * From now on, texts are in the target language.
   * @param {string} [lang]
   */
  set_tgt_lang_special_tokens(lang = this.tgt_lang ?? this.source) {
    this.#check(lang, 'tgt_lang');
    surroundBy(this, ...this.around(lang));
  }
  _switch_to_target_mode() {
    this.set_tgt_lang_special_tokens();
  }
  _switch_to_input_mode() {
    this.set_src_lang_special_tokens(this.source);
  }
  /**
   * Id of a language's token.
   * @param {string} lang
   * @returns {number}
   */
  get_lang_id(lang) {
    this.#check(lang, 'lang');
    return this.convert_tokens_to_ids(this.lang_to_token(lang));
  }

  /**
   * Inputs of a translation. Writes the target language to generate_kwargs.forced_bos_token_id.
   * @param {string | string[]} raw_inputs
   * @param {Json} tokenizer_options of the call
   * @param {Json} generate_kwargs src_lang (else as before), tgt_lang
   * @returns {any} BatchEncoding. any: its fields depend on the options
   */
  _build_translation_inputs(raw_inputs, tokenizer_options, generate_kwargs) {
    const { src_lang = this.source, tgt_lang = this.tgt_lang } = generate_kwargs;
    this.#check(/** @type {string} */ (tgt_lang), 'tgt_lang');
    this.src_lang = src_lang;
    generate_kwargs.forced_bos_token_id = this.get_lang_id(/** @type {string} */ (tgt_lang));
    return this._call(raw_inputs, tokenizer_options);
  }
}

export class MBart extends LanguageTokenizer {
  static pattern = /^[a-z]{2}_[A-Z]{2}$/;
  static first = 'en_XX';
  /**
   * @param {string} lang
   * @returns {[string[], string[]]}
   */
  around(lang) {
    return [[], [String(this.eos_token), lang]];
  }
}

export class MBart50 extends LanguageTokenizer {
  static pattern = /^[a-z]{2}_[A-Z]{2}$/;
  static first = 'en_XX';
}

export class Nllb extends LanguageTokenizer {
  static pattern = /^[a-z]{3}_[A-Z][a-z]{3}$/;
  static first = 'eng_Latn';
  /**
   * @param {string} lang
   * @returns {[string[], string[]]}
   */
  around(lang) {
    return this.config.legacy_behaviour ? [[], [String(this.eos_token), lang]] : super.around(lang);
  }
}

export class M2M100 extends LanguageTokenizer {
  static pattern = /^__[a-z]{2,3}__$/;
  static first = 'en';
  /**
   * @param {string} lang
   * @returns {string}
   */
  lang_to_token(lang) {
    return `__${lang}__`;
  }
  /**
   * @param {string} token
   * @returns {string}
   */
  token_to_lang(token) {
    return token.slice(2, -2);
  }
}

/**
 * A text may begin with the language to translate to: ">>fra<< Hello." (Elsewhere in a text a code is one token
 * too, where Transformers cuts it up.)
 * With separate_vocabs the target language has a tokenizer of its own: it decodes, and encodes after
 * _switch_to_target_mode().
 */
export class Marian extends PreTrainedTokenizer {
  /** @type {Marian | null} */
  target = null;
  #toTarget = false;

  /** @param {ConstructorParameters<typeof PreTrainedTokenizer>} parts */
  constructor(...parts) {
    super(...parts);
    const [, config] = parts;
    this.languageRegex = /^(>>\w+<<)\s*/;
    const codes = [...this.get_vocab().keys()].filter((token) => /^>>\w+<<$/.test(token));
    this.supported_language_codes = config.separate_vocabs ? [] : codes;
    if (codes.length) this.add_tokens(codes.map((content) => ({ content, normalized: false, rstrip: true })));
  }

  _switch_to_target_mode() {
    this.#toTarget = true;
  }
  _switch_to_input_mode() {
    this.#toTarget = false;
  }
  /** @returns {Marian | null} */
  get #encoder() {
    return this.#toTarget ? this.target : null;
  }

  /**
   * @param {Parameters<PreTrainedTokenizer['_call']>} args
   * @returns {ReturnType<PreTrainedTokenizer['_call']>}
   */
  _call(...args) {
    return this.#encoder ? this.#encoder._call(...args) : super._call(...args);
  }
  /**
   * @param {Parameters<PreTrainedTokenizer['encodeForModel']>} args
   * @returns {ReturnType<PreTrainedTokenizer['encodeForModel']>}
   */
  encodeForModel(...args) {
    return this.#encoder ? this.#encoder.encodeForModel(...args) : super.encodeForModel(...args);
  }
  /**
   * @param {Parameters<PreTrainedTokenizer['encodeBatch']>} args
   * @returns {ReturnType<PreTrainedTokenizer['encodeBatch']>}
   */
  encodeBatch(...args) {
    return this.#encoder ? this.#encoder.encodeBatch(...args) : super.encodeBatch(...args);
  }

  /**
   * @param {Parameters<PreTrainedTokenizer['batch_decode']>[0]} batch
   * @param {SourceOptions} [options]
   * @returns {string[]}
   */
  batch_decode(batch, { use_source_tokenizer = false, ...options } = {}) {
    return this.target && !use_source_tokenizer
      ? this.target.batch_decode(batch, options)
      : super.batch_decode(batch, options);
  }
  /**
   * @param {SourceOptions} [options]
   * @returns {import('../decode-stream.js').DecodeStream}
   */
  decodeStream({ use_source_tokenizer = false, ...options } = {}) {
    return this.target && !use_source_tokenizer ? this.target.decodeStream(options) : super.decodeStream(options);
  }
  /**
   * @param {Iterable<number | bigint>} ids
   * @returns {string[]}
   */
  convert_ids_to_tokens(ids) {
    return this.target ? this.target.convert_ids_to_tokens(ids) : super.convert_ids_to_tokens(ids);
  }

  dispose() {
    this.target?.dispose();
    super.dispose();
  }
}
