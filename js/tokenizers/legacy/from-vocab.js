// Makes a tokenizer.json of BERT's vocab.txt, as Transformers' BertConverter does (convert_slow_tokenizer.py).

import { contentOf } from '../config.js';

const SPECIAL = { pad: '[PAD]', unk: '[UNK]', cls: '[CLS]', sep: '[SEP]', mask: '[MASK]' };

/**
 * @param {string} vocab vocab.txt: a token per line, its id the line's number
 * @param {import('../../utils/types.js').Json} config tokenizer_config.json
 * @returns {{ json: object, config: import('../../utils/types.js').Json }} a tokenizer.json, and the configuration with
 *   BERT's defaults
 */
export function fromVocab(vocab, config) {
  const lines = vocab.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const ids = Object.fromEntries(lines.map((token, id) => [token, id]));
  /** @type {Record<string, string>} */
  const special = {};
  for (const [name, token] of Object.entries(SPECIAL)) special[name] = contentOf(config[name + '_token']) ?? token;
  const known = Object.values(special).filter((token) => token in ids);
  const piece = (/** @type {string} */ token, /** @type {number} */ type_id) => ({
    SpecialToken: { id: token, type_id },
  });
  const single = [piece(special.cls, 0), { Sequence: { id: 'A', type_id: 0 } }, piece(special.sep, 0)];
  const pair = [...single, { Sequence: { id: 'B', type_id: 1 } }, piece(special.sep, 1)];
  return {
    json: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: known.map((content) => ({
        id: ids[content],
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      })),
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: config.tokenize_chinese_chars ?? true,
        strip_accents: config.strip_accents ?? null,
        lowercase: config.do_lower_case ?? true,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: {
        type: 'TemplateProcessing',
        single,
        pair,
        special_tokens: Object.fromEntries(
          [special.cls, special.sep].map((id) => [id, { id, ids: [ids[id]], tokens: [id] }]),
        ),
      },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: special.unk,
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: ids,
      },
    },
    config: {
      tokenizer_class: 'BertTokenizer',
      ...Object.fromEntries(Object.entries(special).map(([name, token]) => [name + '_token', token])),
      ...config,
    },
  };
}
