// Reads tokenizer_config.json and special_tokens_map.json: special tokens, sides, the longest input, and whether the
// model takes token_type_ids.

import { TokenizerError } from '../errors.js';
import { factsOf } from './classes/facts.js';

/** The special tokens that have a property of their own. */
export const SPECIAL = /** @type {const} */ (['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask']);

/**
 * @param {string | { content?: string } | null | undefined} token
 * @returns {string | undefined}
 */
export const contentOf = (token) => {
  const content = typeof token === 'string' ? token : token?.content;
  return typeof content === 'string' ? content : undefined;
};

/**
 * @typedef {object} TokenizerConfig
 * @property {Record<string, string | undefined>} tokens special tokens by their names in SPECIAL
 * @property {Record<string, string>} extra special tokens with names of the model's own (image_token, …)
 * @property {string[]} additional special tokens without a name
 * @property {(string | import('./input.js').AddedToken)[]} named all of these as the files have them, in the order in
 *   which Transformers adds those that the vocabulary lacks
 * @property {boolean} padLeft
 * @property {boolean} truncateLeft
 * @property {number} maxLength tokens, Infinity where no file says
 * @property {boolean | null} typeIds whether the model takes token_type_ids; null where no file says
 * @property {boolean} cleanUp whether decoding cleans up spaces
 */

/**
 * @param {import('../utils/types.js').Json} config tokenizer_config.json
 * @param {import('../utils/types.js').Json} map special_tokens_map.json
 * @returns {TokenizerConfig}
 */
export function readConfig(config, map) {
  /** @type {Record<string, string | undefined>} */
  const tokens = {};
  const named = [];
  for (const name of SPECIAL) {
    const given = [config, map].map((file) => file[name + '_token']).find((token) => contentOf(token) !== undefined);
    tokens[name] = contentOf(given);
    named.push(given);
  }
  // Transformers 4 lists others in additional_special_tokens; 5 in extra_special_tokens, which may give them names.
  const more = config.extra_special_tokens ?? map.extra_special_tokens,
    lists = [config.additional_special_tokens ?? map.additional_special_tokens, more];
  const additional = [
    ...new Set(
      lists.flatMap((list) => (Array.isArray(list) ? list.map(contentOf) : [])).filter((token) => token !== undefined),
    ),
  ];
  /** @type {Record<string, string>} */
  const extra = {};
  const byName = more && typeof more === 'object' && !Array.isArray(more) ? more : {};
  for (const [name, token] of Object.entries({ ...config, ...byName })) {
    const content = contentOf(token);
    if (name.endsWith('_token') && content !== undefined && !Object.hasOwn(tokens, name.slice(0, -6))) {
      extra[name] = content;
      if (name !== 'word_delimiter_token') named.push(token); // of Wav2Vec2: text, which is decoded to spaces
    }
  }
  named.push(...lists.flatMap((list) => (Array.isArray(list) ? list : [])));
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
  return {
    tokens,
    padLeft: config.padding_side === 'left',
    truncateLeft: config.truncation_side === 'left',
    // "none" is written as 1e30.
    maxLength: typeof max === 'number' && max > 0 && max < 1e9 ? Math.floor(max) : Infinity,
    typeIds: Array.isArray(names)
      ? names.includes('token_type_ids')
      : config.tokenizer_class
        ? !!factsOf(config).typeIds
        : null,
    cleanUp: config.clean_up_tokenization_spaces ?? true,
    extra,
    additional: /** @type {string[]} */ (additional),
    named: named.filter((token) => contentOf(token) !== undefined),
  };
}

/**
 * Removes the spaces before English punctuation and contractions, as Transformers does after decoding.
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
