// Reading tokenizer_config.json and special_tokens_map.json: special tokens, sides, the longest input, and whether
// the model is given token_type_ids.

import { TokenizerError } from '../errors.js';

/** The special tokens that have a property of their own. */
export const SPECIAL = /** @type {const} */ (['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask']);

// Classes of Transformers whose model_input_names hold token_type_ids, for files that do not list them.
const WITH_TYPE_IDS = new Set([
  'Albert',
  'Bert',
  'BertJapanese',
  'ConvBert',
  'Deberta',
  'DebertaV2',
  'Electra',
  'Ernie',
  'Funnel',
  'Herbert',
  'LayoutLM',
  'MobileBert',
  'Nezha',
  'PreTrained',
  'RoFormer',
  'SqueezeBert',
  'XLNet',
]);

/**
 * Where no file names a class, the model's family tells.
 * @param {Record<string, any>} config config.json
 */
export const familyHasTypeIds = (config) => /^(albert|bert|deberta-v2|electra)$/.test(config?.model_type ?? '');

/**
 * @param {any} token a string or { content }
 * @returns {string | undefined}
 */
export const contentOf = (token) => (typeof token === 'string' ? token : (token?.content ?? undefined));

/**
 * @param {Record<string, any>} config tokenizer_config.json
 * @param {Record<string, any>} map special_tokens_map.json
 * @returns {{ tokens: Record<string, string | undefined>, padLeft: boolean, truncateLeft: boolean, maxLength:
 *   number, typeIds: boolean, cleanUp: boolean,
 *   extra: Record<string, string>, additional: string[] }} extra: special tokens with names of the model's own
 *   (image_token, …)
 */
export function readConfig(config, map) {
  /** @type {Record<string, string | undefined>} */
  const tokens = {};
  for (const name of SPECIAL) tokens[name] = contentOf(config[name + '_token']) ?? contentOf(map[name + '_token']);
  // Transformers 4 lists further ones as additional_special_tokens, 5 as extra_special_tokens: a list, or names for
  // them.
  const more = config.extra_special_tokens ?? map.extra_special_tokens,
    lists = [config.additional_special_tokens ?? map.additional_special_tokens, more];
  const additional = [
    ...new Set(
      lists.flatMap((list) => (Array.isArray(list) ? list.map(contentOf) : [])).filter((token) => token !== undefined),
    ),
  ];
  /** @type {Record<string, string>} */
  const extra = {};
  const named = more && typeof more === 'object' && !Array.isArray(more) ? more : {};
  for (const [name, token] of Object.entries({ ...config, ...named })) {
    const content = contentOf(token);
    if (name.endsWith('_token') && content !== undefined && !Object.hasOwn(tokens, name.slice(0, -6)))
      extra[name] = content;
  }
  for (const field of ['padding_side', 'truncation_side']) {
    if (![undefined, null, 'left', 'right'].includes(config[field])) {
      throw new TokenizerError(
        `${field} of tokenizer_config.json is ${JSON.stringify(config[field])}; it must be "left" or "right".`,
        { code: 'bad_value', file: 'tokenizer_config.json', field },
      );
    }
  }
  const names = config.model_input_names,
    max = config.model_max_length;
  const kind = String(config.tokenizer_class ?? '').replace(/Tokenizer(Fast)?$/, '');
  return {
    tokens,
    padLeft: config.padding_side === 'left',
    truncateLeft: config.truncation_side === 'left',
    maxLength: typeof max === 'number' && max > 0 && max < 1e9 ? Math.floor(max) : Infinity, // "none" is written as 1e30
    typeIds: Array.isArray(names) ? names.includes('token_type_ids') : WITH_TYPE_IDS.has(kind),
    cleanUp: config.clean_up_tokenization_spaces ?? true,
    extra,
    additional: /** @type {string[]} */ (additional),
  };
}

/**
 * Takes the spaces before English punctuation and contractions away, as Transformers does after decoding.
 * @param {string} text
 */
export const cleanUp = (text) =>
  text
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
