// Options of an encoding, by Transformers' names: checked and turned into the numbers that Wasm takes.

import { InputError } from '../errors.js';

/**
 * @typedef {{
 *   add_special_tokens?: boolean,
 *   padding?: boolean | 'longest' | 'max_length' | 'do_not_pad' | null,
 *   truncation?: boolean | 'longest_first' | 'only_first' | 'only_second' | 'do_not_truncate' | null,
 *   max_length?: number | null, stride?: number, truncation_side?: 'left' | 'right', padding_side?: 'left' | 'right',
 *   pad_to_multiple_of?: number | null, return_overflowing_tokens?: boolean, is_split_into_words?: boolean,
 * }} EncodeOptions
 * @typedef {import('../engines/tokenizer-engine.js').EncodeRequest} EncodeRequest
 * @typedef {import('../engines/tokenizer-engine.js').FileOptions} Defaults what holds where an option is left out;
 *   maxLength 0: no limit is known
 * @typedef {string | string[]} Text a list of words with is_split_into_words
 */

const TRUNCATION = { longest_first: 1, only_first: 2, only_second: 3 };

/**
 * @param {string} field
 * @param {unknown} value
 * @param {string} wanted
 */
const bad = (field, value, wanted) =>
  new InputError(`${field} is ${JSON.stringify(value)}; it must be ${wanted}.`, { code: 'bad_option', field });

/**
 * @param {string} field
 * @param {unknown} value
 * @param {number} fallback
 */
function whole(field, value, fallback) {
  if (value === undefined || value === null) return fallback;
  const number = Number.isInteger(value) ? Number(value) : -1;
  if (number < 0 || number > 0x7fffffff) throw bad(field, value, 'a whole number from 0 on');
  return number;
}

/**
 * @param {string} field
 * @param {unknown} value
 * @param {boolean} fallback
 */
function left(field, value, fallback) {
  if (value === undefined || value === null) return fallback;
  if (value !== 'left' && value !== 'right') throw bad(field, value, '"left" or "right"');
  return value === 'left';
}

/**
 * @param {unknown} value
 * @param {Defaults} d
 */
function truncation(value, d) {
  if (value === undefined || value === null) return d.truncation;
  if (value === false || value === 'do_not_truncate') return 0;
  if (value === true) return d.truncation || TRUNCATION.longest_first;
  if (typeof value !== 'string' || !Object.hasOwn(TRUNCATION, value))
    throw bad('truncation', value, 'true, false, "longest_first", "only_first" or "only_second"');
  return TRUNCATION[/** @type {keyof typeof TRUNCATION} */ (value)];
}

/**
 * @param {unknown} value
 * @param {Defaults} d
 */
function padding(value, d) {
  if (value === undefined || value === null) return d.padding;
  if (value === false || value === 'do_not_pad') return 0;
  if (value === true || value === 'longest') return 1;
  if (value !== 'max_length') throw bad('padding', value, 'true, false, "longest" or "max_length"');
  return 2;
}

/**
 * @param {EncodeOptions} o
 * @param {Defaults} d
 * @param {boolean} details
 * @returns {EncodeRequest}
 */
export function encodeRequest(o, d, details) {
  const maxLength = whole('max_length', o.max_length, d.maxLength);
  const asked = (o.max_length ?? null) !== null,
    unlimited = maxLength === 0 && !asked;
  const pad = padding(o.padding, d);
  // As in Transformers (_get_padding_truncation_strategies), max_length alone truncates. With padding it does not.
  const alone = asked && !pad && o.padding !== 'do_not_pad',
    cut = truncation(o.truncation ?? (alone || null), d);
  let padLength = pad === 2 && o.padding === 'max_length' ? maxLength : d.padLength;
  if (pad === 2 && asked) padLength = maxLength;
  if (pad === 2 && o.padding === 'max_length' && unlimited) {
    if (!d.padLength)
      throw new InputError('padding "max_length" needs max_length: this tokenizer knows no length of its own.', {
        code: 'no_max_length',
        field: 'max_length',
      });
    padLength = d.padLength;
  }
  return {
    addSpecialTokens: o.add_special_tokens ?? true,
    details,
    overflow: o.return_overflowing_tokens ?? false,
    words: o.is_split_into_words ?? false,
    truncation: unlimited ? 0 : cut,
    maxLength,
    stride: whole('stride', o.stride, d.stride),
    truncateLeft: left('truncation_side', o.truncation_side, d.truncateLeft),
    padding: pad,
    padLength,
    padToMultipleOf: whole('pad_to_multiple_of', o.pad_to_multiple_of, d.padToMultipleOf),
    padLeft: left('padding_side', o.padding_side, d.padLeft),
    padId: d.padId,
    padTypeId: d.padTypeId,
  };
}

