// Makes a tokenizer.json for classes that Transformers writes in Python, from the vocabulary that they save: ESM's
// vocab.txt (tokenization_esm.py) and Wav2Vec2's vocab.json (tokenization_wav2vec2.py).

import { TokenizerError } from '../../errors.js';
import { addedTokens, sequence, template } from './old-parts.js';

/** @typedef {import('../../utils/types.js').Json} Json */

/** As many spaces as there may be: Python's strip(). */
const ALL = 1 << 20;

/**
 * @param {Json} parts sections of a tokenizer.json
 * @param {ReturnType<typeof addedTokens>} added
 * @param {Json} config
 * @returns {{ json: Json, config: Json }}
 */
const assembled = (parts, added, config) => ({
  json: {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.list,
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...parts,
  },
  // The list of added tokens says more than the file's.
  config: { ...added.config, ...config, added_tokens_decoder: {} },
});

/**
 * ESM: every token is found wherever it stands; what is left between spaces is unknown.
 * @param {string} text vocab.txt: a token per line
 * @param {Json} config tokenizer_config.json
 */
export function fromResidues(text, config) {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  if (lines.at(-1) === '') lines.pop();
  const vocab = Object.fromEntries(lines.map((token, id) => [token, id]));
  const special = { unk: '<unk>', cls: '<cls>', pad: '<pad>', mask: '<mask>', eos: '<eos>' };
  // null: the class has no such token, as with nucleotide transformers
  for (const name of /** @type {(keyof typeof special)[]} */ (Object.keys(special)))
    if (config[`${name}_token`] === null) special[name] = '';
  const named = new Set(Object.entries(special).map(([name, token]) => config[`${name}_token`] ?? token));
  const own = Object.keys(vocab)
    .filter(Boolean)
    .map((content) => ({ content, special: named.has(content) }));
  const added = addedTokens(own, config, special, [], new Map(Object.entries(vocab))),
    { cls, eos, unk } = added.tokens;
  const ends = (/** @type {number} */ type) => (eos ? ` ${eos}:${type}` : '');
  const single = `${cls}:0 $A:0${ends(0)}`;
  return assembled(
    {
      pre_tokenizer: { type: 'WhitespaceSplit' },
      post_processor: template(single, `${single} $B:1${ends(1)}`, added.idOf),
      model: { type: 'WordLevel', vocab, unk_token: unk },
    },
    added,
    config,
  );
}

/**
 * Wav2Vec2: a token per letter, and one for the spaces. A run of the same id is decoded once, pad_token not at all.
 * @param {Json} file vocab.json: token → id, or such a vocabulary for each language
 * @param {Json} config tokenizer_config.json
 */
export function fromLetters(file, config) {
  const vocab = config.target_lang ? file?.[config.target_lang] : file;
  if (vocab === null || typeof vocab !== 'object' || !Object.values(vocab).every(Number.isInteger)) {
    throw new TokenizerError(
      `vocab.json has no tokens with ids${config.target_lang ? ` for ${config.target_lang}` : ''}.`,
      { code: 'wrong_type', file: 'vocab.json', field: config.target_lang ?? '' },
    );
  }
  const special = { bos: '<s>', eos: '</s>', unk: '<unk>', pad: '<pad>' },
    space = config.word_delimiter_token ?? '|';
  const named = new Set(Object.entries(special).map(([name, token]) => config[`${name}_token`] ?? token));
  const own = Object.keys(vocab)
    .filter((token) => token.length > 1)
    .map((content) => ({ content, special: named.has(content), lstrip: true, rstrip: true }));
  const added = addedTokens(
    [...own, { content: space, special: false }],
    { ...config, added_tokens_decoder: {} },
    special,
    [],
    new Map(Object.entries(vocab)),
  );
  // do_lower_case takes small letters for the vocabulary's capitals, and decodes to small ones.
  const small = (/** @type {string} */ token) =>
    config.do_lower_case && token.length === 1 && !Object.hasOwn(vocab, token.toLowerCase())
      ? token.toLowerCase()
      : token;
  return assembled(
    {
      normalizer: sequence([
        ...(config.do_lower_case ? [{ type: 'Lowercase' }] : []),
        { type: 'Replace', pattern: { String: ' ' }, content: space },
      ]),
      decoder: sequence(
        [
          { type: 'CTC', pad_token: added.tokens.pad, word_delimiter_token: space, cleanup: false },
          { type: 'Replace', pattern: { String: space }, content: config.replace_word_delimiter_char ?? ' ' },
          { type: 'Fuse' },
          { type: 'Strip', content: ' ', start: ALL, stop: ALL },
        ],
        'decoders',
      ),
      model: {
        type: 'BPE',
        vocab: Object.fromEntries(Object.entries(vocab).map(([token, id]) => [small(token), id])),
        merges: [],
        unk_token: Object.hasOwn(vocab, added.tokens.unk) ? added.tokens.unk : null,
        fuse_unk: false,
      },
    },
    added,
    config,
  );
}
