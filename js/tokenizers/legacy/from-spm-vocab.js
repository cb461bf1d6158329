// Makes a tokenizer.json of Marian's and M2M100's files. A SentencePiece model cuts the text (Marian: source.spm);
// vocab.json, which has the pieces of both languages, numbers the pieces. Both become one vocabulary. A piece that only
// the other language has costs so much that it is chosen only for characters that the model does not know. For a run of
// such characters Transformers looks up the whole run, this one each character.

import { TokenizerError } from '../../errors.js';
import { addedTokens, sequence, template } from './old-parts.js';

/** @typedef {import('../../engines/tokenizer-engine.js').SentencePiece} Model */
/** @typedef {import('../../utils/types.js').Json} Json */

/**
 * Score of each character of a piece that the model does not have: below the score of any segmentation by pieces
 * that it has.
 */
const FOREIGN = -2000;
// In the order of the tokens' ids, which follow the vocabulary's.
const M2M100 =
  'af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he hi hr ht hu hy ' +
  'id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl no ns oc or pa pl ps pt ro ru ' +
  'sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur uz vi wo xh yi yo zh zu';
const WMT21 = 'en ha is ja cs ru zh de';

/**
 * @param {Model} m
 * @param {Json} vocab vocab.json: piece → id
 * @param {Json} config tokenizer_config.json
 * @param {'Marian' | 'M2M100'} kind
 * @param {string} [file] the vocabulary's name, for errors
 * @returns {{ json: Json, config: Json }} a tokenizer.json, and the configuration with the class's defaults
 */
export function fromSpmAndVocab(m, vocab, config, kind, file = 'vocab.json') {
  const wrong = (/** @type {string} */ message, /** @type {string} */ code) =>
    new TokenizerError(message, { code, file });
  if (vocab === null || typeof vocab !== 'object' || Array.isArray(vocab))
    throw wrong(file + ' must be an object of pieces and their ids.', 'wrong_type');
  const entries = Object.entries(vocab),
    ids = new Map(entries);
  const end = entries.reduce((n, [piece, id]) => {
    if (!Number.isInteger(id) || id < 0 || id > 1 << 24)
      throw wrong(`The id of ${JSON.stringify(piece)} in ${file} is no whole number from 0 on.`, 'bad_value');
    return Math.max(n, id + 1);
  }, 0);
  if (!ids.has('<unk>')) throw wrong(`${file} has no <unk>.`, 'missing_special_token');

  /** @type {[string, number][]} */
  const pieces = Array.from({ length: end }, (_, id) => [`<no piece ${id}>`, FOREIGN]);
  const scores = new Map(m.pieces.map(([piece, score]) => [piece, score]));
  for (const [piece, id] of entries) pieces[id] = [piece, scores.get(piece) ?? FOREIGN * Array.from(piece).length];
  const unk = /** @type {number} */ (ids.get('<unk>'));
  pieces[unk][1] = 0;
  const model =
    m.model_type === 'unigram'
      ? { type: 'Unigram', unk_id: unk, vocab: pieces, byte_fallback: false }
      : {
          type: 'BPE',
          dropout: null,
          unk_token: '<unk>',
          fuse_unk: true,
          byte_fallback: false,
          vocab: Object.fromEntries(pieces.map(([piece], id) => [piece, id])),
          merges: m.merges.filter(([a, b]) => ids.has(a) && ids.has(b) && ids.has(a + b)),
        };

  const marian = kind === 'Marian',
    codes = (config.language_codes === 'wmt21' ? WMT21 : M2M100).split(' ').map((code) => `__${code}__`);
  const special = { eos: '</s>', unk: '<unk>', pad: '<pad>', ...(marian ? {} : { bos: '<s>', sep: '</s>' }) };
  const all = new Map(pieces.map(([piece], id) => [piece, id]));
  const added = addedTokens([], config, special, marian ? [] : codes, all);
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
  return {
    json: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added.list,
      normalizer: sequence([
        ...(m.precompiled_charsmap ? [{ type: 'Precompiled', precompiled_charsmap: m.precompiled_charsmap }] : []),
        { type: 'Strip', strip_left: false, strip_right: true },
        { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' },
      ]),
      pre_tokenizer: metaspace,
      model,
      decoder: sequence(
        [metaspace, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1000, stop: 1000 }],
        'decoders',
      ), // str.strip()
      post_processor: marian
        ? template('$A </s>', '$A $B </s>', added.idOf)
        : template('__en__ $A </s>', '__en__ $A $B </s>', added.idOf),
    },
    config: {
      tokenizer_class: `${kind}Tokenizer`,
      ...(marian ? { model_max_length: 512 } : {}),
      ...added.config,
      ...config,
    },
  };
}
