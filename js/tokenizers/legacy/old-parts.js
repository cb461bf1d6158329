// Parts of a tokenizer.json that all converters of older formats need: sequences, templates, and the list of added
// tokens as Transformers' fast tokenizers make it.

import { TokenizerError } from '../../errors.js';
import { SPECIAL, contentOf } from '../config.js';

/** @typedef {import('../../utils/types.js').Json} Json */

/**
 * @param {Json[]} parts
 * @param {string} [name] of the list: normalizers, pretokenizers, decoders
 * @returns {Json | null}
 */
export const sequence = (parts, name = 'normalizers') => (parts.length ? { type: 'Sequence', [name]: parts } : null);

/**
 * TemplateProcessing from its short form: "<s>:0 $A:0 </s>:0".
 * @param {string} single
 * @param {string} pair
 * @param {(token: string) => number | undefined} idOf
 */
export function template(single, pair, idOf) {
  /** @type {Json} */
  const special_tokens = {};
  const parts = (/** @type {string} */ text) =>
    text.split(' ').map((part) => {
      const [, name, type] = /** @type {RegExpMatchArray} */ (part.match(/^(.+?)(?::(\d))?$/)),
        type_id = Number(type ?? 0);
      if (name === '$A' || name === '$B') return { Sequence: { id: name[1], type_id } };
      const id = idOf(name);
      if (id === undefined)
        throw new TokenizerError(`The special token "${name}" is not in the vocabulary.`, {
          code: 'missing_special_token',
          field: name,
        });
      special_tokens[name] = { id: name, ids: [id], tokens: [name] };
      return { SpecialToken: { id: name, type_id } };
    });
  return { type: 'TemplateProcessing', single: parts(single), pair: parts(pair), special_tokens };
}

/**
 * The list of added tokens: those of the file, then added_tokens_decoder, then special tokens that neither has.
 * @param {{ content: string, special: boolean, lstrip?: boolean, rstrip?: boolean }[]} own
 * @param {Json} config tokenizer_config.json, with special_tokens_map.json's tokens
 * @param {Record<string, string>} special the class's own special tokens, e.g. { bos: "<s>" }
 * @param {string[]} extra special tokens of the class that have no name
 * @param {Map<string, number>} ids the vocabulary
 * @returns {{ list: Json[], idOf: (token: string) => number | undefined, tokens: Record<string, string>, config:
 *   Json }} tokens by name, and the same as "bos_token", …
 */
export function addedTokens(own, config, special, extra, ids) {
  /** @type {Map<string, Json>} */
  const list = new Map();
  let next = ids.size;
  /** @param {Json} token */
  const add = ({
    content,
    special: is = true,
    lstrip = false,
    rstrip = false,
    single_word = false,
    normalized = false,
  }) => {
    const id = list.get(content)?.id ?? ids.get(content) ?? next++;
    list.set(content, { id, content, single_word, lstrip, rstrip, normalized, special: is });
  };
  own.forEach(add);
  const decoder = Object.entries(config.added_tokens_decoder ?? {}).sort(([a], [b]) => Number(a) - Number(b));
  for (const [, token] of decoder) if (contentOf(token)) add(token);
  /** @type {Record<string, string>} */
  const tokens = {};
  for (const name of SPECIAL) {
    const given = config[`${name}_token`],
      content = contentOf(given) ?? special[name];
    if (!content) continue;
    tokens[name] = content;
    if (!list.has(content))
      add({
        lstrip: name === 'mask' && !!special.cls,
        ...(typeof given === 'object' ? given : {}),
        content,
        special: true,
      });
  }
  for (const token of [
    ...(config.additional_special_tokens ?? []),
    ...(config.additional_special_tokens ? [] : extra),
  ]) {
    const content = contentOf(token);
    if (content && !list.has(content)) add(typeof token === 'object' ? { ...token, special: true } : { content });
  }
  return {
    list: [...list.values()].sort((a, b) => a.id - b.id),
    tokens,
    idOf: (token) => list.get(token)?.id ?? ids.get(token),
    config: Object.fromEntries(Object.entries(tokens).map(([name, token]) => [`${name}_token`, token])),
  };
}