/**
 * @param {unknown} x
 * @param {string} field
 * @param {number} [i]
 */
function checkString(x, field, i) {
  if (typeof x === 'string') return;
  const what = x === null ? 'null' : Array.isArray(x) ? 'an array' : typeof x;
  throw new InputError(`${field}${i === undefined ? '' : `[${i}]`} must be a string, found ${what}.`, {
    code: 'not_a_string',
    field,
  });
}

/**
 * Texts and pairs as lists, and whether a single text was given.
 * @param {any} text any: what a caller passed; checked here
 * @param {{ text_pair?: any, is_split_into_words?: boolean }} options
 * @returns {{ texts: Text[], pairs: Text[] | null, single: boolean }}
 */
export function textLists(text, { text_pair = null, is_split_into_words = false }) {
  const isOne = (/** @type {unknown} */ t) =>
    is_split_into_words ? Array.isArray(t) && !Array.isArray(t[0]) : typeof t === 'string';
  const mismatch = (/** @type {string} */ message) =>
    new InputError(message, { code: 'length_mismatch', field: 'text_pair' });
  if (isOne(text)) {
    if (text_pair !== null && !isOne(text_pair)) throw mismatch('text_pair must be of the same kind as text.');
    return { texts: [text], pairs: text_pair === null ? null : [text_pair], single: true };
  }
  if (!Array.isArray(text))
    throw new InputError(`text must be a string or a list of strings, found ${text === null ? 'null' : typeof text}.`, {
      code: 'not_a_string',
      field: 'text',
    });
  if (text_pair !== null && !Array.isArray(text_pair)) throw mismatch('text is a list, so text_pair must be one too.');
  return { texts: text, pairs: text_pair, single: false };
}

/**
 * Runs a batch through Wasm.
 * @param {import('../engines/tokenizer.js').WasmTokenizer} core
 * @param {Text[]} texts
 * @param {Text[] | null} pairs
 * @param {EncodeRequest} options
 */
export function encodeTexts(core, texts, pairs, options) {
  if (pairs && pairs.length !== texts.length) {
    throw new InputError(`text_pair has ${pairs.length} texts for ${texts.length}.`, {
      code: 'length_mismatch',
      field: 'text_pair',
    });
  }
  if (!options.words) {
    texts.forEach((t, i) => checkString(t, 'text', i));
    if (!pairs) return core.encode(/** @type {string[]} */ (texts), texts.length, false, null, options);
    pairs.forEach((t, i) => checkString(t, 'text_pair', i));
    return core.encode(
      /** @type {string[]} */ (texts.flatMap((t, i) => [t, pairs[i]])),
      texts.length,
      true,
      null,
      options,
    );
  }
  /** @type {string[]} */
  const words = [];
  /** @type {number[]} */
  const counts = [];
  for (let i = 0; i < texts.length; i++) {
    for (const [list, field] of pairs
      ? [
          [texts[i], 'text'],
          [pairs[i], 'text_pair'],
        ]
      : [[texts[i], 'text']]) {
      if (!Array.isArray(list))
        throw new InputError(`With is_split_into_words ${field} must be a list of words.`, {
          code: 'not_a_list',
          field: String(field),
        });
      list.forEach((w) => checkString(w, String(field)));
      words.push(...list);
      counts.push(list.length);
    }
  }
  return core.encode(words, texts.length, pairs !== null, counts, options);
}

/**
 * Ids as 32-bit numbers.
 * @param {any} ids array, typed array (64-bit too), Tensor or iterable. any: checked here
 * @returns {Int32Array | Uint32Array}
 */
export function idList(ids) {
  if (ids instanceof Int32Array || ids instanceof Uint32Array) return ids;
  const data = ids?.data ?? ids;
  if (data === null || typeof data !== 'object' || typeof data[Symbol.iterator] !== 'function') {
    throw new InputError(`Token ids must be a list of numbers, found ${data === null ? 'null' : typeof data}.`, {
      code: 'bad_ids',
      field: 'ids',
    });
  }
  const list =
    Array.isArray(data) || ArrayBuffer.isView(data) ? /** @type {ArrayLike<unknown>} */ (data) : Array.from(data);
  const out = new Uint32Array(list.length);
  for (let i = 0; i < out.length; i++) {
    const id = list[i],
      isNumber = typeof id === 'number' || typeof id === 'bigint';
    if (isNumber) out[i] = Number(id);
    if (!isNumber || out[i] !== Number(id))
      throw new InputError(`Token id ${String(id)} (at ${i}) is no whole number from 0 to 4294967295.`, {
        code: 'bad_ids',
        field: 'ids',
      });
  }
  return out;
}
